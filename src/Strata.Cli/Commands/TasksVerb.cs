using System.CommandLine;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata tasks</c>: embedding tasks in MTEB's protocol at every layer of a model.</summary>
internal static class TasksVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        Option<string> task = new("--task") { Description = $"Folders in MTEB's layouts, files of rows (.jsonl, .parquet), descriptions (.yaml), data sets of the hub (hf:mteb/name), or {string.Join(", ", EmbeddingTasks.BuiltIn.Select(b => b.Name))}.", HelpName = "TASK[,TASK...]", Required = true };
        Option<string?> points = Inputs.Points("blocks.0.resid_pre,blocks.*.resid_post by default.");
        Option<string?> pool = new("--pool") { Description = "How the positions of a text become its embedding: mean, last, first (cls), or several; mean by default.", HelpName = "HOW[,HOW...]" };
        Option<string?> positions = new("--positions") { Description = "Which positions are pooled, as in 1.. to leave out a token that the tokenizer puts first; all by default.", HelpName = "LIST" };
        Option<string?> plan = Inputs.Plan();
        Option<bool> noControls = new("--no-controls") { Description = "Leave out shuffled labels and the network with random weights." };
        Option<int?> seed = Inputs.Count("--seed", "Seed of drawn rows, clusterings and controls; 42 by default, as in MTEB.");
        Option<string?> correlate = new("--correlate") { Description = "Measures to run over the same texts and to correlate with the scores over the layers.", HelpName = "NAME[,NAME...]" };
        Option<string?> write = new("--mteb-json") { Description = "Folder into which the scores are written as MTEB's result files.", HelpName = "FOLDER" };
        Option<string?> compare = new("--compare") { Description = "Folder or file of MTEB's results to set beside these.", HelpName = "PATH" };
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("tasks", "Score embedding tasks in MTEB's protocol at every layer, from one pass over their texts.", [folder, task, points, pool, positions, plan, noControls, seed, correlate, write, compare, batch, .. weights.Options, json], (parse, cancellation) =>
        {
            // What is misspelt must not cost a run.
            string[]? measures = parse.GetValue(correlate) is string names ? Inputs.List("--correlate", names) : null;
            if (measures is not null) MeasureTaskCorrelation.Check(measures);
            TaskRequest request = new()
            {
                Poolings = parse.GetValue(pool) is string words ? TaskRequest.ParsePoolings(Inputs.List("--pool", words)) : [Pooling.Mean],
                Positions = parse.GetValue(positions) is string list ? PositionSelection.Parse(list) : PositionSelection.All,
                Seed = parse.GetValue(seed) ?? 42,
                Control = !parse.GetValue(noControls),
                Announce = terminal.Note,
            };
            if (parse.GetValue(points) is string globs) request = request with { Points = Inputs.List("--points", globs) };
            if (parse.GetValue(batch) is int tokens) request = request with { TokensPerBatch = tokens };
            IReadOnlyList<MtebResult>? others = parse.GetValue(compare) is string path ? MtebResult.Read(path) : null;
            IReadOnlyList<EmbeddingTask> tasks = EmbeddingTasks.Find(Inputs.List("--task", parse.GetRequiredValue(task)), request, cancellation);
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            request = request with { Plan = parse.GetValue(plan) is string text ? model.Plans.Parse(text) : null };
            TaskSweep sweep = terminal.WithProgress(progress => TaskSweep.Run(model, tasks, request with { Progress = progress }, cancellation));
            Table? correlations = measures is null ? null : terminal.WithProgress(progress => MeasureTaskCorrelation.Run(model, sweep, measures, request with { Progress = progress }, cancellation));
            Table? beside = others is null ? null : MtebResult.Compare(sweep, others);
            if (parse.GetValue(write) is string target) terminal.Note($"{MtebFiles.Write(sweep, target).Count.ToString(CultureInfo.InvariantCulture)} results written below {target}.");
            Show(terminal, parse.GetValue(json), sweep, correlations, beside);
        });
    }

    private static void Show(Terminal terminal, bool json, TaskSweep sweep, Table? correlations, Table? beside)
    {
        Table[] tables = [sweep.Table, .. new[] { correlations, beside }.OfType<Table>()];
        if (!json)
        {
            foreach (Table table in tables) terminal.WriteTable(table);
            return;
        }

        terminal.WriteJson(new
        {
            Tasks = ResultJson.Of(sweep.Table),
            Scores = ResultJson.Of(sweep.AllScores),
            Measures = correlations is null ? null : ResultJson.Of(correlations),
            Beside = beside is null ? null : ResultJson.Of(beside),
        });
    }
}
