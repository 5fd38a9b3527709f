using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;

namespace Strata.Acceptance.Jupyter;

/// <summary>A server of the classic Notebook (6.4), and what a user does on its pages with mouse and keyboard.</summary>
internal sealed class ClassicNotebook : IAsyncDisposable
{
    private const string Cells = "Jupyter.notebook.get_cells()", Last = $"{Cells}.slice(-1)[0]";

    private readonly RunningProcess _server;
    private readonly string _address;
    private OfflinePage _page;

    private ClassicNotebook(RunningProcess server, string address, OfflinePage page) => (_server, _address, _page) = (server, address, page);

    /// <summary>The page that is open.</summary>
    public IPage Page => _page.Page;

    /// <summary>Errors on the page, but for those of the Notebook itself: it asks for an extension that it then does without.</summary>
    public IEnumerable<string> Errors => _page.Errors.Where(error => !error.Contains("nbextensions/widgets", StringComparison.Ordinal));

    /// <summary>Starts a server in the folder of the notebooks.</summary>
    public static async Task<ClassicNotebook> Start(JupyterHome jupyter)
    {
        jupyter.Require("notebook", "jupyter-notebook");
        OfflinePage page = await OfflinePage.Open();
        int port = FreePort();
        RunningProcess server = jupyter.Start("-m", "notebook", "--no-browser", "--ip=127.0.0.1", $"--port={port}", "--NotebookApp.port_retries=0", "--NotebookApp.token=", "--NotebookApp.password=", "--allow-root");
        ClassicNotebook notebook = new(server, $"http://127.0.0.1:{port}", page);
        await notebook.Listening();
        return notebook;
    }

    /// <summary>Opens a notebook and waits for its kernel.</summary>
    public async Task Open(string name)
    {
        await Page.GotoAsync($"{_address}/notebooks/{name}");
        await Page.WaitForFunctionAsync("window.Jupyter && Jupyter.notebook && Jupyter.notebook._fully_loaded && Jupyter.notebook.kernel && Jupyter.notebook.kernel.info_reply && Jupyter.notebook.kernel.info_reply.status == 'ok'");
    }

    /// <summary>Leaves the page, and opens a notebook in a fresh one.</summary>
    public async Task OpenAfresh(string name)
    {
        await _page.DisposeAsync();
        _page = await OfflinePage.Open();
        await Open(name);
    }

    /// <summary>Chooses a command of a menu.</summary>
    public async Task Choose(string menu, string command)
    {
        await Page.ClickAsync(menu);
        await Page.ClickAsync($"{command} a");
    }

    /// <summary>Waits until some cell runs.</summary>
    public Task Busy() => Page.WaitForFunctionAsync($"{Cells}.some(c => c.input_prompt_number == '*')");

    /// <summary>Waits until no cell runs or waits to run.</summary>
    public Task Idle() => Page.WaitForFunctionAsync($"!{Cells}.some(c => c.input_prompt_number == '*')");

    /// <summary>Waits until as many figures are drawn interactively.</summary>
    public Task Drawn(int figures) => _page.Drawn(figures);

    /// <summary>Adds a cell at the end and types into it.</summary>
    public async Task Type(string code)
    {
        await Page.EvaluateAsync("() => { const n = Jupyter.notebook; const cell = n.insert_cell_at_bottom('code'); n.select(n.ncells() - 1); n.edit_mode(); cell.focus_editor(); n.scroll_to_bottom(); }");
        await Page.Keyboard.TypeAsync(code);
    }

    /// <summary>Runs the cell that was typed last, and waits until the Notebook has taken note of it.</summary>
    public async Task RunTyped()
    {
        await Page.Keyboard.PressAsync("Control+Enter");
        await Page.WaitForFunctionAsync($"{Last}.input_prompt_number !== null");
    }

    /// <summary>Waits until a text stands in the output of the last cell: it comes on another channel than the reply that ends the cell, perhaps after it.</summary>
    public Task LastSays(string text) => Page.WaitForFunctionAsync($"text => {Last}.output_area.element[0].innerText.includes(text)", text);

    /// <summary>Whether something stands in the output of the last cell.</summary>
    public Task LastShows(string selector, string condition) => Page.WaitForFunctionAsync($"[...{Last}.output_area.element[0].querySelectorAll('{selector}')].some(e => {condition})");

    /// <summary>Removes cells from the end.</summary>
    public Task RemoveLast(int cells) => Page.EvaluateAsync("count => { const n = Jupyter.notebook; while (count-- > 0) n.delete_cell(n.ncells() - 1); }", cells);

    /// <summary>Saves by the button, and waits until that is done.</summary>
    public async Task Save()
    {
        await Page.ClickAsync("button[data-jupyter-action='jupyter-notebook:save-notebook']");
        await Page.WaitForFunctionAsync("!Jupyter.notebook.dirty");
    }

    /// <summary>Keeps what the page looks like.</summary>
    public Task Picture(string name) => _page.Picture("notebook-" + name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _page.DisposeAsync();
        _server.Dispose();
    }

    private async Task Listening()
    {
        using HttpClient client = new();
        for (DateTime end = DateTime.UtcNow.AddMinutes(1); ; await Task.Delay(200))
        {
            Assert.False(_server.HasEnded || DateTime.UtcNow > end, $"The Notebook does not start:\n{_server.Text}");
            try
            {
                if ((await client.GetAsync($"{_address}/api")).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
