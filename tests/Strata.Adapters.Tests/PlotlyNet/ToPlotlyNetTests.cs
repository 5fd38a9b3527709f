using System.Text.Json.Nodes;
using Plotly.NET;
using Plotly.NET.LayoutObjects;
using Strata.Notebooks;
using Strata.PlotlyNet;
using StrataFigure = Strata.Notebooks.Figure;

namespace Strata.Adapters.Tests.PlotlyNetAdapter;

public class ToPlotlyNetTests
{
    private const string Hostile = "</script><script>alert(1)</script>";

    public static TheoryData<string> Kinds => ["lines", "scatter", "bars", "histogram", "heatmap", "grid"];

    private static StrataFigure Sample(string kind)
    {
        Axis x = new("layer"), y = new(Hostile, "nats");
        double[,] values = { { 1, double.NaN }, { -2.5, 1e-9 } };
        return kind switch
        {
            "lines" => StrataFigure.Lines("lines", x, y, new LineSeries(Hostile, [0, 1, 2], [1, double.NaN, 3])),
            "scatter" => StrataFigure.Scatter("scatter", x, y, new PointSeries("points", [0, 1], [1, 2])),
            "bars" => StrataFigure.Bars("bars", x, y, ["a", Hostile], new BarSeries("bars", [1, 2])),
            "histogram" => StrataFigure.Histogram("histogram", x, [1, 2, 2, 3]),
            "heatmap" => StrataFigure.Heatmap(Hostile, values),
            _ => StrataFigure.Grid("grid", [StrataFigure.Heatmap("a", values), StrataFigure.Heatmap("b", values)], 2),
        };
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_figure_becomes_the_same_plotly_figure(string kind)
    {
        StrataFigure figure = Sample(kind);
        JsonNode given = JsonNode.Parse(figure.ToPlotlyJson())!, chart = JsonNode.Parse(GenericChart.toJson(figure.ToPlotlyNet()))!;
        Assert.Equal(Normal(given), Normal(chart));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_text_of_a_figure_can_leave_the_script_block_that_plotly_net_writes(string kind)
    {
        string html = GenericChart.toChartHTML(Sample(kind).ToPlotlyNet());
        Assert.DoesNotContain("alert(1)</script>", html);
        Assert.DoesNotContain("</script><script>alert", html);
    }

    [Fact]
    public void Plotly_net_styles_what_the_figure_brought_along()
    {
        GenericChart chart = Sample("lines").ToPlotlyNet();
        LinearAxis axis = GenericChart.getLayout(chart).TryGetTypedValue<LinearAxis>("xaxis").Value;
        Assert.Equal("layer", axis.TryGetTypedValue<Title>("title").Value.TryGetTypedValue<string>("text").Value);
        Assert.Equal("scatter", GenericChart.getTraces(chart).Head.type);
    }

    /// <summary>JSON with sorted properties: the order of properties means nothing in a Plotly figure.</summary>
    private static string Normal(JsonNode? node) => node switch
    {
        JsonObject o => "{" + string.Join(",", o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Normal(p.Value)}")) + "}",
        JsonArray a => "[" + string.Join(",", a.Select(Normal)) + "]",
        JsonValue v when v.TryGetValue(out double number) => number.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        null => "null",
        _ => node.ToJsonString(),
    };
}
