using System.Text;

namespace Strata.Notebooks;

/// <summary>A figure's data as drawn, what was done to them, and the two renderings that carry them.</summary>
internal sealed record FittedFigure(Chart Chart, IReadOnlyList<string> Notes, string PlotlyJson, string Svg);

/// <summary>Thins out a figure's data until its renderings are small enough for a notebook.</summary>
internal static class FigureFitting
{
    /// <summary>UTF-8 bytes that the HTML may take; it is the largest rendering, since it holds the drawing and the Plotly data.</summary>
    private const int MaxBytes = 295_000;

    private const int MaxHalvings = 10;

    public static FittedFigure Fit(Figure figure)
    {
        string[] undrawable = Undrawable(figure.Chart).ToArray();
        for (int halvings = 0; ; halvings++)
        {
            (Chart chart, IReadOnlyList<string> thinned) = Thinning.Thin(figure.Chart, halvings);
            FittedFigure fitted = new(chart, [.. undrawable, .. thinned], PlotlyJson.Write(figure, chart), SvgFigure.Render(figure, chart, []));
            if (halvings == MaxHalvings || Encoding.UTF8.GetByteCount(FigureHtml.Render(figure, fitted)) <= MaxBytes) return fitted;
        }
    }

    /// <summary>Says which values no drawing can show; NaN is not among them, because it means "not defined here".</summary>
    private static IEnumerable<string> Undrawable(Chart chart)
    {
        (IEnumerable<double> x, IEnumerable<double> y, bool logX, bool logY) = chart switch
        {
            LineChart c => (c.Series.SelectMany(s => s.X), c.Series.SelectMany(s => s.Y), c.X.Log, c.Y.Log),
            ScatterChart c => (c.Series.SelectMany(s => s.X), c.Series.SelectMany(s => s.Y), c.X.Log, c.Y.Log),
            BarChart c => (Enumerable.Empty<double>(), c.Series.SelectMany(s => s.Values), false, c.Y.Log),
            HeatmapChart c => ([], c.Values.Cast<double>(), false, false),
            GridChart c => ([], c.Panels.SelectMany(p => p.Chart.Values.Cast<double>()), false, false),
            _ => (Enumerable.Empty<double>(), [], false, false),
        };
        int infinite = x.Count(TooLarge) + y.Count(TooLarge);
        int nonPositive = (logX ? x.Count(v => v <= 0) : 0) + (logY ? y.Count(v => v <= 0) : 0);
        if (infinite > 0) yield return $"{NumberText.Count(infinite, "value")} infinite or too large to be drawn.";
        if (nonPositive > 0) yield return $"{NumberText.Count(nonPositive, "value")} of 0 or less not drawn: the axis is logarithmic.";

        static bool TooLarge(double value) => !double.IsNaN(value) && !AxisScale.Drawable(value);
    }
}
