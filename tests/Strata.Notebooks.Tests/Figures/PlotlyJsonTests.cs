using System.Text.Json;
using Strata.Notebooks;
using Xunit;

namespace Strata.Notebooks.Tests;

public class PlotlyJsonTests
{
    private static readonly string[] Types = ["scatter", "bar", "heatmap"];

    [Fact]
    public void EveryKindHasDataLayoutAndConfigOfTheTypesThatPlotlyExpects()
    {
        foreach ((string kind, Figure figure) in SampleFigures.All())
        {
            JsonElement root = Parse(figure);
            Assert.Equal(["config", "data", "layout"], root.EnumerateObject().Select(p => p.Name).Order());
            Assert.True(root.GetProperty("data").GetArrayLength() > 0, kind);
            foreach (JsonElement trace in root.GetProperty("data").EnumerateArray())
            {
                string type = trace.GetProperty("type").GetString()!;
                Assert.Contains(type, Types);
                if (type == "heatmap") Assert.Equal(trace.GetProperty("y").GetArrayLength(), trace.GetProperty("z").GetArrayLength());
                else Assert.Equal(trace.GetProperty("x").GetArrayLength(), trace.GetProperty("y").GetArrayLength());
            }

            Assert.Equal(JsonValueKind.String, root.GetProperty("layout").GetProperty("title").GetProperty("text").ValueKind);
            Assert.True(root.GetProperty("layout").GetProperty("height").GetDouble() > 100, kind);
        }
    }

    [Fact]
    public void ValuesArriveAndNaNIsNull()
    {
        JsonElement line = Parse(Figure.Lines("t", "x", "y", new LineSeries("a", [0, 1, 2], [1.5, double.NaN, double.PositiveInfinity]))).GetProperty("data")[0];
        Assert.Equal(1.5, line.GetProperty("y")[0].GetDouble());
        Assert.Equal(JsonValueKind.Null, line.GetProperty("y")[1].ValueKind);
        Assert.Equal(JsonValueKind.Null, line.GetProperty("y")[2].ValueKind);

        JsonElement z = Parse(SampleFigures.Heatmap("h")).GetProperty("data")[0].GetProperty("z");
        Assert.Equal(-2.5, z[0][1].GetDouble());
        Assert.Equal(JsonValueKind.Null, z[1][0].ValueKind);
    }

    [Fact]
    public void ADivergingScaleIsSymmetricAndAGridSharesItsScale()
    {
        JsonElement heatmap = Parse(SampleFigures.Heatmap("h")).GetProperty("data")[0];
        Assert.Equal(-4, heatmap.GetProperty("zmin").GetDouble());
        Assert.Equal(4, heatmap.GetProperty("zmax").GetDouble());

        Figure grid = Figure.Grid("g", [Figure.Heatmap("a", new double[,] { { 0, 1 } }), Figure.Heatmap("b", new double[,] { { 5, 9 } })], 2);
        JsonElement[] panels = Parse(grid).GetProperty("data").EnumerateArray().ToArray();
        Assert.All(panels, panel => Assert.Equal((0, 9), (panel.GetProperty("zmin").GetDouble(), panel.GetProperty("zmax").GetDouble())));
        Assert.Single(panels, panel => panel.GetProperty("showscale").GetBoolean());
        Assert.Equal("x2", panels[1].GetProperty("xaxis").GetString());
        Assert.True(Parse(grid).GetProperty("layout").TryGetProperty("xaxis2", out _));
    }

    [Fact]
    public void LabelsThatRepeatStayDifferentCategories()
    {
        Figure figure = Figure.Bars("t", "x", "y", ["the", "cat", "the", "the"], new BarSeries("a", [1, 2, 3, 4]));
        string[] categories = Parse(figure).GetProperty("data")[0].GetProperty("x").EnumerateArray().Select(e => e.GetString()!).ToArray();
        Assert.Equal(4, categories.Distinct().Count());
        Assert.All(categories, c => Assert.Contains(c.Trim('\u200B', '\u200C'), new[] { "the", "cat" }));
    }

    [Fact]
    public void AnErrorBandIsAClosedOutlineThatSkipsGaps()
    {
        LineSeries series = new("a", [0, 1, 2, 3], [1, 1, 1, 1]) { Lower = [0, 0, double.NaN, 0], Upper = [2, 2, 2, 2] };
        JsonElement band = Parse(Figure.Lines("t", "x", "y", series)).GetProperty("data")[0];
        Assert.Equal("toself", band.GetProperty("fill").GetString());
        double?[] y = band.GetProperty("y").EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Null ? (double?)null : e.GetDouble()).ToArray();
        Assert.Equal(new double?[] { 2, 2, 0, 0, null, 2, 0 }, y);
    }

    private static JsonElement Parse(Figure figure) => JsonDocument.Parse(figure.ToPlotlyJson()).RootElement;
}
