using System.Text.Json.Nodes;
using Microsoft.FSharp.Collections;
using Plotly.NET;
using Strata.Notebooks;
using Strata.PlotlyNet;

namespace Strata.Adapters.Tests.PlotlyNetAdapter;

public class ChartFormatterTests
{
    private const string Hostile = "</script><script>alert(1)</script>";

    private static GenericChart Chart(string type, string name, string title = "")
    {
        Trace trace = new(type);
        trace.SetValue("name", name);
        trace.SetValue("y", new[] { 1.0, 2.0 });
        Title heading = new();
        heading.SetValue("text", title);
        Layout layout = new();
        layout.SetValue("title", heading);
        return GenericChart.setLayout(layout, GenericChart.ofTraceObjects(false, ListModule.OfArray([trace])));
    }

    [Fact]
    public void A_chart_is_shown_as_its_plotly_figure()
    {
        new ChartFormatter().Register();
        MimeBundle bundle = Formatters.Format(Chart("scatter", "loss", "Training"));
        JsonNode figure = JsonNode.Parse(bundle.Renderings[MimeBundle.Plotly])!;
        Assert.Equal("loss", (string?)figure["data"]![0]!["name"]);
        Assert.Equal("scatter", (string?)figure["data"]![0]!["type"]);
        Assert.NotNull(figure["layout"]);
        Assert.NotNull(figure["config"]);
        Assert.Equal("Training\n  loss: scatter", bundle.Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void Hostile_labels_are_harmless_in_every_rendering_and_stay_the_same_text()
    {
        MimeBundle bundle = ChartFormatter.Format(Chart("bar", Hostile, Hostile));
        Assert.All(bundle.Renderings.Where(r => r.Key != MimeBundle.PlainText), r => Assert.DoesNotContain("<script>alert", r.Value));
        Assert.Equal(Hostile, (string?)JsonNode.Parse(bundle.Renderings[MimeBundle.Plotly])!["data"]![0]!["name"]);
        // The two blocks that Strata writes, data and drawing, end where they should.
        Assert.Equal(PlotlyAsset.IsAvailable ? 2 : 0, bundle.Renderings[MimeBundle.Html].Split("</script>").Length - 1);
    }

    [Fact]
    public void Traces_that_a_report_cannot_draw_are_named_instead_of_being_drawn_as_others()
    {
        MimeBundle bundle = ChartFormatter.Format(Chart("surface", "landscape"));
        Assert.DoesNotContain("newPlot", bundle.Renderings[MimeBundle.Html]);
        Assert.Contains("this page does not: surface", bundle.Renderings[MimeBundle.Html]);
        Assert.Contains("surface", bundle.Renderings[MimeBundle.Plotly]);
    }

    [Fact]
    public void A_strata_figure_made_a_chart_is_shown_like_any_other()
    {
        GenericChart chart = Strata.Notebooks.Figure.Lines("Entropy", new Axis("layer"), new Axis("entropy", "nats"), new LineSeries("trained", [0, 1], [2, 1])).ToPlotlyNet();
        Assert.StartsWith("Entropy", ChartFormatter.Format(chart).Renderings[MimeBundle.PlainText]);
    }
}
