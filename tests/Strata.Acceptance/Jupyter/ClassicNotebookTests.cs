using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Strata.Acceptance.Jupyter;

/// <summary>A session as a user has it: the classic Notebook in a browser, mouse and keyboard. What each step looked like is kept in <see cref="JupyterHome.Pictures"/>.</summary>
[Collection(JupyterTests.Name)]
public sealed class ClassicNotebookTests(JupyterHome jupyter)
{
    private const string Gallery = "02-painters.ipynb";

    /// <summary>Interactive plots of that notebook.</summary>
    private const int Figures = 7;

    [SkippableFact]
    public async Task ADayInTheNotebook()
    {
        await using ClassicNotebook notebook = await ClassicNotebook.Start(jupyter);
        await notebook.Open(Gallery);
        Assert.Equal("C# (Strata)", (await notebook.Page.InnerTextAsync(".kernel_indicator_name")).Trim());

        await notebook.Choose("#celllink", "#run_all_cells");
        await AllCellsRan(notebook, "all-run");
        await CompletionOffersMembersAndOptions(notebook);
        await TooltipShowsDocumentation(notebook);
        await notebook.RemoveLast(3);
        await AButtonInterruptsASweep(notebook);
        await KeysInterruptALoop(notebook);
        await notebook.RemoveLast(4);

        await notebook.Choose("#kernellink", "#restart_run_all");
        await notebook.Page.ClickAsync(".modal.in .btn-danger");
        await notebook.Busy();
        await AllCellsRan(notebook, "restarted");
        Assert.Empty(notebook.Errors);
        await SavedFiguresAreThereAgain(notebook);
    }

    private static async Task AllCellsRan(ClassicNotebook notebook, string picture)
    {
        await notebook.Idle();
        Assert.Equal(0, await notebook.Page.Locator(".output_error").CountAsync());
        await notebook.Drawn(Figures);
        Assert.Equal(Figures, await notebook.Page.Locator(".output .js-plotly-plot").CountAsync());
        await notebook.Page.Locator(".js-plotly-plot").First.ScrollIntoViewIfNeededAsync();
        await notebook.Picture(picture);
        Assert.Empty(notebook.Errors);
    }

    private static async Task CompletionOffersMembersAndOptions(ClassicNotebook notebook)
    {
        await notebook.Type("model.");
        await notebook.Page.Keyboard.PressAsync("Tab");
        ILocator offered = notebook.Page.Locator(".completions select option");
        await offered.First.WaitForAsync();
        IReadOnlyList<string> members = await offered.AllInnerTextsAsync();
        await notebook.Picture("completion");
        foreach (string member in new[] { "Capture", "Plans", "Spec" }) Assert.Contains(member, members);
        await notebook.Page.Keyboard.PressAsync("Escape");

        await notebook.Type("#!sweep --");
        await notebook.Page.Keyboard.PressAsync("Tab");
        await offered.First.WaitForAsync();
        IReadOnlyList<string> options = await offered.AllInnerTextsAsync();
        Assert.Contains("--windows", options);
        Assert.All(options, option => Assert.StartsWith("--", option));
        await notebook.Page.Keyboard.PressAsync("Escape");
    }

    private static async Task TooltipShowsDocumentation(ClassicNotebook notebook)
    {
        await notebook.Type("model.Capture(");
        await notebook.Page.Keyboard.PressAsync("Shift+Tab");
        ILocator tooltip = notebook.Page.Locator(".ipython_tooltip pre").First;
        await tooltip.WaitForAsync();
        string text = await tooltip.InnerTextAsync();
        await notebook.Picture("tooltip");
        Assert.Contains("Activations Model.Capture(TokenRows rows", text);
        Assert.Contains("hook points", text);
        await notebook.Page.Keyboard.PressAsync("Escape");
    }

    private static async Task AButtonInterruptsASweep(ClassicNotebook notebook)
    {
        await notebook.Type("#!data ../data/othello/games-test.jsonl --name all\n#!sweep --data all --windows --name slow");
        await notebook.RunTyped();
        await notebook.LastShows("progress", "e.value > 0 && e.value < e.max");
        await notebook.LastSays("interrupt to cancel");
        await notebook.Picture("progress");

        Stopwatch patience = Stopwatch.StartNew();
        await notebook.Page.ClickAsync("button[data-jupyter-action='jupyter-notebook:interrupt-kernel']");
        await notebook.Idle();
        Assert.InRange(patience.Elapsed.TotalSeconds, 0, 30);
        await notebook.LastSays("stopped at");
        await notebook.LastSays("The cell was interrupted");
        await notebook.Picture("interrupted-sweep");
        await NextCellAnswers(notebook);
    }

    private static async Task KeysInterruptALoop(ClassicNotebook notebook)
    {
        await notebook.Type("while (true) { }");
        await notebook.RunTyped();
        await notebook.Busy();
        await Task.Delay(1000); // The loop has to be compiled and to spin.
        await notebook.Page.Keyboard.PressAsync("Escape");
        await notebook.Page.Keyboard.PressAsync("i");
        await notebook.Page.Keyboard.PressAsync("i");
        await notebook.Idle();
        await notebook.LastSays("interrupted");
        await notebook.Picture("interrupted-loop");
        await NextCellAnswers(notebook);
    }

    /// <summary>The kernel answers, and what was loaded before the interrupt is still there.</summary>
    private static async Task NextCellAnswers(ClassicNotebook notebook)
    {
        Stopwatch patience = Stopwatch.StartNew();
        await notebook.Type("34 + model.Spec.Blocks");
        await notebook.RunTyped();
        await notebook.Idle();
        await notebook.LastSays("42");
        Assert.InRange(patience.Elapsed.TotalSeconds, 0, 30);
    }

    private async Task SavedFiguresAreThereAgain(ClassicNotebook notebook)
    {
        await notebook.Save();
        await notebook.OpenAfresh(Gallery);
        await notebook.Drawn(Figures);
        Assert.Empty(notebook.Errors);

        // The same from a stranger: the Notebook does not trust it, runs no script of it, and shows what is left.
        string saved = Path.Combine(jupyter.Notebooks, Gallery);
        JsonNode foreign = JsonNode.Parse(await File.ReadAllTextAsync(saved))!;
        foreign["cells"]![0]!["source"] = "# From somebody else";
        await File.WriteAllTextAsync(Path.Combine(jupyter.Notebooks, "foreign.ipynb"), foreign.ToJsonString());
        await notebook.OpenAfresh("foreign.ipynb");
        Assert.False(await notebook.Page.EvaluateAsync<bool>("Jupyter.notebook.trusted"));
        Assert.Equal(0, await notebook.Page.Locator(".js-plotly-plot").CountAsync());
        await notebook.Page.WaitForFunctionAsync("n => [...document.querySelectorAll('.output img')].filter(i => i.complete && i.naturalWidth > 200).length >= n", Figures);
        await notebook.Page.Locator(".output img").Nth(Figures).ScrollIntoViewIfNeededAsync();
        await notebook.Picture("untrusted");
    }
}
