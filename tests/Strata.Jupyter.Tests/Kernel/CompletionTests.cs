using Strata.Jupyter.Kernel;
using Strata.Jupyter.Session;
using Strata.Jupyter.Tests.Session;
using Strata.Notebooks;

namespace Strata.Jupyter.Tests.Kernel;

/// <summary>A session with the small Othello network loaded by a magic command, shared by the cases: nothing of a draft runs.</summary>
public sealed class OthelloCells : IAsyncLifetime
{
    public CSharpSession Session { get; } = new();

    public SessionMagics Magics { get; } = new();

    public async Task InitializeAsync()
    {
        RecordingHost host = new(Session);
        CellError? error = await new CellRunner(Session, Magics).RunAsync($"#!model {Repository.Root}/data/othello\nvar network = model; var rows = new TokenRows(\"r\", [[61, 19]]);", "cell", host);
        Assert.True(error is null, error?.Message);
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

/// <summary>What could stand at the cursor of a cell; <c>|</c> marks the cursor.</summary>
[Collection(SessionTests.Name)]
public sealed class CompletionTests(OthelloCells cells) : IClassFixture<OthelloCells>
{
    [Theory]
    [InlineData("network.Plans.Parse(\"0..4, rev|\")", "reverse(")]
    [InlineData("network.Plans.Parse(\"0..4, 5..|", "5..8 5..7 5..6")]
    [InlineData("Intervention.Zero(\"blocks.3.attn.|\")", "blocks.3.attn.q blocks.3.attn.k blocks.3.attn.v blocks.3.attn.scores blocks.3.attn.pattern blocks.3.attn.z")]
    [InlineData("Intervention.Scale(\"blocks.*.mlp_|\", 2)", "blocks.*.mlp_out")]
    [InlineData("network.Capture(rows, new CaptureRequest { Points = [\"embed\", \"blocks.*.resid_p|\"] })", "blocks.*.resid_pre blocks.*.resid_post")]
    [InlineData("new CaptureRequest { Points = new[] { \"log|\" } }", "logits")]
    [InlineData("string points = \"log|\";", "logits")]
    [InlineData("var x = \"log|\";", "")]
    [InlineData("// network.Ap|", "")]
    [InlineData("\"a\" + netw|", "network")]
    [InlineData("\"\".Len|", "Length")]
    [InlineData("#!capture --model net|", "network")]
    [InlineData("network.Na|\n#!capture", "Name")]
    [InlineData("#!strata\n#!capture --points embed,blocks.7.resid_m|", "blocks.7.resid_mid")]
    public async Task TheCandidatesAre(string cell, string expected) => Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), await Texts(cell));

    [Theory]
    [InlineData("Model.Load(\"§/da|\")", "§/data/")]
    [InlineData("Model.Load(@\"§/data/oth|", "§/data/othello/")]
    [InlineData("var x = \"§/READ|\";", "§/README.md")]
    [InlineData("File.ReadAllText(path: \"§/READ|", "§/README.md")]
    public async Task PathsAreCompletedInLiterals(string cell, string expected) =>
        Assert.Equal([expected.Replace("§", Repository.Root)], await Texts(cell.Replace("§", Repository.Root)));

    [Fact]
    public async Task WhatIsReplacedEndsAtTheCursorAndCountsCodePoints()
    {
        DraftCell cell = new("var s = \"\U0001F600\"; network.Plans.Parse(\"0..4, rev", 43);
        CompletionList found = await new Completion(cells.Session, cells.Magics).FindAsync(cell);
        System.Text.Json.Nodes.JsonObject reply = Completion.Reply(cell, found);
        Assert.Equal("reverse(", (string?)reply["matches"]![0]);
        Assert.Equal((40, 43), ((int)reply["cursor_start"]!, (int)reply["cursor_end"]!));
    }

    private async Task<string[]> Texts(string marked)
    {
        int cursor = marked.IndexOf('|');
        CompletionList found = await new Completion(cells.Session, cells.Magics).FindAsync(new DraftCell(marked.Remove(cursor, 1), cursor));
        return found.Candidates.Select(candidate => candidate.Text).ToArray();
    }
}
