using Strata.Models;
using Strata.Notebooks;

namespace Strata.Notebooks.Tests;

/// <summary>One figure of each kind, with hostile text wherever a figure takes text.</summary>
internal static class SampleFigures
{
    public const string Hostile = "</script><b>&";

    public static readonly Provenance Origin = new() { Model = "model " + Hostile, Data = "data " + Hostile, Seed = 7 };

    public static IEnumerable<(string Kind, Figure Figure)> All()
    {
        double[] x = [0, 1, 2, 3], y = [1, 2, double.NaN, 4];
        Axis axis = new(Hostile, Hostile);
        string[] names = [Hostile, "b", "c", "c"];
        yield return ("lines", Figure.Lines(Hostile, axis, axis,
            new LineSeries(Hostile, x, y) { Lower = [0, 1, 2, 3], Upper = [2, 3, 4, 5] },
            new LineSeries("control", x, [1, 1, 1, 1]) { Dashed = true }));
        yield return ("one line", Figure.Lines(Hostile, axis, axis with { Log = true }, new LineSeries(Hostile, x, [1, 10, 1000, 0])));
        yield return ("scatter", Figure.Scatter(Hostile, axis, axis, new PointSeries(Hostile, x, y) { PointNames = names }));
        yield return ("bars", Figure.Bars(Hostile, axis, axis, names, new BarSeries(Hostile, y) { Errors = [0.1, 0.1, 0.1, 0.1] }, new BarSeries("b", x)));
        yield return ("histogram", Figure.Histogram(Hostile, axis, [(Hostile, x), ("b", y)], 3));
        yield return ("heat map", Heatmap(Hostile));
        yield return ("grid", Figure.Grid(Hostile, [Heatmap(Hostile), Heatmap("b"), Heatmap("c")], 2));
    }

    public static Figure Heatmap(string title) => Figure.Heatmap(title, new[,] { { 1, -2.5 }, { double.NaN, 4 } }, new HeatmapStyle
    {
        X = new Axis(Hostile),
        Y = new Axis(Hostile),
        Value = new Axis(Hostile),
        RowLabels = [Hostile, Hostile],
        ColumnLabels = [Hostile, "b"],
        CellTexts = new[,] { { Hostile, "x" }, { "y", "z" } },
        Scale = ColorScaleKind.Diverging,
    });
}
