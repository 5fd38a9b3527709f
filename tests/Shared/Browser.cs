using System.Text.RegularExpressions;

namespace Strata;

/// <summary>A page as a real browser without a network shows it.</summary>
/// <param name="Dom">The document after its scripts have run.</param>
/// <param name="Errors">Errors that the page wrote to the console.</param>
internal sealed record Page(string Dom, IReadOnlyList<string> Errors);

/// <summary>Headless Chromium.</summary>
internal static partial class Browser
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>Opens a file, perhaps with a fragment behind it. Where there is no browser the test is skipped, and on a build server (CI=true) it fails.</summary>
    public static async Task<Page> Open(string file, string fragment = "")
    {
        string browser = Require();
        DirectoryInfo profile = Directory.CreateTempSubdirectory("strata-browser-");
        try
        {
            Finished finished = await Programs.Run(browser, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND", $"--user-data-dir={profile.FullName}", "--enable-logging=stderr", "--v=0", "--virtual-time-budget=20000", "--dump-dom", new Uri(file).AbsoluteUri + fragment]);
            string[] errors = finished.Error.Split('\n').Where(line => ConsoleLine().IsMatch(line) && Failure().IsMatch(line)).ToArray();
            return new Page(finished.Output, errors);
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    /// <summary>The browser's file. Where there is none the test is skipped, and on a build server (CI=true) it fails.</summary>
    public static string Require()
    {
        string? browser = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Needed.Require(browser is not null, $"none of {string.Join(", ", Names)} is on the path");
        return browser!;
    }

    [GeneratedRegex(@":CONSOLE[:(]\d+")]
    private static partial Regex ConsoleLine();

    /// <summary>What Chromium writes for errors that nobody caught, for refusals by the page's policy, and for things that could not be fetched.</summary>
    [GeneratedRegex("Uncaught|Error|Refused|Failed to load|violates", RegexOptions.IgnoreCase)]
    private static partial Regex Failure();
}
