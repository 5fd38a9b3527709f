using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The figures and tables that embedding tasks are shown as.</summary>
internal static class TaskParts
{
    private const int MaxFigures = 8;

    /// <summary>The main score of each task over the relative depth, one line per pooling, controls dashed, the best layer ringed; then the table.</summary>
    public static IReadOnlyList<object> Of(TaskSweep tasks) =>
        [.. tasks.Scores.GroupBy(s => s.Task).Take(MaxFigures).Select(group => Figure(tasks, group.Key)).OfType<Figure>(), tasks.Table];

    private static Figure? Figure(TaskSweep tasks, EmbeddingTask task)
    {
        int[] own = Enumerable.Range(0, tasks.Scores.Count).Where(i => tasks.Scores[i].Task == task && !double.IsNaN(tasks.Scores[i].Depth)).ToArray();
        if (own.Select(i => tasks.Scores[i].Depth).Distinct().Count() < 2) return null;
        TaskScore? best = own.Select(i => tasks.Scores[i]).Where(s => !double.IsNaN(s.Main)).MaxBy(s => s.Main);
        var parts = own.GroupBy(i => (tasks.Scores[i].Pooling, Place: Place(tasks.Scores[i].Point))).ToArray();
        bool places = parts.Select(p => p.Key.Place).Distinct().Count() > 1;
        List<LineSeries> lines = [];
        for (int p = 0; p < parts.Length; p++)
        {
            int[] part = parts[p].ToArray();
            string name = parts[p].Key.Pooling.ToString().ToLowerInvariant() + (places ? $" ({parts[p].Key.Place})" : "");
            LineSeries Line(string called, IReadOnlyList<TaskScore> scores) => new(called, part.Select(i => tasks.Scores[i].Depth).ToArray(), part.Select(i => scores[i].Main).ToArray()) { Hue = p };
            int ring = Array.FindIndex(part, i => tasks.Scores[i] == best);
            lines.Add(Line(name, tasks.Scores) with { Ringed = ring < 0 ? null : ring });
            if (tasks.RandomWeights is { } twin) lines.Add(Line($"{name}, random weights", twin) with { Dashed = true });
            if (tasks.Shuffled is { } shuffled) lines.Add(Line($"{name}, shuffled labels", shuffled) with { Dashed = true, Hue = parts.Length + p });
        }

        Figure figure = Notebooks.Figure.Lines($"{Escape.Clip(task.Name, 60)} over the depth", "relative depth", task.MainScore, lines)
            .WithSubtitle($"{TaskKinds.NameOf(task.Kind)}, MTEB {EmbeddingTask.ProtocolVersion}").WithProvenance(tasks.Table.Provenance);
        if (best is not null) figure = figure.WithNotes($"The ring marks the best: {best.Point}, {best.Pooling.ToString().ToLowerInvariant()}, {NumberText.Significant(best.Main)}.");
        string[] outside = tasks.Scores.Where(s => s.Task == task && double.IsNaN(s.Depth)).Select(s => s.Point).Distinct().ToArray();
        return outside.Length == 0 ? figure : figure.WithNotes($"Outside the blocks, in the table only: {string.Join(", ", outside)}.");
    }

    /// <summary>Streams before and after blocks are one line: the first is where the first block begins.</summary>
    private static string Place(string point) => BlockPoint.Of(point)!.Value.Place is "resid_pre" or "resid_post" ? "stream" : BlockPoint.Of(point)!.Value.Place;
}
