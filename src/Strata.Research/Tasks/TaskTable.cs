using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>The tables of a sweep over tasks.</summary>
internal static class TaskTable
{
    /// <summary>The main scores.</summary>
    public static Table Of(TaskSweep sweep, TaskRequest request, IReadOnlyList<string> notes, Provenance provenance)
    {
        TaskScore[] rows = [.. sweep.Scores];
        HashSet<TaskScore> best = [.. rows.GroupBy(r => r.Task.Name).Select(g => g.Where(r => !double.IsNaN(r.Main)).MaxBy(r => r.Main)).OfType<TaskScore>()];
        List<Column> columns =
        [
            Column.Text("task", rows.Select(r => r.Task.Name)),
            Column.Text("type", rows.Select(r => TaskKinds.NameOf(r.Task.Kind))),
            Column.Text("point", rows.Select(r => r.Point)),
            Column.Integer("block", rows.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Real("depth", rows.Select(r => r.Depth)),
            Column.Text("pooling", rows.Select(r => r.Pooling.ToString().ToLowerInvariant())),
            Column.Text("score", rows.Select(r => r.Task.MainScore)),
            Column.Real("value", rows.Select(r => r.Main)),
        ];
        if (sweep.RandomWeights is { } twin) columns.Add(Column.Real("random weights", twin.Select(r => r.Main)));
        if (sweep.Shuffled is { } shuffled) columns.Add(Column.Real("shuffled labels", shuffled.Select(r => r.Main)));
        columns.AddRange([Column.Text("best", rows.Select(r => best.Contains(r) ? "*" : "")), Column.Integer("n", rows.Select(r => (long)r.Result.Count)), Column.Integer("left out", rows.Select(r => (long)r.Result.LeftOut))]);
        return new Table($"{string.Join(", ", rows.Select(r => r.Task.Name).Distinct())} per hook point", WithSettings(provenance, rows, request), [.. columns])
        {
            Notes = [.. notes, .. rows.Where(r => r.Result.LeftOutReason is not null).DistinctBy(r => (r.Task.Name, r.Result.LeftOutReason)).Select(r => $"{r.Task.Name} left out {r.Result.LeftOut}: {r.Result.LeftOutReason}.")],
        };
    }

    /// <summary>Every score.</summary>
    public static Table AllScores(TaskSweep sweep)
    {
        (TaskScore At, string Name, double Value)[] rows = sweep.Scores.SelectMany(s => s.Result.Scores.Select(score => (s, score.Key, score.Value))).ToArray();
        return new Table("All scores", sweep.Table.Provenance,
            Column.Text("task", rows.Select(r => r.At.Task.Name)),
            Column.Text("point", rows.Select(r => r.At.Point)),
            Column.Text("pooling", rows.Select(r => r.At.Pooling.ToString().ToLowerInvariant())),
            Column.Text("score", rows.Select(r => r.Name)),
            Column.Real("value", rows.Select(r => r.Value)));
    }

    private static Provenance WithSettings(Provenance provenance, TaskScore[] rows, TaskRequest request) => provenance
        .With("tasks", string.Join(", ", rows.Select(r => r.Task).Distinct().Select(t => $"{t.Name} ({t.Revision}, {t.Split})")))
        .With("tasks.protocol", $"MTEB {EmbeddingTask.ProtocolVersion}")
        .With("tasks.pooling", string.Join(", ", request.Poolings.Select(p => p.ToString().ToLowerInvariant())))
        .With("tasks.seed", request.Seed.ToString(CultureInfo.InvariantCulture));
}
