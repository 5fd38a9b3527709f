using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Strata.Acceptance.Jupyter;

/// <summary>A page in a headless Chromium that reaches nothing but this machine, driven by Playwright.</summary>
internal sealed class OfflinePage : IAsyncDisposable
{
    /// <summary>Milliseconds to wait for what must come; machines that run tests are busy.</summary>
    private const float Patience = 120_000;

    private readonly IPlaywright _driver;
    private readonly IBrowser _browser;
    private readonly ConcurrentQueue<string> _errors = new();

    private OfflinePage(IPlaywright driver, IBrowser browser, IPage page)
    {
        (_driver, _browser, Page) = (driver, browser, page);
        page.PageError += (_, error) => _errors.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") _errors.Enqueue($"{message.Text} ({message.Location})");
        };
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>Errors that its scripts threw or wrote to the console.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Opens an empty page. Where there is no browser the test is skipped, and on a build server it fails.</summary>
    public static async Task<OfflinePage> Open()
    {
        string chromium = Browser.Require();
        IPlaywright driver = await Playwright.CreateAsync();
        IBrowser browser = await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        });
        IPage page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1200, Height = 1000 } });
        page.SetDefaultTimeout(Patience);
        return new OfflinePage(driver, browser, page);
    }

    /// <summary>Waits until as many interactive plots hold drawn data (a line, points, bars, or the picture of a heat map), not axes alone.</summary>
    public Task Drawn(int plots) =>
        Page.WaitForFunctionAsync("n => [...document.querySelectorAll('.js-plotly-plot')].filter(plot => plot.querySelector('.mlayer :is(path, image)')).length >= n", plots);

    /// <summary>Keeps what the page looks like.</summary>
    /// <param name="name">The picture's name without extension.</param>
    /// <param name="whole">Whether the whole page is kept, not only what a window shows.</param>
    public Task Picture(string name, bool whole = false) =>
        Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(JupyterHome.Pictures, name + ".png"), FullPage = whole });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _driver.Dispose();
    }
}
