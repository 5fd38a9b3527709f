using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The figures and tables that embedding tasks are shown as.</summary>
internal static class TaskParts
{
    private const int MaxFigures = 8;

    /// <summary>The main score of each task over the relative depth, one line per pooling, controls dashed, the best layer marked; then the table.</summary>
    public static IReadOnlyList<object> Of(TaskSweep tasks) =>
        [.. tasks.Scores.GroupBy(s => s.Task).Take(MaxFigures).Select(group => Figure(tasks, group.Key)).OfType<Figure>(), tasks.Table];

    private static Figure? Figure(TaskSweep tasks, EmbeddingTask task)
    {
        List<LineSeries> lines = [];
        int[] own = Enumerable.Range(0, tasks.Scores.Count).Where(i => tasks.Scores[i].Task == task && !double.IsNaN(tasks.Scores[i].Depth)).ToArray();
        if (own.Select(i => tasks.Scores[i].Depth).Distinct().Count() < 2) return null;
        var parts = own.GroupBy(i => (tasks.Scores[i].Pooling, Place(tasks.Scores[i].Point))).ToArray();
        bool places = parts.Select(p => p.Key.Item2).Distinct().Count() > 1;
        foreach (var part in parts)
        {
            string name = part.Key.Pooling.ToString().ToLowerInvariant() + (places ? $" ({part.Key.Item2})" : "");
            LineSeries Line(string called, IReadOnlyList<TaskScore> scores, bool dashed) => new(called, part.Select(i => tasks.Scores[i].Depth).ToArray(), part.Select(i => scores[i].Main).ToArray()) { Dashed = dashed };
            lines.Add(Line(name, tasks.Scores, false));
            if (tasks.RandomWeights is { } twin) lines.Add(Line($"{name}, random weights", twin, true));
            if (tasks.Shuffled is { } shuffled) lines.Add(Line($"{name}, shuffled labels", shuffled, true));
        }

        Figure figure = Notebooks.Figure.Lines($"{Escape.Clip(task.Name, 60)} over the depth", "relative depth", task.MainScore, Marked(lines, tasks, task))
            .WithSubtitle($"{TaskKinds.NameOf(task.Kind)}, MTEB {EmbeddingTask.ProtocolVersion}").WithProvenance(tasks.Table.Provenance);
        string[] outside = tasks.Scores.Where(s => s.Task == task && double.IsNaN(s.Depth)).Select(s => s.Point).Distinct().ToArray();
        return outside.Length == 0 ? figure : figure.WithNotes($"Outside the blocks, in the table only: {string.Join(", ", outside)}.");
    }

    /// <summary>Streams before and after blocks are one line: the first is where the first block begins.</summary>
    private static string Place(string point) => BlockPoint.Of(point)!.Value.Place is "resid_pre" or "resid_post" ? "stream" : BlockPoint.Of(point)!.Value.Place;

    /// <summary>The lines, and an upright one at the best point, as high as all of them.</summary>
    private static IReadOnlyList<LineSeries> Marked(List<LineSeries> lines, TaskSweep tasks, EmbeddingTask task)
    {
        double[] values = lines.SelectMany(l => l.Y).Where(double.IsFinite).ToArray();
        if (values.Length == 0) return lines;
        TaskScore best = tasks.Best(task.Name);
        if (double.IsNaN(best.Depth)) return lines;
        string name = $"best: {best.Point}, {best.Pooling.ToString().ToLowerInvariant()}, {NumberText.Significant(best.Main)}";
        return [.. lines, new LineSeries(name, [best.Depth, best.Depth], [values.Min(), values.Max()]) { Dashed = true }];
    }
}
