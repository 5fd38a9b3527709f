using System.Diagnostics;
using Strata.Tensors;

namespace Strata.Bench.Profile;

/// <summary>The built-in engine with a clock around the operations of a decoder: seconds and multiply-adds by kind of work.</summary>
internal sealed class ProfiledEngine(CpuEngineOptions options) : CpuEngine(options)
{
    private readonly Dictionary<string, Work> _work = [];

    /// <summary>What has been done since the last <see cref="Clear"/>, by its name.</summary>
    public IReadOnlyDictionary<string, Work> Done => _work;

    /// <summary>Forgets what has been done.</summary>
    public void Clear() => _work.Clear();

    /// <inheritdoc/>
    protected override void EmbedOutputs(LinearWeight weight, ReadOnlySpan<int> ids, Tensor result)
    {
        long start = Stopwatch.GetTimestamp();
        base.EmbedOutputs(weight, ids, result);
        Note("embedding", start, 0);
    }

    /// <inheritdoc/>
    protected override void Linear(Tensor x, LinearWeight weight, Tensor result)
    {
        long start = Stopwatch.GetTimestamp();
        base.Linear(x, weight, result);
        Note($"product by {weight.Inputs} x {weight.Outputs}", start, 2.0 * x.Shape.Rows * weight.Inputs * weight.Outputs);
    }

    /// <inheritdoc/>
    protected override void Attention(Tensor q, Tensor k, Tensor v, AttentionHeads heads, Tensor? bias, ReadOnlySpan<AttentionSegment> segments, Tensor result)
    {
        long start = Stopwatch.GetTimestamp();
        base.Attention(q, k, v, heads, bias, segments, result);
        double pairs = 0;
        foreach (AttentionSegment segment in segments) pairs += heads.Causal ? segment.QueryCount * (segment.KeyCount - (segment.QueryCount - 1) / 2.0) : (double)segment.QueryCount * segment.KeyCount;
        Note("attention", start, 4 * pairs * heads.Heads * heads.HeadWidth);
    }

    /// <inheritdoc/>
    protected override void LayerNorm(Tensor x, Tensor? gain, Tensor? bias, float epsilon, int width, Tensor result)
    {
        long start = Stopwatch.GetTimestamp();
        base.LayerNorm(x, gain, bias, epsilon, width, result);
        Note("norms", start, 0);
    }

    /// <inheritdoc/>
    protected override void Activate(Tensor x, Activation activation, Tensor result)
    {
        long start = Stopwatch.GetTimestamp();
        base.Activate(x, activation, result);
        Note("activations", start, 0);
    }

    /// <inheritdoc/>
    protected override void Add(Tensor a, Tensor b, Tensor result)
    {
        long start = Stopwatch.GetTimestamp();
        base.Add(a, b, result);
        Note("sums", start, 0);
    }

    /// <inheritdoc/>
    protected override void CrossEntropy(Tensor hidden, LinearWeight unembedding, ReadOnlySpan<int> targets, Span<float> losses, Span<int> largest)
    {
        long start = Stopwatch.GetTimestamp();
        base.CrossEntropy(hidden, unembedding, targets, losses, largest);
        Note("unembedding with loss", start, 2.0 * hidden.Shape.Rows * unembedding.Inputs * unembedding.Outputs);
    }

    private void Note(string name, long start, double flops)
    {
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Work before = _work.GetValueOrDefault(name);
        _work[name] = new Work(before.Seconds + seconds, before.Flops + flops, before.Calls + 1);
    }

    /// <summary>Work of one kind.</summary>
    /// <param name="Seconds">How long it took.</param>
    /// <param name="Flops">Multiply-adds, counted as two; 0 for work that is bound by memory.</param>
    /// <param name="Calls">How often it was done.</param>
    public readonly record struct Work(double Seconds, double Flops, int Calls);
}
