using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary>What one prompt gave: one value, several, or the reason why it gave none.</summary>
/// <param name="Single">The value when there is one.</param>
/// <param name="Values">The values when there are several.</param>
/// <param name="LeftOut">Samples without a value.</param>
/// <param name="Why">The reason for those; null when there are none.</param>
internal readonly record struct PromptResult(double Single, double[]? Values, int LeftOut, string? Why)
{
    public static PromptResult Of(double value) => new(value, null, 0, null);

    public static PromptResult None(string why, int samples = 1) => new(double.NaN, [], samples, why);
}

/// <summary>
/// A measure at one point while prompts arrive. A prompt is first mapped, on any thread and touching nothing shared, then folded in, one prompt at a time in the order of the data. What is kept does not grow with the number
/// of prompts, unless samples were asked for.
/// </summary>
internal abstract class MeasureAccumulator
{
    private readonly Dictionary<string, int> _leftOut = [];

    /// <summary>Bytes that are kept between prompts.</summary>
    public abstract long Bytes { get; }

    /// <summary>Does it look at every view of the data, or at the data alone?</summary>
    public virtual bool WantsViews => false;

    /// <summary>What can be computed from one prompt alone.</summary>
    public virtual PromptResult Map(PromptRows prompt) => default;

    /// <summary>Takes a prompt in; its states are finite.</summary>
    public abstract void Fold(PromptRows prompt, in PromptResult mapped);

    /// <summary>The value after the last prompt.</summary>
    public abstract MeasureValue Finish(CancellationToken cancellation);

    /// <summary>How many samples a prompt with NaN or infinity loses.</summary>
    public virtual int SamplesOf(PromptRows prompt) => prompt.Count;

    /// <summary>Counts samples for which the measure is not defined.</summary>
    public virtual void LeaveOut(int samples, string why)
    {
        if (samples > 0) _leftOut[why] = _leftOut.GetValueOrDefault(why) + samples;
    }

    protected int LeftOut => _leftOut.Values.Sum();

    /// <summary>Each reason once, with how often it applied; null when nothing was left out.</summary>
    protected string? Reasons => _leftOut.Count == 0 ? null : string.Join("; ", _leftOut.Select(r => $"{r.Value} x {r.Key}"));

    /// <summary>One value for all rows, with what was left out.</summary>
    protected MeasureValue One(double value, long count) => MeasureValue.One(value, (int)Math.Min(count, int.MaxValue), LeftOut, Reasons);

    /// <summary>No value, and why.</summary>
    protected MeasureValue Undefined(long samples, string why)
    {
        LeaveOut((int)Math.Min(samples, int.MaxValue), why);
        return MeasureValue.Undefined(LeftOut, Reasons ?? why);
    }
}

/// <summary>A measure that is a mean over samples: mean and spread by Welford's recurrence, the interval by resampling sequences.</summary>
internal sealed class MeanAccumulator(MeasureContext context, Func<PromptRows, PromptResult> map, bool samplesAreTokens, bool wantsViews = false) : MeasureAccumulator
{
    private readonly double[] _sums = new double[context.Options.Bootstrap], _counts = new double[context.Options.Bootstrap], _weights = new double[context.Options.Bootstrap];
    private readonly PoissonBootstrap _bootstrap = new(context.Options.Bootstrap, context.Options.Seed);
    private readonly List<double> _kept = [];
    private long _count;
    private double _mean, _squares;

    public override long Bytes => 8L * (_sums.Length + _counts.Length + _weights.Length + _kept.Count) + 24;

    public override bool WantsViews => wantsViews;

    public override int SamplesOf(PromptRows prompt) => samplesAreTokens ? prompt.Count : 1;

    public override PromptResult Map(PromptRows prompt) => map(prompt);

    public override void Fold(PromptRows prompt, in PromptResult mapped)
    {
        if (mapped.Why is not null) LeaveOut(mapped.LeftOut, mapped.Why);
        if (mapped.Values is null) Take(mapped.Single, 1, mapped.Single, prompt.Sequence);
        else if (prompt.Pooled) for (int i = 0; i < mapped.Values.Length; i++) Take(mapped.Values[i], 1, mapped.Values[i], prompt.SequenceOf(i));
        else if (mapped.Values.Length > 0) TakeAll(mapped.Values, prompt.Sequence);
    }

    public override MeasureValue Finish(CancellationToken cancellation)
    {
        if (_count == 0) return Undefined(0, "there are no samples");
        TensorPrimitives.Divide(_sums, _counts, _sums);
        (double low, double high) = _count < 2 ? (double.NaN, double.NaN) : PoissonBootstrap.Interval(_sums);
        return One(_mean, _count) with { Spread = Math.Sqrt(_squares / _count), PerSample = _kept, Low = low, High = high };
    }

    /// <summary>Several values of one sequence: their mean and squares, joined to those so far (Chan et al. 1979).</summary>
    private void TakeAll(double[] values, int sequence)
    {
        double sum = TensorPrimitives.Sum<double>(values), mean = sum / values.Length, squares = 0, apart = mean - _mean;
        foreach (double value in values) squares += (value - mean) * (value - mean);
        _squares += squares + apart * apart * ((double)_count * values.Length / (_count + values.Length));
        _count += values.Length;
        _mean += apart * values.Length / _count;
        if (context.Options.PerSample) _kept.AddRange(values);
        Replicate(sum, values.Length, sequence);
    }

    private void Take(double sum, int count, double value, int sequence)
    {
        Welford(value);
        Replicate(sum, count, sequence);
    }

    private void Welford(double value)
    {
        _count++;
        double before = value - _mean;
        _mean += before / _count;
        _squares += before * (value - _mean);
        if (context.Options.PerSample) _kept.Add(value);
    }

    private void Replicate(double sum, int count, int sequence)
    {
        if (_sums.Length == 0) return;
        _bootstrap.Weights(sequence, _weights);
        TensorPrimitives.MultiplyAdd(_weights, sum, _sums, _sums);
        TensorPrimitives.MultiplyAdd(_weights, count, _counts, _counts);
    }
}
