using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What one task gives at one hook point by one pooling.</summary>
/// <param name="Task">The task.</param>
/// <param name="Point">The hook point.</param>
/// <param name="Depth">Relative depth, 0 before the first block and 1 after the last; NaN for points that are not in a block.</param>
/// <param name="Pooling">How positions became one row.</param>
/// <param name="Result">The scores.</param>
public sealed record TaskScore(EmbeddingTask Task, string Point, double Depth, Pooling Pooling, TaskScores Result)
{
    /// <summary>The task's main score.</summary>
    public double Main => Result.Scores[Task.MainScore];
}

/// <summary>Tasks at every layer and by every pooling, from one forward pass over their texts.</summary>
public sealed class TaskSweep
{
    private TaskSweep(Model model, TaskRequest request, IReadOnlyList<TaskScore> scores, IReadOnlyList<TaskScore>? randomWeights, IReadOnlyList<TaskScore>? shuffled, TaskTexts texts, Provenance provenance)
    {
        Scores = scores;
        RandomWeights = randomWeights;
        Shuffled = shuffled;
        Texts = texts.Rows;
        Model = model.Name;
        Table = TaskTable.Of(this, request, texts.Notes, provenance);
    }

    /// <summary>Every task at every point by every pooling: in the order of the tasks, then of the poolings, then of execution.</summary>
    public IReadOnlyList<TaskScore> Scores { get; }

    /// <summary>The same, in the same order, for a network of the same shape with random weights; null where none was run.</summary>
    public IReadOnlyList<TaskScore>? RandomWeights { get; }

    /// <summary>The same, in the same order, with what is known about the texts dealt out anew; null where no control was run.</summary>
    public IReadOnlyList<TaskScore>? Shuffled { get; }

    /// <summary>The distinct texts of all tasks as the network read them.</summary>
    public TokenRows Texts { get; }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>
    /// One row per task, pooling and point: <c>task</c>, <c>type</c>, <c>point</c>, <c>block</c> (-1 outside blocks), <c>depth</c>, <c>pooling</c>, <c>score</c> (the main score's name), <c>value</c>, with controls
    /// <c>random weights</c> and <c>shuffled labels</c>, <c>best</c> (a star at the best point of each task), <c>n</c>, <c>left out</c>.
    /// </summary>
    public Table Table { get; }

    /// <summary>One row per score: <c>task</c>, <c>point</c>, <c>pooling</c>, <c>score</c>, <c>value</c>.</summary>
    public Table AllScores => TaskTable.AllScores(this);

    /// <summary>The point and pooling with the largest main score of a task.</summary>
    /// <exception cref="StrataException">There is no such task, or none of its scores is defined.</exception>
    public TaskScore Best(string task)
    {
        TaskScore[] own = Scores.Where(s => s.Task.Name == task).ToArray();
        if (own.Length == 0) throw new StrataException($"There is no task \"{task}\" among these. {NearestNames.Suggest(task, Scores.Select(s => s.Task.Name))}");
        return own.Where(s => !double.IsNaN(s.Main)).MaxBy(s => s.Main) ?? throw new StrataException($"No score of task \"{task}\" is defined.");
    }

    /// <summary>Runs tasks on a network.</summary>
    /// <param name="model">The network; it needs a tokenizer.</param>
    /// <param name="tasks">The tasks, each with a name of its own.</param>
    /// <param name="request">Points, poolings, controls; null for the defaults.</param>
    /// <param name="cancellation">Stops between blocks and scores.</param>
    /// <exception cref="StrataException">A point does not exist, a text has no tokens, or embeddings are not finite.</exception>
    public static TaskSweep Run(Model model, IReadOnlyList<EmbeddingTask> tasks, TaskRequest? request = null, CancellationToken cancellation = default)
    {
        request ??= new TaskRequest();
        TaskTexts texts = new(model, tasks);
        EmbeddingTask[] dealt = request.Control ? tasks.Select(task => task.Shuffled(request.Seed)).ToArray() : [];
        (TaskScore[] all, Provenance provenance) = Embedded(model, [.. tasks, .. dealt], texts, request, cancellation);
        TaskScore[]? twin = request.Control ? Embedded(model.RandomTwin(request.Seed), tasks, texts, request with { Announce = _ => { } }, cancellation).Scores : null;
        int own = request.Control ? all.Length / 2 : all.Length;
        return new TaskSweep(model, request, all[..own], twin, request.Control ? all[own..] : null, texts, provenance);
    }

    /// <summary>One pass and its scores; the embeddings are gone when it returns.</summary>
    private static (TaskScore[] Scores, Provenance Provenance) Embedded(Model model, IReadOnlyList<EmbeddingTask> tasks, TaskTexts texts, TaskRequest request, CancellationToken cancellation)
    {
        TaskEmbeddings embeddings = TaskEmbeddings.Run(model, texts, request, cancellation);
        return (Score(model, tasks, embeddings, request, cancellation), embeddings.Provenance);
    }

    private static TaskScore[] Score(Model model, IReadOnlyList<EmbeddingTask> tasks, TaskEmbeddings embeddings, TaskRequest request, CancellationToken cancellation)
    {
        (EmbeddingTask Task, Pooling Pooling, string Point)[] work = tasks.SelectMany(task => request.Poolings.SelectMany(pooling => embeddings.Points.Select(point => (task, pooling, point)))).ToArray();
        TaskScore[] scores = new TaskScore[work.Length];
        int done = 0;
        ParallelWork.For(work.Length, cancellation, i =>
        {
            (EmbeddingTask task, Pooling pooling, string point) = work[i];
            scores[i] = new TaskScore(task, point, RelativeDepth.Of(point, model.Spec.Blocks), pooling, task.Score(embeddings.Of(task, point, pooling), request.Seed, cancellation));
            request.Progress?.Report(new WorkProgress("Scoring tasks", Interlocked.Increment(ref done), work.Length, "scores"));
        });
        return scores;
    }
}
