using System.Text.Json;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Strata.Models;
using Strata.Research;
using Xunit;

namespace Strata.Notebooks.Tests;

public class FigureTests
{
    [Fact]
    public void FiguresDoNotChangeWithTheArraysTheyCameFrom()
    {
        double[] y = [1, 2];
        double[,] z = { { 1, 2 } };
        Figure line = Figure.Lines("t", "x", "y", new LineSeries("a", [0, 1], y)), heatmap = Figure.Heatmap("t", z);
        y[1] = 99;
        z[0, 1] = 99;
        Assert.DoesNotContain("99", line.ToPlotlyJson());
        Assert.DoesNotContain("99", heatmap.ToPlotlyJson());
    }

    [Fact]
    public void WithMethodsLeaveTheOriginalAlone()
    {
        Figure plain = Figure.Histogram("t", "x", [1, 2, 3]);
        Figure noted = plain.WithNotes("first").WithNotes("second").WithProvenance(SampleFigures.Origin).WithSubtitle("s");
        Assert.Equal(["first", "second"], noted.Notes);
        Assert.Equal(("s", SampleFigures.Origin), (noted.Subtitle, noted.Provenance));
        Assert.Empty(plain.Notes);
        Assert.Null(plain.Subtitle);
    }

    [Fact]
    public void HistogramsCountEveryFiniteValueOnce()
    {
        double[] values = [0, 0, 0.5, 1, 2, 3, 4, double.NaN, double.PositiveInfinity];
        Figure figure = Figure.Histogram("t", "x", values, 4);
        double[] counts = Json(figure).GetProperty("y").EnumerateArray().Select(e => e.GetDouble()).ToArray();
        Assert.Equal([3, 1, 1, 2], counts);
        Assert.Equal([0.5, 1.5, 2.5, 3.5], Json(figure).GetProperty("x").EnumerateArray().Select(e => e.GetDouble()));
        Assert.Contains("2 values not finite or too large, left out.", figure.Notes);
    }

    [Fact]
    public void AutomaticBinsFollowFreedmanAndDiaconis()
    {
        // 1000 equally spaced values in [0, 999]: IQR 500, width 2 * 500 / 10 = 100, so 999 / 100 rounds up to 10 bins.
        Figure figure = Figure.Histogram("t", "x", Enumerable.Range(0, 1000).Select(i => (double)i).ToArray());
        Assert.Equal(10, Json(figure).GetProperty("y").GetArrayLength());
        Assert.Equal(1, Json(Figure.Histogram("t", "x", [5, 5, 5])).GetProperty("y").GetArrayLength());
    }

    [Fact]
    public void MistakesAreNamed()
    {
        Assert.Contains("3 y for 2 positions", Assert.Throws<StrataException>(() => Figure.Lines("t", "x", "y", new LineSeries("a", [0, 1], [1, 2, 3]))).Message);
        Assert.Contains("one edge only", Assert.Throws<StrataException>(() => Figure.Lines("t", "x", "y", new LineSeries("a", [0], [1]) { Lower = [0] })).Message);
        Assert.Contains("nothing to show", Assert.Throws<StrataException>(() => Figure.Lines("t", "x", "y")).Message);
        Assert.Contains("no finite number", Assert.Throws<StrataException>(() => Figure.Histogram("t", "x", [double.NaN])).Message);
        Assert.Contains("row labels", Assert.Throws<StrataException>(() => Figure.Heatmap("t", new double[2, 2], new HeatmapStyle { RowLabels = ["a"] })).Message);
        Assert.Contains("colour range", Assert.Throws<StrataException>(() => Figure.Heatmap("t", new double[2, 2], new HeatmapStyle { Min = 1, Max = 0 })).Message);
        Assert.Contains("no heat map", Assert.Throws<StrataException>(() => Figure.Grid("t", [Figure.Histogram("h", "x", [1])], 2)).Message);
        Assert.Contains("mix", Assert.Throws<StrataException>(() => Figure.Grid("t", [SampleFigures.Heatmap("d"), Figure.Heatmap("s", new double[2, 2])], 2)).Message);
    }

    [Fact]
    public void DataWithoutExtentOrWithoutAnyFiniteValueAreDrawn()
    {
        double[] nothing = [double.NaN, double.NaN];
        Figure[] figures =
        [
            Figure.Lines("t", "x", "y", new LineSeries("a", [1, 1], [5, 5])),
            Figure.Lines("t", "x", "y", new LineSeries("a", nothing, nothing)),
            Figure.Lines("t", "x", "y", new LineSeries("a", [], [])),
            Figure.Scatter("t", "x", new Axis("y") { Log = true }, new PointSeries("a", nothing, nothing)),
            Figure.Bars("t", "x", "y", [], new BarSeries("a", [])),
            Figure.Heatmap("t", new[,] { { double.NaN } }),
            Figure.Heatmap("t", new[,] { { 0, double.Epsilon } }),
            Figure.Heatmap("t", new[,] { { 1e20, 1e20 } }),
            Figure.Heatmap("t", new double[2, 2], new HeatmapStyle { Scale = ColorScaleKind.Diverging }),
            Figure.Lines("t", "x", "y", new LineSeries("a", [0, 1], [double.MaxValue, double.MinValue])),
            Figure.Lines("t", "x", "y", new LineSeries("a", [0, 1], [1e300, 1e300 + 1])),
        ];
        foreach (Figure figure in figures)
        {
            string svg = figure.ToSvg();
            XElement.Parse(svg);
            Assert.DoesNotContain("NaN", svg);
            Assert.DoesNotContain("∞", svg);
            JsonDocument.Parse(figure.ToPlotlyJson());
            Assert.NotEmpty(figure.ToPlainText());
        }
    }

