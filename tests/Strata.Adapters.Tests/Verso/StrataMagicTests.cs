using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Strata.Models;
using Strata.Notebooks;
using Strata.Research;
using Strata.Verso;
using Verso.Abstractions;

namespace Strata.Adapters.Tests.VersoAdapter;

public class StrataMagicTests
{
    private const string Brackets = "--task brackets --kinds 2 --depth 4 --length 20 --count 5 --seed 1";

    private static readonly Type[] Extensions = typeof(StrataMagic).Assembly.GetTypes().Where(t => t.GetCustomAttribute<VersoExtensionAttribute>() is not null).ToArray();

    private static IMagicCommand[] Magics { get; } = Extensions.Select(Activator.CreateInstance).OfType<IMagicCommand>().ToArray();

    private static IMagicCommand Magic(string name) => Magics.Single(m => m.Name == name);

    [Fact]
    public void Every_command_of_strata_is_a_magic_command_of_verso()
    {
        Assert.Equal(MagicCommands.Names.Select(c => c.Name).Order(), Magics.Select(m => "#!" + m.Name).Order());
        Assert.All(Magics, m => Assert.Equal(MagicCommands.Names.Single(c => c.Name == "#!" + m.Name).Summary, m.Description));
        Assert.Contains(Magic("capture").Parameters, p => p.Name == "--points" && p.Description.Length > 0);
    }

    [Fact]
    public void Every_extension_has_an_identity_of_its_own()
    {
        IExtension[] extensions = Extensions.Select(Activator.CreateInstance).Cast<IExtension>().ToArray();
        Assert.Equal(extensions.Length, extensions.Select(e => e.ExtensionId).Distinct().Count());
        Assert.Equal(extensions.Length, extensions.Select(e => e.Name).Distinct().Count());
    }

    [Fact]
    public async Task A_command_shows_its_result_and_leaves_it_in_the_variable_store()
    {
        FakeCell cell = new(new FakeVariables());
        await Magic("data").ExecuteAsync(Brackets, cell);
        Assert.Equal(5, cell.Variables.Get<ToyTask>("data")!.Data.Count);
        CellOutput output = Assert.Single(cell.Outputs);
        Assert.Equal(("text/html", false), (output.MimeType, output.IsError));
        Assert.False(cell.SuppressExecution);
    }

    [Fact]
    public async Task A_command_finds_what_an_earlier_one_made_and_no_other_notebook_does()
    {
        FakeVariables notebook = new();
        await Magic("data").ExecuteAsync(Brackets + " --name brackets", new FakeCell(notebook));
        FakeCell next = new(notebook), other = new(new FakeVariables());
        await Magic("report").ExecuteAsync("", next);
        Assert.Contains("brackets", Assert.Single(next.Outputs).Content);
        await Assert.ThrowsAsync<StrataException>(() => Magic("report").ExecuteAsync("", other));
    }

    [Fact]
    public async Task A_failing_command_says_why_and_stops_the_cell()
    {
        FakeCell cell = new(new FakeVariables());
        StrataException failure = await Assert.ThrowsAsync<StrataException>(() => Magic("data").ExecuteAsync("--tsk brackets", cell));
        Assert.Contains("--task", failure.Message);
        Assert.True(cell.SuppressExecution);
        Assert.Empty(cell.Outputs);
    }

    [Fact]
    public async Task A_cancelled_cell_stops_its_command()
    {
        FakeVariables notebook = new();
        await Magic("model").ExecuteAsync(Repository.Othello, new FakeCell(notebook));
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(300));
        FakeCell cell = new(notebook) { CancellationToken = source.Token };
        string longPlan = string.Join(", ", Enumerable.Repeat("0..8", 400));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Magic("generate").ExecuteAsync($"--tokens 61,19 --max-new 50 --plan \"{longPlan}\"", cell));
        Assert.True(cell.SuppressExecution);
        Assert.False(notebook.TryGet<object>("generation", out _));
    }

    [Fact]
    public async Task A_newer_result_is_not_undone_by_an_older_one_that_comes_back_and_a_new_value_of_a_cell_counts()
    {
        FakeVariables notebook = new();
        await Magic("model").ExecuteAsync(Repository.Othello, new FakeCell(notebook));
        await Magic("data").ExecuteAsync("--task othello --count 3 --seed 1 --name games", new FakeCell(notebook));
        object old = notebook.Get<object>("games")!;
        await Magic("data").ExecuteAsync("--task othello --count 4 --seed 1 --name games", new FakeCell(notebook));
        // Verso's C# kernel writes the variables that it knows back after each of its cells.
        notebook.Set("games", old);
        Assert.Equal(4, await RowsThatAblateReads(notebook));
        notebook.Set("games", ((ToyTask)old).Data.Take(2));
        Assert.Equal(2, await RowsThatAblateReads(notebook));
    }

    private static async Task<int> RowsThatAblateReads(FakeVariables notebook)
    {
        await Magic("ablate").ExecuteAsync("--plan 0..4 --data games", new FakeCell(notebook));
        string data = notebook.Get<Table>("ablation")!.Provenance.Data!;
        return int.Parse(Regex.Match(data, @"(\d+) rows\)").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Values_of_strata_are_shown_by_the_formatter_and_others_are_left_alone()
    {
        StrataFormatter formatter = new();
        FakeCell cell = new(new FakeVariables());
        Table table = new("<script>", new Provenance(), Column.Text("t", ["</td>"]));
        Assert.True(formatter.CanFormat(table, cell));
        CellOutput output = await formatter.FormatAsync(table, cell);
        Assert.Equal("text/html", output.MimeType);
        Assert.Contains("&lt;/td&gt;", output.Content);
        Assert.DoesNotContain("<script>", output.Content);
        Assert.True(formatter.CanFormat(Figure.Histogram("h", new Axis("x"), [1, 2]), cell));
        Assert.False(formatter.CanFormat("text", cell));
        Assert.False(formatter.CanFormat(new Uri("http://localhost"), cell));
    }
}
