using Strata.Models;
using Strata.Research;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary><c>#!measure</c>: captured or streamed, with its controls, parameters and labels.</summary>
public sealed class MeasureMagicTests(OthelloSession othello) : IClassFixture<OthelloSession>
{
    [Fact]
    public void The_control_on_random_weights_runs_by_default_and_is_drawn_dashed()
    {
        FakeHost host = othello.Run("#!measure --measure curvature --name turned");
        MeasureTable measures = (MeasureTable)host.Variables["turned"];
        Model model = (Model)othello.Setup.Variables["model"];
        Activations acts = (Activations)othello.Setup.Variables["acts"];
        MeasureTable twin = MeasureTable.Compute(model.RandomTwin(0).Capture(((ToyTask)othello.Setup.Variables["data"]).Data.Tokens(model), new CaptureRequest { Points = acts.Points, Announce = _ => { } }), ["curvature"]);
        Assert.Equal(twin.Table["value"].Numbers, measures.Table["random weights"].Numbers);
        Assert.Contains("random weights", host.Outputs[0].Renderings[MimeBundle.Plotly]);
        Assert.Contains("\"dash\"", host.Outputs[0].Renderings[MimeBundle.Plotly]);

        FakeHost without = othello.Run("#!measure --measure curvature --no-controls --name alone");
        Assert.Null(((MeasureTable)without.Variables["alone"]).Control);
        Assert.DoesNotContain("random weights", without.Outputs[0].Renderings[MimeBundle.Plotly]);
    }

    [Fact]
    public void A_model_can_be_measured_without_keeping_activations()
    {
        FakeHost host = othello.Run("#!measure --points blocks.*.resid_post --measure norm,block-influence,self-similarity --set min-contexts=2,bootstrap=0 --no-controls --name streamed");
        MeasureTable streamed = (MeasureTable)host.Variables["streamed"], captured = MeasureTable.Compute((Activations)othello.Setup.Variables["acts"], ["norm", "block-influence"]);
        Assert.Equal(8, streamed.Values["norm"].Count);
        Assert.Equal(captured.Values["norm"]["blocks.5.resid_post"].Value, streamed.Values["norm"]["blocks.5.resid_post"].Value, 1e-4);
        Assert.Equal(captured.Values["block-influence"]["blocks.5.resid_post"].Value, streamed.Values["block-influence"]["blocks.5.resid_post"].Value, 1e-5);
        Assert.True(double.IsNaN(streamed.Values["norm"]["blocks.5.resid_post"].Low));
        Assert.Equal("2", streamed.Table.Provenance.Settings["measure.min-contexts"]);
    }

    [Fact]
    public void Labels_of_the_data_become_classes_with_their_own_control()
    {
        FakeHost host = othello.Run("#!measure --measure label-variance,norm --labels mover --name classes");
        MeasureTable measures = (MeasureTable)host.Variables["classes"];
        Assert.All(measures.Values["label-variance"].Values, v => Assert.InRange(v.Value, 0, 1));
        Assert.NotEqual(measures.Values["label-variance"]["blocks.6.resid_post"].Value, measures.ShuffledLabels["label-variance"]["blocks.6.resid_post"].Value);
        Assert.Contains("shuffled labels", host.Outputs[0].Renderings[MimeBundle.Plotly]);
    }

    [Fact]
    public void A_series_is_that_of_the_library_and_is_drawn_from_dark_to_light()
    {
        FakeHost host = othello.Run("#!measure --measure token-homogeneity --corrupt shuffle --shares 0,1 --take 3 --no-controls --name shuffled", "#!measure --measure norm --lengths 4,8 --take 3 --no-controls --name longer");
        Model model = (Model)othello.Setup.Variables["model"];
        TokenRows rows = ((ToyTask)othello.Setup.Variables["data"]).Data.Take(3).Tokens(model);
        MeasureSeries expected = MeasureSeries.Corruption(model, rows, ["token-homogeneity"], CorruptionKind.Shuffle, [0, 1], new BatteryRequest { Control = false });
        Assert.Equal(expected.Table["value"].Numbers, ((MeasureSeries)host.Variables["shuffled"]).Table["value"].Numbers);
        Assert.Equal([4.0, 8], ((MeasureSeries)host.Variables["longer"]).Steps.Select(s => s.At));
        string[] colors = System.Text.RegularExpressions.Regex.Matches(host.Outputs[0].Renderings[MimeBundle.Svg], "stroke=\"(#[0-9a-f]{6})\" stroke-width=\"2\"").Select(m => m.Groups[1].Value).Distinct().ToArray();
        Assert.Equal(2, colors.Length);
        Assert.Equal("#440154", colors[0]);
        StrataException e = Assert.Throws<StrataException>(() => othello.Run("#!measure --measure norm --checkpoints nowhere"));
        Assert.Contains("step1", e.Message);
    }

    [Fact]
    public void Views_curves_and_distributions_are_measured_without_activations()
    {
        FakeHost host = othello.Run("#!measure --measure relative-error,gride,norm --augment replace --take 4 --distributions --no-controls --name seen", "#!measure --measure norm --take 4 --plan 0..4 --positions 1.. --no-controls --beside seen --name shorter");
        MeasureTable seen = (MeasureTable)host.Variables["seen"];
        Assert.True(seen.Values["relative-error"]["blocks.3.resid_post"].Value > 0);
        Assert.Equal(4 * 61, seen.Values["norm"]["blocks.3.resid_post"].PerSample.Count);
        string[] titles = host.Outputs.Where(o => o.Renderings.ContainsKey(MimeBundle.Plotly)).Select(o => System.Net.WebUtility.HtmlDecode(o.Renderings[MimeBundle.Html].Split("alt=\"")[1].Split('"')[0])).ToArray();
        Assert.Equal(["relative-error by block", "relative-error over its samples", "gride by block", "gride: dimension by mean distance to neighbour 2n₁", "norm by block", "norm over its samples", "norm by relative depth", "norm by block"], titles);
        Assert.Equal(4, ((MeasureTable)host.Variables["shorter"]).Values["norm"].Count);
        Assert.Equal(4 * 60, ((MeasureTable)host.Variables["shorter"]).Values["norm"]["blocks.3.resid_post"].Count);
    }