    [Fact]
    public void AnyNumbersGiveADrawingWithoutStrayValues() => Prop.ForAll<double[]>(values =>
    {
        double[] x = values.Select((_, i) => (double)i).ToArray();
        double[] errors = values.Select(Math.Abs).ToArray();
        double[,] matrix = new double[1, values.Length + 1];
        for (int i = 0; i < values.Length; i++) matrix[0, i] = values[i];
        Figure[] figures =
        [
            Figure.Lines("t", "x", "y", new LineSeries("a", x, values) { Lower = values, Upper = errors }),
            Figure.Lines("t", new Axis("x") { Log = true }, new Axis("y") { Log = true }, new LineSeries("a", errors, values)),
            Figure.Scatter("t", "x", "y", new PointSeries("a", values, values)),
            Figure.Bars("t", "x", "y", values.Select(v => $"{v}").ToArray(), new BarSeries("a", values) { Errors = errors }),
            Figure.Histogram("t", "x", [.. values, 1.0]),
            Figure.Heatmap("t", matrix),
            Figure.Heatmap("t", matrix, new HeatmapStyle { Scale = ColorScaleKind.Diverging }),
        ];
        foreach (Figure figure in figures)
        {
            IEnumerable<string> coordinates = XElement.Parse(figure.ToSvg()).Descendants().Attributes().Where(a => a.Name.LocalName is "x" or "y" or "d" or "width" or "height" or "transform").Select(a => a.Value);
            Assert.All(coordinates, c => Assert.DoesNotMatch("NaN|∞|E", c));
            JsonDocument.Parse(figure.ToPlotlyJson());
            Assert.NotEmpty(figure.ToPlainText());
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void TextSummariesShowTheCourseOfASeries()
    {
        string text = Figure.Lines("Entropy", "layer", new Axis("entropy", "nats"), new LineSeries("rising", [0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 7])).ToPlainText();
        Assert.Contains("entropy (nats) by layer", text);
        Assert.Contains("▁▂▃▄▅▆▇█", text);
        Assert.Contains("0 to 7", text);
    }

    [Fact]
    public void FragmentsHaveIdsOfTheirOwnAndSayWhenTheyAreStatic()
    {
        Figure figure = Figure.Histogram("t", "x", [1, 2, 3]);
        static string Id(string html) => html.Split(" id=\"")[1].Split('"')[0];
        Assert.NotEqual(Id(figure.ToHtml()), Id(figure.ToHtml()));
        Assert.Equal(PlotlyAsset.IsAvailable, figure.ToHtml().Contains("Plotly.newPlot", StringComparison.Ordinal));
        Assert.Equal(!PlotlyAsset.IsAvailable, figure.ToHtml().Contains("this build holds no plotly.js", StringComparison.Ordinal));
        Assert.Equal(PlotlyAsset.IsAvailable, PlotlyAsset.Script.StartsWith("<script>", StringComparison.Ordinal));
        Assert.Contains(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(figure.ToSvg()[..30])), figure.ToHtml());
    }

    [Fact]
    public void TablesBecomeLinesAndBars()
    {
        Table table = new("Entropy by layer", SampleFigures.Origin,
            Column.Text("model", ["a", "b", "a", "b"]), Column.Integer("layer", [0, 0, 1, 1]), Column.Real("entropy", [1, 2, 3, 4], "nats"))
        { Notes = ["a note"] };
        Figure lines = table.Lines("layer", "entropy", "model");
        JsonElement[] traces = JsonDocument.Parse(lines.ToPlotlyJson()).RootElement.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(["a", "b"], traces.Select(t => t.GetProperty("name").GetString()));
        Assert.Equal([2, 4], traces[1].GetProperty("y").EnumerateArray().Select(e => e.GetDouble()));
        Assert.Contains("entropy (nats)", lines.ToPlotlyJson());
        Assert.Equal(SampleFigures.Origin, lines.Provenance);
        Assert.Equal(["a note"], lines.Notes);
        Assert.Equal([1, 2, 3, 4], Json(table.Bars("model", "entropy")).GetProperty("y").EnumerateArray().Select(e => e.GetDouble()));
        Assert.Contains("entropy", Assert.Throws<StrataException>(() => table.Lines("layer", "entrpy")).Message);
    }

    private static JsonElement Json(Figure figure) => JsonDocument.Parse(figure.ToPlotlyJson()).RootElement.GetProperty("data")[0];
}
