using System.Globalization;
using System.Xml.Linq;
using Strata.Notebooks;
using Xunit;

namespace Strata.Notebooks.Tests;

public class FigureSvgTests
{
    private static readonly XNamespace Ns = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData(0, 12, "0 2 4 6 8 10 12")]
    [InlineData(0, 1, "0 1")]
    [InlineData(0.5, 0.9, "0.50 0.55 0.60 0.65 0.70 0.75 0.80 0.85 0.90")]
    [InlineData(-3e6, 3e6, "-3e6 -2e6 -1e6 0 1e6 2e6 3e6")]
    public void TicksAreRoundNumbers(double low, double high, string expected)
    {
        // The y values are text-free on the axis of interest: their ticks stand left of the plot, x ticks below it.
        XElement svg = XElement.Parse(Figure.Lines("t", "x", "y", new LineSeries("a", [low, high], [0, 1])).ToSvg());
        double bottom = Texts(svg).Where(t => t.Anchor == "middle" && t.Text != "x" && t.Text != "y").Max(t => t.Y);
        Assert.Equal(expected, string.Join(' ', Texts(svg).Where(t => t.Y == bottom).Select(t => t.Text)));
    }

    [Fact]
    public void LogarithmicAxesShowPowersAndLeaveOutWhatTheyCannotShow()
    {
        Figure figure = Figure.Lines("t", "x", new Axis("y") { Log = true }, new LineSeries("a", [0, 1, 2, 3], [1, 1000, 0, -5]));
        string[] texts = Texts(XElement.Parse(figure.ToSvg())).Select(t => t.Text).ToArray();
        Assert.Contains("1", texts);
        Assert.Contains("10", texts);
        Assert.Contains("1000", texts);
        Assert.Contains("2 values of 0 or less not drawn: the axis is logarithmic.", figure.Notes);
    }

    [Fact]
    public void NaNBreaksALineAndAPointBetweenGapsStaysVisible()
    {
        XElement svg = XElement.Parse(Figure.Lines("t", "x", "y", new LineSeries("a", [0, 1, 2, 3, 4], [1, 2, double.NaN, 3, double.NaN]) { Dashed = true }).ToSvg());
        string line = svg.Descendants(Ns + "path").Single(p => (string?)p.Attribute("stroke-linejoin") == "round").Attribute("d")!.Value;
        Assert.Equal(2, line.Count(c => c == 'M'));
        Assert.Equal(1, line.Count(c => c == 'L'));
        string dots = svg.Descendants(Ns + "path").Single(p => (string?)p.Attribute("stroke-linecap") == "round").Attribute("d")!.Value;
        Assert.Equal(1, dots.Count(c => c == 'M'));
    }

    [Fact]
    public void ADashedSeriesIsDashedInPlotAndLegend()
    {
        XElement svg = XElement.Parse(Figure.Lines("t", "x", "y", new LineSeries("a", [0, 1], [1, 2]), new LineSeries("control", [0, 1], [2, 1]) { Dashed = true }).ToSvg());
        Assert.Equal(2, svg.Descendants(Ns + "path").Count(p => p.Attribute("stroke-dasharray") is not null));
        Assert.Contains("control", Texts(svg).Select(t => t.Text));
    }

    [Fact]
    public void HeatMapCellsCoverExactlyTheFiniteValues()
    {
        double[,] values = new double[9, 11];
        Random random = new(5);
        int finite = 0;
        for (int i = 0; i < 9; i++)
        {
            for (int j = 0; j < 11; j++)
            {
                values[i, j] = random.Next(4) == 0 ? double.NaN : random.Next(5);
                if (!double.IsNaN(values[i, j])) finite++;
            }
        }

        // Every path of cells is a sequence of "m<dx> <dy>h<length>"; walking along them must visit each finite cell once.
        HashSet<(int, int)> covered = [];
        XElement svg = XElement.Parse(Figure.Heatmap("t", values).ToSvg());
        foreach (XElement path in svg.Descendants(Ns + "g").Single(g => g.Attribute("shape-rendering") is not null).Elements(Ns + "path"))
        {
            int x = 0, y = 0;
            foreach (string run in path.Attribute("d")!.Value.Split('m', StringSplitOptions.RemoveEmptyEntries))
            {
                int[] numbers = run.Split(' ', 'h').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
                (x, y) = (x + numbers[0], y + numbers[1]);
                for (int i = 0; i < numbers[2]; i++) Assert.True(!double.IsNaN(values[y, x + i]) && covered.Add((x + i, y)));
                x += numbers[2];
            }
        }

        Assert.Equal(finite, covered.Count);
    }

    [Fact]
    public void RowsMayRunUpward()
    {
        double LabelY(bool upward, string label) => Texts(XElement.Parse(Figure.Heatmap("t", new double[4, 4], new HeatmapStyle { RowLabels = ["r0", "r1", "r2", "r3"], RowsUpward = upward }).ToSvg())).Single(t => t.Text == label).Y;
        Assert.True(LabelY(false, "r0") < LabelY(false, "r3"));
        Assert.True(LabelY(true, "r0") > LabelY(true, "r3"));
    }

    [Fact]
    public void EveryTextLiesInsideTheDrawing()
    {
        foreach ((string kind, Figure figure) in SampleFigures.All())
        {
            XElement svg = XElement.Parse(figure.WithSubtitle("subtitle").WithNotes("note").ToSvg());
            double[] box = svg.Attribute("viewBox")!.Value.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
            Assert.All(Texts(svg), t => Assert.True(t.X >= 0 && t.X <= box[2] && t.Y >= 8 && t.Y <= box[3], $"{kind}: \"{t.Text}\" at {t.X}, {t.Y}"));
        }
    }

    private static IEnumerable<(string Text, double X, double Y, string? Anchor)> Texts(XElement svg) => svg.Descendants(Ns + "text").Select(t => (
        t.Value,
        double.Parse(t.Attribute("x")!.Value, CultureInfo.InvariantCulture),
        double.Parse(t.Attribute("y")!.Value, CultureInfo.InvariantCulture),
        (string?)t.Attribute("text-anchor")));
}
