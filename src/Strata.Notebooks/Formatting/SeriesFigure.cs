using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The figures of a series: a measure over depth, one line per share, length or checkpoint; with many steps also the map of step and layer.</summary>
internal static class SeriesFigure
{
    /// <summary>From so many steps on, lines alone are hard to tell apart.</summary>
    private const int ManySteps = 6;

    /// <summary>The figures of every measure, then the table.</summary>
    public static IReadOnlyList<object> Parts(MeasureSeries series)
    {
        List<object> parts = [];
        foreach (string measure in series.Steps[0].Measures.Values.Keys)
        {
            parts.Add(OverDepth(series, measure));
            if (series.Steps.Count >= ManySteps) parts.Add(Map(series, measure));
        }

        return [.. parts, series.Table];
    }

    private static Figure OverDepth(MeasureSeries series, string measure)
    {
        List<LineSeries> lines = [];
        for (int i = 0; i < series.Steps.Count; i++)
        {
            MeasureStep step = series.Steps[i];
            double shade = series.Steps.Count == 1 ? 0 : i / (series.Steps.Count - 1.0);
            lines.AddRange(Lines($"{series.Axis} {step.Level}", step.Measures.Values[measure], shade));
        }

        // One control at either end shows what the change alone does to a network that was not trained.
        foreach (MeasureStep step in new[] { series.Steps[0], series.Steps[^1] }.Distinct().Where(s => s.Measures.Control is not null))
            lines.AddRange(Lines($"{step.Level}, random weights", step.Measures.Control!.Values[measure], step == series.Steps[0] ? 0 : 1).Select(l => l with { Dashed = true }));
        return Figure.Lines($"{measure} by block and {series.Axis}", "block", new Axis(measure, series.Steps[0].Measures.Units[measure]), lines).WithProvenance(series.Table.Provenance);
    }

    private static IEnumerable<LineSeries> Lines(string name, IReadOnlyDictionary<string, MeasureValue> values, double shade)
    {
        var places = values.Where(v => BlockPoint.Of(v.Key) is not null).GroupBy(v => BlockPoint.Of(v.Key)!.Value.Place).ToArray();
        return places.Select(place => new LineSeries(places.Length > 1 ? $"{name}, {place.Key}" : name, place.Select(v => (double)BlockPoint.Of(v.Key)!.Value.Block).ToArray(), place.Select(v => v.Value.Value).ToArray()) { Shade = shade });
    }

    private static Figure Map(MeasureSeries series, string measure)
    {
        string[] points = series.Steps[0].Measures.Values[measure].Keys.ToArray();
        double[,] values = new double[points.Length, series.Steps.Count];
        for (int p = 0; p < points.Length; p++)
        {
            for (int s = 0; s < series.Steps.Count; s++) values[p, s] = series.Steps[s].Measures.Values[measure].TryGetValue(points[p], out MeasureValue? value) ? value.Value : double.NaN;
        }

        return Figure.Heatmap($"{measure} by {series.Axis}", values, new HeatmapStyle
        {
            X = series.Axis,
            Value = new Axis(measure, series.Steps[0].Measures.Units[measure]),
            RowLabels = points,
            ColumnLabels = series.Steps.Select(s => s.Level).ToArray(),
            RowsUpward = true,
        }).WithProvenance(series.Table.Provenance);
    }
}
