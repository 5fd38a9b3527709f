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

    [Theory]
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
