using System.Text;

namespace Strata.Notebooks;

/// <summary>Summaries of figures for terminals, logs and Markdown: a line per series with its range and course.</summary>
internal static class FigureText
{
    private const int MaxLines = 24;
    private const int CourseLength = 32;
    private const string Levels = "▁▂▃▄▅▆▇█";

    /// <summary>A series in words: size, range, first and last value, and its course as block characters.</summary>
    private sealed record Summary(string Name, string Size, string Range, string Course);

    public static string Plain(Figure figure)
    {
        StringBuilder text = new(Escape.Clip(figure.Title, 200));
        if (figure.Subtitle is { } subtitle) text.Append('\n').Append(Escape.Clip(subtitle, 300));
        if (Axes(figure.Chart) is { Length: > 0 } axes) text.Append('\n').Append(axes);
        Summary[] all = Summaries(figure.Chart).ToArray();
        int widest = all.Take(MaxLines).Select(s => s.Name.Length).DefaultIfEmpty().Max();
        foreach (Summary s in all.Take(MaxLines)) text.Append($"\n  {s.Name.PadRight(widest)}  {s.Size}  {s.Range}  {s.Course}".TrimEnd());
        if (all.Length > MaxLines) text.Append($"\n  and {all.Length - MaxLines} more");
        foreach (string note in figure.Notes.Take(20)) text.Append("\nNote: ").Append(Escape.Clip(note, 600));
        return text.ToString();
    }

    public static string Markdown(Figure figure)
    {
        StringBuilder text = new($"**{Escape.Markdown(Escape.Clip(figure.Title, 200))}**\n\n");
        if (figure.Subtitle is { } subtitle) text.Append(Escape.Markdown(Escape.Clip(subtitle, 300))).Append("\n\n");
        if (Axes(figure.Chart) is { Length: > 0 } axes) text.Append(Escape.Markdown(axes)).Append("\n\n");
        Summary[] all = Summaries(figure.Chart).ToArray();
        text.Append("| series | size | range | course |\n| --- | --- | --- | --- |\n");
        foreach (Summary s in all.Take(MaxLines)) text.Append($"| {Escape.Markdown(s.Name)} | {Escape.Markdown(s.Size)} | {Escape.Markdown(s.Range)} | {s.Course} |\n");
        if (all.Length > MaxLines) text.Append($"\nand {all.Length - MaxLines} more\n");
        foreach (string note in figure.Notes.Take(20)) text.Append("\n- ").Append(Escape.Markdown(Escape.Clip(note, 600)));
        return text.ToString().TrimEnd();
    }

    private static string Axes(Chart chart)
    {
        (Axis x, Axis y) = chart switch
        {
            LineChart c => (c.X, c.Y),
            ScatterChart c => (c.X, c.Y),
            BarChart c => (c.X, c.Y),
            HistogramChart c => (c.X, c.Y),
            HeatmapChart c => (c.Style.X, c.Style.Y),
            GridChart c => (c.Panels[0].Chart.Style.X, c.Panels[0].Chart.Style.Y),
            _ => throw new InvalidOperationException($"No summary for {chart.GetType().Name}."),
        };
        return y.Label.Length == 0 && x.Label.Length == 0 ? "" : Escape.Clip($"{y.Label} by {x.Label}", 200);
    }

    private static IEnumerable<Summary> Summaries(Chart chart) => chart switch
    {
        LineChart c => c.Series.Select(s => Summarise(s.Name, "point", s.Y)),
        ScatterChart c => c.Series.Select(s => Summarise(s.Name, "point", s.Y) with { Course = "" }),
        BarChart c when c.Series.Count == 1 => c.Categories.Select((name, i) => new Summary(Escape.Clip(name, 40), "", NumberText.Significant(c.Series[0].Values[i]), "")),
        BarChart c => c.Series.Select(s => Summarise(s.Name, "bar", s.Values)),
        HistogramChart c => c.Series.Select(s => Summarise(s.Name, "value", s.Values) with
        {
            Size = NumberText.Count((long)s.Values.Sum(), "value"),
            Range = $"{NumberText.Significant(c.Edges[0])} to {NumberText.Significant(c.Edges[^1])} in {NumberText.Count(s.Values.Count, "bin")}",
        }),
        HeatmapChart c => Enumerable.Range(0, c.Rows).Select(row => Summarise(c.RowLabels[row], "cell", Enumerable.Range(0, c.Columns).Select(column => c.Values[row, column]).ToArray())),
        GridChart c => c.Panels.Select(p => Summarise(p.Title, "cell", p.Chart.Values.Cast<double>().ToArray()) with { Course = "" }),
        _ => [],
    };

    private static Summary Summarise(string name, string noun, IReadOnlyList<double> values)
    {
        double[] finite = values.Where(AxisScale.Drawable).ToArray();
        string range = finite.Length == 0 ? "no finite value" : $"{NumberText.Significant(finite.Min())} to {NumberText.Significant(finite.Max())}, last {NumberText.Significant(values[^1])}";
        return new Summary(Escape.Clip(name.ReplaceLineEndings(" "), 40), NumberText.Count(values.Count, noun), range, Course(values));
    }

    /// <summary>The course of a series as block characters, each the mean of an equal share of the values.</summary>
    private static string Course(IReadOnlyList<double> values)
    {
        int length = Math.Min(CourseLength, values.Count);
        double[] means = Enumerable.Range(0, length).Select(i => Mean(values, (int)((long)i * values.Count / length), (int)((long)(i + 1) * values.Count / length))).ToArray();
        double[] finite = means.Where(AxisScale.Drawable).ToArray();
        if (finite.Length == 0) return "";
        double min = finite.Min(), extent = finite.Max() - min;
        return string.Concat(means.Select(m => !AxisScale.Drawable(m) ? ' ' : Levels[extent == 0 ? 3 : (int)Math.Round((m - min) / extent * (Levels.Length - 1))]));
    }

    private static double Mean(IReadOnlyList<double> values, int start, int end)
    {
        double sum = 0;
        int count = 0;
        for (int i = start; i < end; i++)
        {
            if (!AxisScale.Drawable(values[i])) continue;
            sum += values[i];
            count++;
        }

        return count == 0 ? double.NaN : sum / count;
    }
}
