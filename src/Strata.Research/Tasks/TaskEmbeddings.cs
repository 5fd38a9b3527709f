using System.Globalization;
using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// The embeddings of the texts of several tasks at every layer and by every pooling, from one forward pass: each distinct text is tokenised once and run once, and of its activations only the
/// pooled rows are kept.
/// </summary>
public sealed class TaskEmbeddings
{
    private readonly Dictionary<(string Point, Pooling Pooling), FloatMatrix> _rows;
    private readonly TaskTexts _texts;

    private TaskEmbeddings(TaskTexts texts, IReadOnlyList<string> points, Dictionary<(string, Pooling), FloatMatrix> rows, Provenance provenance)
    {
        _texts = texts;
        _rows = rows;
        Points = points;
        Provenance = provenance;
    }

    /// <summary>The hook points in execution order.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>Where the embeddings came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>What readers should know: how the tokenizer begins a text, and texts that were cut.</summary>
    public IReadOnlyList<string> Notes => _texts.Notes;

    /// <summary>Embeddings of a task's texts, [texts, width], in the order of <see cref="EmbeddingTask.Texts"/>.</summary>
    /// <exception cref="StrataException">The task was not among those embedded, or the point or the pooling was not taken.</exception>
    public FloatMatrix Of(EmbeddingTask task, string point, Pooling pooling)
    {
        if (!_rows.TryGetValue((point, pooling), out FloatMatrix? rows))
            throw new StrataException($"No embeddings were taken at \"{point}\" by {pooling.ToString().ToLowerInvariant()}. {NearestNames.Suggest(point, Points)}");
        return rows.Select(_texts.RowsOf(task));
    }

    /// <summary>Runs a network over the texts of tasks.</summary>
    /// <exception cref="StrataException">The model has no tokenizer, a text has no tokens, a point does not exist or holds no rows of tokens, or a pooling is none.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between blocks.</exception>
    public static TaskEmbeddings Run(Model model, IReadOnlyList<EmbeddingTask> tasks, TaskRequest? request = null, CancellationToken cancellation = default) =>
        Run(model, new TaskTexts(model, tasks), request ?? new TaskRequest(), cancellation);

    internal static TaskEmbeddings Run(Model model, TaskTexts texts, TaskRequest request, CancellationToken cancellation)
    {
        if (request.Poolings.Count == 0 || request.Poolings.Contains(Pooling.None)) throw new StrataException("An embedding is one row per text; give the pooling mean, last or first.");
        CaptureRequest capture = new()
        {
            Points = request.Points,
            Positions = request.Positions,
            Plan = request.Plan,
            Interventions = request.Interventions,
            TokensPerBatch = request.TokensPerBatch,
            Progress = request.Progress,
            Announce = _ => { },
        };
        CaptureRun run = model.PlanCapture(texts.Rows, capture);
        if (run.Points.FirstOrDefault(p => p.IsAttentionMatrix) is HookPoint matrix) throw new StrataException($"\"{matrix.Name}\" is a matrix per text and gives no embedding; take points with a row per token, such as blocks.*.resid_post.");
        Dictionary<(string Point, Pooling Pooling), FloatMatrix> rows = [];
        foreach (HookPoint point in run.Points)
        {
            foreach (Pooling pooling in request.Poolings) rows[(point.Name, pooling)] = new FloatMatrix(new float[checked(texts.Rows.Count * point.Columns)], texts.Rows.Count, point.Columns);
        }

        request.Announce(string.Create(CultureInfo.InvariantCulture, $"Embedding {texts.Rows.Count:N0} texts ({texts.Rows.Tokens:N0} tokens) at {run.Points.Count} points: {rows.Values.Sum(r => 4L * r.Values.Length):N0} bytes."));
        Provenance provenance = run.Stream(batch =>
        {
            for (int i = 0; i < batch.Samples.Count; i++)
            {
                foreach (Pooling pooling in request.Poolings) Pool(batch.Samples[i], pooling, rows[(batch.Point.Name, pooling)].Row(texts.Order[batch.FirstRow + i]));
            }
        }, cancellation);
        return new TaskEmbeddings(texts, run.Points.Select(p => p.Name).ToArray(), rows, provenance);
    }

    private static void Pool(FloatMatrix positions, Pooling pooling, Span<float> result)
    {
        if (pooling != Pooling.Mean)
        {
            positions.Row(pooling == Pooling.First ? 0 : positions.Rows - 1).CopyTo(result);
            return;
        }

        result.Clear();
        for (int p = 0; p < positions.Rows; p++) TensorPrimitives.Add(result, positions.Row(p), result);
        TensorPrimitives.Multiply(result, 1f / positions.Rows, result);
    }
}
