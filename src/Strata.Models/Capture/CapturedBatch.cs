using Strata.Tensors;

namespace Strata.Models;

/// <summary>One hook point of one batch, as a streaming capture hands it over.</summary>
/// <param name="Point">Where.</param>
/// <param name="FirstRow">Row of the data that is the first sequence of the batch.</param>
/// <param name="Samples">Per sequence the wanted positions, [positions, width]; what stands for a whole sequence comes as [1, width], attention matrices come as [heads · positions, keys].</param>
public sealed record CapturedBatch(HookPoint Point, int FirstRow, IReadOnlyList<FloatMatrix> Samples);

/// <summary>Hands values over instead of keeping them.</summary>
internal sealed class StreamingSink(TokenRows rows, PositionSelection positions, Action<CapturedBatch> receive) : ICaptureSink
{
    // Below this it takes longer to wake other cores than to copy.
    private const int SharedCopy = 1 << 16;

    private readonly List<FloatMatrix> _matrices = [];
    private Tensor? _latest;
    private FloatMatrix[] _latestSamples = [];
    private int _firstRow;
    private int[][] _kept = [];

    /// <summary>Takes note of the batch that begins.</summary>
    public void Start(int firstRow, int count)
    {
        _firstRow = firstRow;
        _kept = [.. Enumerable.Range(firstRow, count).Select(row => CaptureBuffer.KeptPositions(rows, positions, row))];
    }

    public void Store(HookPoint point, Tensor value, BatchRun run, int sequence)
    {
        if (sequence >= 0)
        {
            // Attention matrices come one sequence at a time, in order.
            _matrices.Add(CaptureBuffer.Matrix(value, _kept[sequence]));
            if (sequence < run.Batch.Sequences - 1) return;
            receive(new CapturedBatch(point, _firstRow, _matrices.ToArray()));
            _matrices.Clear();
            return;
        }

        // What leaves a block is what enters the next: a value that passes two points is copied once.
        if (!ReferenceEquals(value, _latest)) (_latest, _latestSamples) = (value, Samples(point, value, run));
        receive(new CapturedBatch(point, _firstRow, _latestSamples));
    }

    private FloatMatrix[] Samples(HookPoint point, Tensor value, BatchRun run)
    {
        FloatMatrix[] samples = new FloatMatrix[run.Batch.Sequences];
        if (value.Shape.Count >= SharedCopy) ParallelWork.For(samples.Length, CancellationToken.None, Copy);
        else for (int s = 0; s < samples.Length; s++) Copy(s);
        return samples;

        void Copy(int s)
        {
            (int first, int count) = point.PerSequence ? (s, 1) : (run.Batch.Starts[s], run.Batch.Length(s));
            samples[s] = CaptureBuffer.Keep(value.Span.Slice(first * point.Columns, count * point.Columns), point.Columns, point.PerSequence ? [0] : _kept[s]);
        }
    }
}
