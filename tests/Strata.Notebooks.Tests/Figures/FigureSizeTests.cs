using System.Text;
using System.Text.Json;
using Strata.Models;
using Strata.Notebooks;
using Xunit;

namespace Strata.Notebooks.Tests;

public class FigureSizeTests
{
    private const int Million = 1_000_000;
    private static readonly double[] Ramp = Enumerable.Range(0, Million).Select(i => (double)i).ToArray();

    [Fact]
    public void AMillionPointsOfALineKeepTheirSpike()
    {
        double[] y = Noise(Million);
        y[700_123] = 100;
        Figure figure = Figure.Lines("t", "step", "loss", new LineSeries("a", Ramp, y));
        AssertSmall(figure, "of up to 1,000,000 points");
        JsonElement trace = JsonDocument.Parse(figure.ToPlotlyJson()).RootElement.GetProperty("data")[0];
        double[] x = trace.GetProperty("x").EnumerateArray().Select(e => e.GetDouble()).ToArray();
        int spike = trace.GetProperty("y").EnumerateArray().Select(e => e.GetDouble()).ToList().IndexOf(100);
        Assert.Equal(700_123, x[spike]);
        Assert.Equal((0, Million - 1), (x[0], x[^1]));
        Assert.Equal(x.Order(), x);
        Assert.True(x.Length >= 1000);
    }

    [Fact]
    public void ManyLongLinesWithBandsAndGaps()
    {
        double[] x = Ramp[..20_000], y = Noise(20_000);
        for (int i = 0; i < y.Length; i += 50) y[i] = double.NaN;
        LineSeries[] series = Enumerable.Range(0, 150).Select(i => new LineSeries($"series {i} {SampleFigures.Hostile}", x, y) { Lower = y, Upper = y }).ToArray();
        Figure figure = Figure.Lines("t", "x", "y", series);
        AssertSmall(figure, "The first 100 of 150 series");
        AssertSmall(figure, "LTTB");
    }

    [Fact]
    public void AHeatMapOfFourMillionCellsIsDrawnAsMeansOfBlocks()
    {
        double[,] values = new double[2000, 2000];
        Random random = new(1);
        for (int i = 0; i < 2000; i++) for (int j = 0; j < 2000; j++) values[i, j] = i + random.NextDouble();
        Figure figure = Figure.Heatmap("t", values);
        AssertSmall(figure, "2,000 x 2,000 cells drawn as means of blocks of");
        JsonElement trace = JsonDocument.Parse(figure.ToPlotlyJson()).RootElement.GetProperty("data")[0];
        int rows = trace.GetProperty("z").GetArrayLength(), high = 2000 / rows + (2000 % rows == 0 ? 0 : 1);
        Assert.True(rows >= 50);

        // Rows are ramps with noise of mean 0.5: a block of h rows from r on has the mean r + (h - 1) / 2 + 0.5.
        Assert.Equal(high / 2.0, trace.GetProperty("z")[0][0].GetDouble(), 0.2);
        Assert.Equal($"{high}", trace.GetProperty("y")[1].GetString());
    }

    [Fact]
    public void BlocksIgnoreCellsWithoutAValue()
    {
        double[,] values = new double[1, 40_002];
        for (int j = 0; j < 40_002; j++) values[0, j] = j % 2 == 0 ? 7 : double.NaN;
        JsonElement z = JsonDocument.Parse(Figure.Heatmap("t", values).ToPlotlyJson()).RootElement.GetProperty("data")[0].GetProperty("z")[0];
        Assert.True(z.GetArrayLength() < 40_002);
        Assert.All(z.EnumerateArray(), v => Assert.Equal(7, v.GetDouble()));
    }

