using Strata.Models;
using Strata.Research;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary><c>#!tasks</c>: figures with controls and the best layer, further tables, files, and what a typing mistake gives.</summary>
public sealed class TasksMagicTests(OthelloSession othello) : IClassFixture<OthelloSession>
{
    [Fact]
    public void Scores_are_drawn_over_the_depth_with_controls_dashed_and_the_best_layer_ringed()
    {
        string folder = Directory.CreateTempSubdirectory("strata-tasks-").FullName;
        try
        {
            FakeHost first = othello.Run($"#!tasks {Similar(folder)} --pool mean,last --correlate norm --mteb-json {folder}/results --name scored");
            TaskSweep scored = (TaskSweep)first.Variables["scored"];
            Assert.Equal(9 * 2, scored.Scores.Count);
            Assert.Equal(2, ((Table)first.Variables["scored_measures"]).Rows);
            string plot = first.Outputs.Single(o => o.Renderings.ContainsKey(MimeBundle.Plotly)).Renderings[MimeBundle.Plotly];
            foreach (string part in new[] { "\"dash\":\"dash\"", "random weights", "shuffled labels", "relative depth", "cosine_spearman" }) Assert.Contains(part, plot);
            Assert.Contains($"The ring marks the best: {scored.Best("similar").Point}", first.Text);
            Assert.Contains("texts", first.Text);

            FakeHost second = othello.Run($"#!tasks {Similar(folder)} --points blocks.*.resid_post --no-controls --compare {folder}/results --name again");
            TaskSweep again = (TaskSweep)second.Variables["again"];
            Assert.Null(again.RandomWeights);
            Assert.DoesNotContain("\"dash\":\"dash\"", second.Outputs.Single(o => o.Renderings.ContainsKey(MimeBundle.Plotly)).Renderings[MimeBundle.Plotly]);
            Table beside = (Table)second.Variables["again_beside"];
            Assert.Equal(8 * 18, beside.Rows);
            Assert.Contains(Enumerable.Range(0, beside.Rows), i => beside["difference"].Numbers[i] == 0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("#!tasks othello-phas", "\"othello-phase\"")]
    [InlineData("#!tasks othello-phase --pool maen", "\"mean\"")]
    [InlineData("#!tasks othello-phase --pool mean,mean", "twice")]
    [InlineData("#!tasks othello-phase --correlate nrom", "\"norm\"")]
    [InlineData("#!tasks othello-phase --correlate cdnv", "labels")]
    [InlineData("#!tasks othello-phase --points blocks.*.resid_pots", "resid_post")]
    [InlineData("#!tasks othello-phase --positions 1..x", "positions")]
    [InlineData("#!tasks othello-phase --compare gone", "gone")]
    [InlineData("#!tasks othello-phase --model gone", "gone")]
    [InlineData("#!tasks othello-phase --poling mean", "--pool")]
    [InlineData("#!tasks", "TASKS")]
    public void What_is_misspelt_is_refused_with_advice(string line, string advice) => Assert.Contains(advice, Assert.ThrowsAny<StrataException>(() => othello.Run(line)).Message);

    [Theory]
    [InlineData("#!tasks othello-ph", "othello-phase")]
    [InlineData("#!tasks othello-phase,othello-b", "othello-board")]
    [InlineData("#!tasks othello --pool mean,la", "last")]
    [InlineData("#!tasks othello --correlate norm,prompt-ent", "prompt-entropy")]
    [InlineData("#!tasks othello --points blocks.3.resid_po", "blocks.3.resid_post")]
    [InlineData("#!tasks othello --mte", "--mteb-json")]
    public void Values_complete(string line, string candidate) =>
        Assert.Contains(candidate, new MagicCommands(othello.Session).Complete(line, line.Length).Candidates.Select(c => c.Text));

    /// <summary>A file of pairs of openings.</summary>
    private static string Similar(string folder)
    {
        string path = Path.Combine(folder, "similar.jsonl");
        File.WriteAllLines(path, Enumerable.Range(0, 12).Select(i => $$"""{"sentence1": "c4 c{{(i % 2 == 0 ? 3 : 5)}} d3", "sentence2": "{{(i % 3 == 0 ? "c4 c3" : "f5 d6 c3")}} a{{1 + i % 8}}", "score": {{i % 4}}}"""));
        return path;
    }
}
