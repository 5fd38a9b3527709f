namespace Strata.Research;

/// <summary>A measure at one hook point.</summary>
public sealed record MeasureValue
{
    /// <summary>The number: the mean over the samples, or the one value of a measure over all rows. NaN when nothing could be measured; then <see cref="Count"/> is 0 and <see cref="LeftOutReason"/> says why.</summary>
    public required double Value { get; init; }

    /// <summary>Standard deviation over the samples (divisor n); NaN for a measure that has one value for all rows.</summary>
    public double Spread { get; init; } = double.NaN;

    /// <summary>The value of every sample that was measured, in order; empty for a measure that has one value for all rows.</summary>
    public IReadOnlyList<double> PerSample { get; init; } = [];

    /// <summary>Samples (prompts, rows or tokens, as the measure says) that entered the value.</summary>
    public required int Count { get; init; }

    /// <summary>Samples for which the measure is not defined.</summary>
    public int LeftOut { get; init; }

    /// <summary>Why samples were left out; null when none was.</summary>
    public string? LeftOutReason { get; init; }

    /// <summary>Mean and spread of samples.</summary>
    internal static MeasureValue Over(double[] samples, int leftOut, string? reason)
    {
        if (samples.Length == 0) return Undefined(leftOut, reason ?? "there are no samples");
        double mean = samples.Average();
        double spread = Math.Sqrt(samples.Sum(v => (v - mean) * (v - mean)) / samples.Length);
        return new MeasureValue { Value = mean, Spread = spread, PerSample = samples, Count = samples.Length, LeftOut = leftOut, LeftOutReason = leftOut > 0 ? reason : null };
    }

    /// <summary>One value for all rows.</summary>
    internal static MeasureValue One(double value, int count, int leftOut = 0, string? reason = null) =>
        new() { Value = value, Count = count, LeftOut = leftOut, LeftOutReason = leftOut > 0 ? reason : null };

    /// <summary>Nothing could be measured.</summary>
    internal static MeasureValue Undefined(int leftOut, string reason) => new() { Value = double.NaN, Count = 0, LeftOut = leftOut, LeftOutReason = reason };
}