    [Fact]
    public void AMatrixOfNoiseAsLargeAsAnAttentionPatternIsDrawnInFull()
    {
        double[,] values = new double[128, 128];
        Random random = new(1);
        for (int i = 0; i < 128; i++) for (int j = 0; j < 128; j++) values[i, j] = random.NextDouble() - 0.5;
        Figure figure = Figure.Heatmap("t", values);
        AssertSmall(figure, null);
        Assert.Empty(figure.Notes);
    }

    [Fact]
    public void AHeatMapWithTextsInEveryCell()
    {
        string[,] texts = new string[300, 300];
        for (int i = 0; i < 300; i++) for (int j = 0; j < 300; j++) texts[i, j] = string.Concat(Enumerable.Repeat(SampleFigures.Hostile, 20));
        string[] labels = Enumerable.Range(0, 300).Select(i => new string('<', 5000)).ToArray();
        AssertSmall(Figure.Heatmap("t", new double[300, 300], new HeatmapStyle { CellTexts = texts, RowLabels = labels, ColumnLabels = labels }), "Cell texts are left out");
    }

    [Fact]
    public void AMillionPointsWithHostileNames()
    {
        string[] names = Enumerable.Range(0, Million).Select(i => SampleFigures.Hostile + "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<" + i).ToArray();
        Figure figure = Figure.Scatter("t", "x", "y", new PointSeries("a", Ramp, Noise(Million)) { PointNames = names });
        AssertSmall(figure, "of 1,000,000 points drawn: a random subset");
        Assert.Equal(figure.ToPlotlyJson(), Figure.Scatter("t", "x", "y", new PointSeries("a", Ramp, Noise(Million)) { PointNames = names }).ToPlotlyJson());
    }

    [Fact]
    public void ManyBarsBinsAndPanels()
    {
        string[] categories = Enumerable.Range(0, 100_000).Select(i => $"c{i}").ToArray();
        AssertSmall(Figure.Bars("t", "x", "y", categories, new BarSeries("a", Ramp[..100_000])), "of 100,000 categories drawn");
        AssertSmall(Figure.Histogram("t", "x", Enumerable.Range(0, 40).Select(i => ($"s{i}", (IReadOnlyList<double>)Noise(5000))).ToArray(), 1000), "of 40 series drawn");
        AssertSmall(Figure.Histogram("t", "x", Noise(Million)), null);
        AssertSmall(Figure.Grid("t", Enumerable.Range(0, 64).Select(i => Figure.Heatmap($"p{i}", new double[100, 100])).ToArray(), 8), "100 x 100 cells drawn as means");
        AssertSmall(Figure.Grid("t", Enumerable.Range(0, 2000).Select(i => Figure.Heatmap($"p{i}", new double[8, 8])).ToArray(), 8), "of 2,000 panels drawn");
    }

    [Fact]
    public void LongTextsOfEveryKind()
    {
        string endless = new('<', 100_000);
        Provenance provenance = new() { Model = endless, Interventions = Enumerable.Repeat(endless, 1000).ToArray() };
        Figure figure = Figure.Lines(endless, endless, endless, new LineSeries(endless, Ramp[..50_000], Noise(50_000)));
        AssertSmall(figure.WithSubtitle(endless).WithNotes(Enumerable.Repeat(endless, 100).ToArray()).WithProvenance(provenance), null);
    }

    private static void AssertSmall(Figure figure, string? note)
    {
        if (note is not null) Assert.Contains(figure.Notes, n => n.Contains(note, StringComparison.Ordinal));
        foreach ((string mime, string content) in figure.ToMimeBundle().Renderings)
        {
            int bytes = Encoding.UTF8.GetByteCount(content);
            Assert.True(bytes < 300_000, $"{mime} takes {bytes} bytes");
            if (note is not null && mime is MimeBundle.Html or MimeBundle.PlainText) Assert.Contains(note ?? "", content);
        }
    }

    private static double[] Noise(int count)
    {
        Random random = new(3);
        return Enumerable.Range(0, count).Select(_ => random.NextDouble()).ToArray();
    }
}
