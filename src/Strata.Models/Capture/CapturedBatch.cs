using Strata.Tensors;

namespace Strata.Models;

/// <summary>One hook point of one batch, as a streaming capture hands it over.</summary>
/// <param name="Point">Where.</param>
/// <param name="FirstRow">Row of the data that is the first sequence of the batch.</param>
/// <param name="Samples">Per sequence the wanted positions, [positions, width]; attention matrices come as [heads · positions, keys].</param>
public sealed record CapturedBatch(HookPoint Point, int FirstRow, IReadOnlyList<FloatMatrix> Samples);

/// <summary>Hands values over instead of keeping them.</summary>
internal sealed class StreamingSink(TokenRows rows, PositionSelection positions, Action<CapturedBatch> receive) : ICaptureSink
{
    private readonly List<FloatMatrix> _matrices = [];
    private Tensor? _latest;
    private FloatMatrix[] _latestSamples = [];

    /// <summary>Row of the data that is the first sequence of the current batch.</summary>
    public int FirstRow { get; set; }

    public void Store(HookPoint point, Tensor value, BatchRun run, int sequence)
    {
        if (sequence >= 0)
        {
            // Attention matrices come one sequence at a time, in order.
            _matrices.Add(CaptureBuffer.Matrix(value, Kept(sequence)));
            if (sequence < run.Batch.Sequences - 1) return;
            receive(new CapturedBatch(point, FirstRow, _matrices.ToArray()));
            _matrices.Clear();
            return;
        }

        // What leaves a block is what enters the next: a value that passes two points is copied once.
        if (!ReferenceEquals(value, _latest)) (_latest, _latestSamples) = (value, Samples(point, value, run));
        receive(new CapturedBatch(point, FirstRow, _latestSamples));
    }

    private FloatMatrix[] Samples(HookPoint point, Tensor value, BatchRun run)
    {
        FloatMatrix[] samples = new FloatMatrix[run.Batch.Sequences];
        for (int s = 0; s < samples.Length; s++)
        {
            ReadOnlySpan<float> own = value.Span.Slice(run.Batch.Starts[s] * point.Columns, run.Batch.Length(s) * point.Columns);
            samples[s] = CaptureBuffer.Keep(own, point.Columns, Kept(s));
        }

        return samples;
    }

    private int[] Kept(int sequence) => CaptureBuffer.KeptPositions(rows, positions, FirstRow + sequence);
}