    [Fact]
    public void Position_and_context_give_three_plots_and_pairs_two()
    {
        FakeHost host = othello.Run("#!measure --position-context blocks.3.resid_post --take 6 --name split", "#!measure --pairs first-token --lengths 2,8 --token 19 --points blocks.*.resid_post --name pairs");
        PositionContextParts parts = (PositionContextParts)host.Variables["split"];
        Assert.Equal(1, parts.Shares["share"].Numbers.Sum(), 6);
        Assert.Equal(6, parts.Contexts.Rows);
        Assert.Equal(5, host.Outputs.Count(o => o.Renderings.ContainsKey(MimeBundle.Plotly)));
        Assert.Equal(8 * 2 * 4, ((Table)host.Variables["pairs"]).Rows);
    }

    [Fact]
    public void An_atlas_is_one_page_that_escapes_tokens_and_names_its_command()
    {
        FakeHost host = othello.Run("#!atlas --take 6 --labels mover --measure norm,max-activation,two-nn --set max-rows=100,bootstrap=0 --name page");
        Atlas atlas = (Atlas)host.Variables["page"];
        string html = Assert.Single(host.Outputs).Renderings[MimeBundle.Html];
        Assert.Contains("#!atlas --take 6 --labels mover", html);
        Assert.Contains("&lt;start&gt;", html);
        Assert.DoesNotContain("<start>", html);
        Assert.DoesNotContain("<script", html);
        foreach (string panel in (string[])["Norms and the largest element", "Intrinsic dimension", "Which layers are alike", "Loss without each block", "Logit lens: agreement", "Linear probe: mover"]) Assert.Contains($"alt=\"{panel}", html);
        Assert.DoesNotContain("Curvature", html);
        Assert.Contains(atlas.Measures.Table.Provenance.ModelHash!, html);

        // The parts are those that the library gives by themselves.
        Model model = (Model)othello.Setup.Variables["model"];
        TokenRows rows = ((ToyTask)othello.Setup.Variables["data"]).Data.Take(6).Tokens(model);
        Assert.Equal(Evaluation.Run(model, rows).Loss, atlas.WithoutBlocks!.Results[0].Loss, 1e-9);
        Assert.Equal(9, atlas.WithoutBlocks.Results.Count);
        Assert.Equal(1, atlas.Lens!["agreement"].Numbers[^1]);
        Assert.Equal(LogitLens.Read(model, rows).ToTable()["kl"].Numbers, atlas.Lens["kl"].Numbers);
        Assert.Equal(9, atlas.Layers!.Points.Count);
        Assert.Equal(1, atlas.Layers.Values[4, 4], 1e-9);
        Assert.NotNull(atlas.TwinLens);
        ExtremePlace place = atlas.Measures.Values["max-activation"]["blocks.4.resid_post"].Place!;
        Activations acts = model.Capture(rows, "blocks.4.resid_post");
        Assert.Equal(atlas.Measures.Values["max-activation"]["blocks.4.resid_post"].Value, Math.Abs(acts.Samples("blocks.4.resid_post")[place.Sequence][place.Position!.Value, place.Dimension]), 1e-4);
    }

    [Theory]
    [InlineData("#!measure --take 3", "--position-context")]
    [InlineData("#!measure --measure norm --corrupt shuffle --lengths 3", "one of them")]
    [InlineData("#!measure --measure norm --shares 0,1", "--corrupt")]
    [InlineData("#!measure --measure norm --corrupt shuffel", "shuffle")]
    [InlineData("#!measure --measure norm --lengths 3,x", "no number")]
    [InlineData("#!measure --measure infonce --augment keybord", "keyboard")]
    [InlineData("#!measure acts --measure infonce", "leave the name")]
    [InlineData("#!measure --pairs one-more", "--token")]
    [InlineData("#!measure --measure norm --set remove-top=128 --points blocks.1.resid_post --take 2", "128 dimensions")]
    [InlineData("#!atlas --labels moverr --take 2", "mover")]
    [InlineData("#!measure --measure norm --set neighbors=3", "\"neighbours\"")]
    [InlineData("#!measure --measure norm --set neighbours=x", "whole number")]
    [InlineData("#!measure --measure norm --form reference:skdimm", "reference:skdim")]
    [InlineData("#!measure --measure cdnv", "Labels")]
    [InlineData("#!measure --points blocks.*.resid_post --measure cdnv --labels mover", "#!capture")]
    public void What_does_not_fit_is_refused_with_advice(string line, string advice)
    {
        StrataException e = Assert.Throws<StrataException>(() => othello.Run(line));
        Assert.Contains(advice, e.Message);
    }

    [Fact]
    public void Parameters_and_forms_complete()
    {
        MagicCommands magics = new(othello.Session);
        string line = "#!measure --set neigh";
        Assert.Contains("neighbours=20", magics.Complete(line, line.Length).Candidates.Select(c => c.Text));
        line = "#!measure --form reference:sk";
        Assert.Contains("reference:skdim", magics.Complete(line, line.Length).Candidates.Select(c => c.Text));
    }
}
