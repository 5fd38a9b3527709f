using Strata.Models;

namespace Strata.Research;

/// <summary>How closely measures follow tasks over the layers: each measure's values at the points that it shares with a task, correlated with the task's main scores there.</summary>
public static class MeasureTaskCorrelation
{
    /// <summary>Joins the values of a battery with the scores of tasks.</summary>
    /// <param name="measures">Measures at some hook points.</param>
    /// <param name="tasks">Tasks at some hook points.</param>
    /// <returns>
    /// One row per measure, task and pooling: <c>measure</c>, <c>task</c>, <c>pooling</c>, <c>score</c>, <c>pearson</c>, <c>spearman</c>, <c>distance correlation</c> (<see cref="Correlations.Distance"/>), <c>n</c> (points where both
    /// are numbers) and <c>left out</c>. Of a dozen layers, which change smoothly, large values come by chance: the correlation of a control tells how large.
    /// </returns>
    /// <exception cref="StrataException">No point is in both.</exception>
    public static Table Of(MeasureTable measures, TaskSweep tasks)
    {
        List<(string Measure, string Task, string Pooling, string Score, double[] X, double[] Y, int LeftOut)> rows = [];
        foreach ((string measure, IReadOnlyDictionary<string, MeasureValue> values) in measures.Values)
        {
            foreach (IGrouping<(EmbeddingTask Task, Pooling Pooling), TaskScore> group in tasks.Scores.GroupBy(s => (s.Task, s.Pooling)))
            {
                (double X, double Y)[] both = group.Where(s => values.ContainsKey(s.Point)).Select(s => (values[s.Point].Value, s.Main)).ToArray();
                (double X, double Y)[] finite = both.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y)).ToArray();
                rows.Add((measure, group.Key.Task.Name, group.Key.Pooling.ToString().ToLowerInvariant(), group.Key.Task.MainScore, Array.ConvertAll(finite, p => p.X), Array.ConvertAll(finite, p => p.Y), group.Count() - finite.Length));
            }
        }

        if (rows.All(r => r.X.Length == 0)) throw new StrataException($"Measures and tasks have no hook point in common: {measures.Values.Values.First().Keys.FirstOrDefault()}... and {tasks.Scores[0].Point}... Compute both at the same points.");
        return new Table("Measures against tasks over the layers", tasks.Table.Provenance,
            Column.Text("measure", rows.Select(r => r.Measure)),
            Column.Text("task", rows.Select(r => r.Task)),
            Column.Text("pooling", rows.Select(r => r.Pooling)),
            Column.Text("score", rows.Select(r => r.Score)),
            Column.Real("pearson", rows.Select(r => Correlations.Pearson(r.X, r.Y))),
            Column.Real("spearman", rows.Select(r => Correlations.Spearman(r.X, r.Y))),
            Column.Real("distance correlation", rows.Select(r => Correlations.Distance(r.X, r.Y))),
            Column.Integer("n", rows.Select(r => (long)r.X.Length)),
            Column.Integer("left out", rows.Select(r => (long)r.LeftOut)))
        {
            Notes = ["Layers are few and change smoothly, so that large correlations come by chance."],
        };
    }

    /// <summary>Refuses measures that texts alone cannot give, before anything is run for them.</summary>
    /// <exception cref="StrataException">A name is unknown or given twice, or a measure needs labels or views.</exception>
    public static void Check(IReadOnlyList<string> measureNames)
    {
        Measure? needy = Measures.Select(measureNames, new MeasureOptions()).FirstOrDefault(m => m.Needs is MeasureInput.Labels or MeasureInput.Factors or MeasureInput.Views);
        if (needy is not null) throw new StrataException($"\"{needy.Name}\" needs {needy.Needs.ToString().ToLowerInvariant()} beside the texts of a task. Compute it by itself and join the tables by MeasureTaskCorrelation.Of.");
    }

    /// <summary>Runs a battery over the texts of the tasks at their points, and joins both.</summary>
    /// <param name="model">The network that the tasks were run on.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="measureNames">Names from <see cref="Measures.All"/>.</param>
    /// <param name="request">Plan, positions and interventions as for the tasks; its points are replaced by those of the tasks.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">A name is unknown, or a measure needs more than texts.</exception>
    public static Table Run(Model model, TaskSweep tasks, IReadOnlyList<string> measureNames, TaskRequest? request = null, CancellationToken cancellation = default)
    {
        request ??= new TaskRequest();
        Check(measureNames);
        BatteryRequest battery = new()
        {
            Points = tasks.Scores.Select(s => s.Point).Distinct().ToArray(),
            Positions = request.Positions,
            Plan = request.Plan,
            Interventions = request.Interventions,
            TokensPerBatch = request.TokensPerBatch,
            Progress = request.Progress,
            Control = false,
            Inputs = new MeasureInputs { Tokens = tasks.Texts },
        };
        return Of(MeasureBattery.Run(model, tasks.Texts, measureNames, battery, cancellation), tasks);
    }
}
