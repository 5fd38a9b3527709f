using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!tasks</c>: embedding tasks in MTEB's protocol at every layer.</summary>
internal sealed class TasksMagic : MagicCommand
{
    private readonly Argument<string> _tasks;
    private readonly Option<string> _points, _pool, _positions, _plan, _correlate, _write, _compare, _model, _name;
    private readonly Option<int?> _seed;
    private readonly Option<bool> _noControls;

    public TasksMagic()
        : base("#!tasks", "Embedding tasks in MTEB's protocol (classification, clustering, pairs, re-ranking, retrieval, similarity, summaries) at every layer, from one pass over their texts.",
            "#!tasks data/banking,data/sts.jsonl --pool mean,last", "#!tasks othello --correlate prompt-entropy,two-nn", "#!tasks task.yaml --mteb-json results --compare mteb/results")
    {
        _tasks = Argument<string>("TASKS", $"Folders in MTEB's layouts, files of rows (.jsonl, .parquet), descriptions (.yaml), data sets of the hub (hf:mteb/name), or {string.Join(", ", EmbeddingTasks.BuiltIn.Select(b => b.Name))}; commas between.", required: true,
            Values.List(Values.Either(Values.Words(EmbeddingTasks.BuiltIn), Values.File(".jsonl", ".ndjson", ".parquet", ".yaml", ".yml", ".json"))));
        _points = Option<string>("--points", "Globs of hook points with commas between; blocks.0.resid_pre,blocks.*.resid_post by default.", "GLOBS", Values.List(Values.Points));
        _pool = Option<string>("--pool", "How the positions of a text become its embedding: mean, last, first (cls), or several with commas between; mean by default.", "HOW", Values.List(Values.Words("mean", "last", "first")));
        _positions = Option<string>("--positions", "Which positions are pooled, as in 1.. to leave out a token that the tokenizer puts first; all by default.", "LIST");
        _plan = Option<string>("--plan", "Order in which the blocks run; all in order by default. #!strata plans shows the syntax.", "PLAN", Values.Plan);
        _noControls = Option<bool>("--no-controls", "Leave out shuffled labels and the network with random weights.");
        _seed = Option<int?>("--seed", "Seed of drawn rows, clusterings and controls; 42 by default, as in MTEB.", "SEED");
        _correlate = Option<string>("--correlate", "Measures to run over the same texts and to correlate with the scores over the layers.", "NAMES", Values.List(Values.Words(Measures.All.Select(m => (m.Name, m.About.What)))));
        _write = Option<string>("--mteb-json", "Folder into which the scores are written as MTEB's result files.", "FOLDER", Values.Folder);
        _compare = Option<string>("--compare", "Folder or file of MTEB's results to set beside these.", "PATH", Values.File(".json"));
        _model = Option<string>("--model", "Name of the model; the one loaded last by default.", "NAME", Values.Models);
        _name = NameOption("tasks");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "tasks");
        Model model = call.Session.Get<Model>(call.Value(_model) ?? call.Session.CurrentModel, "a model: load one with #!model FOLDER");
        string[] measures = call.List(_correlate), points = call.List(_points), pool = call.List(_pool);

        // What is misspelt must not cost a run.
        if (measures.Length > 0) MeasureTaskCorrelation.Check(measures);
        IReadOnlyList<MtebResult>? others = call.Value(_compare) is string path ? MtebResult.Read(path) : null;
        TaskRequest request = new()
        {
            Poolings = pool.Length > 0 ? TaskRequest.ParsePoolings(pool) : [Pooling.Mean],
            Positions = call.Value(_positions) is string positions ? PositionSelection.Parse(positions) : PositionSelection.All,
            Plan = Inputs.Plan(call.Value(_plan), model),
            Seed = call.Value(_seed) ?? 42,
            Control = !call.Value(_noControls),
            Announce = announcement => call.Show(announcement),
            Progress = call.Progress,
        };
        if (points.Length > 0) request = request with { Points = points };
        IReadOnlyList<EmbeddingTask> tasks = EmbeddingTasks.Find(call.Value(_tasks)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), request, call.Cancellation);
        TaskSweep sweep = TaskSweep.Run(model, tasks, request, call.Cancellation);
        call.Keep(name, sweep);
        call.Show(TaskParts.Of(sweep));
        if (measures.Length > 0) Further(call, $"{name}_measures", MeasureTaskCorrelation.Run(model, sweep, measures, request, call.Cancellation));
        if (others is not null) Further(call, $"{name}_beside", MtebResult.Compare(sweep, others));
        if (call.Value(_write) is string folder) call.Show($"{MtebFiles.Write(sweep, folder).Count} results written below {folder}.");
    }

    private static void Further(MagicCall call, string name, Table table)
    {
        call.Keep(name, table);
        call.Show(table);
    }
}
