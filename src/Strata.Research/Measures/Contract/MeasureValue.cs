namespace Strata.Research;

/// <summary>A curve behind a number: dimension against scale, or a spectrum.</summary>
/// <param name="XName">What the abscissa is.</param>
/// <param name="YName">What the ordinate is.</param>
/// <param name="X">Abscissae.</param>
/// <param name="Y">Ordinates, as many.</param>
public sealed record MeasureCurve(string XName, string YName, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Is the abscissa drawn on a logarithmic axis in the field?</summary>
    public bool LogX { get; init; }

    /// <summary>Is the ordinate drawn on a logarithmic axis in the field?</summary>
    public bool LogY { get; init; }
}

/// <summary>Where an extreme element sits.</summary>
/// <param name="Sequence">Row of the data.</param>
/// <param name="Position">Its place among the positions that took part; null where they were pooled.</param>
/// <param name="Dimension">Column.</param>
public sealed record ExtremePlace(int Sequence, int? Position, int Dimension)
{
    /// <summary>In words.</summary>
    public override string ToString() => FormattableString.Invariant($"sequence {Sequence}, {(Position is int position ? $"position {position}" : "pooled")}, dimension {Dimension}");
}

/// <summary>A measure at one hook point.</summary>
public sealed record MeasureValue
{
    /// <summary>The number: the mean over the samples, or the one value of a measure over all rows. NaN when nothing could be measured; then <see cref="Count"/> is 0 and <see cref="LeftOutReason"/> says why.</summary>
    public required double Value { get; init; }

    /// <summary>Standard deviation over the samples (divisor n); NaN for a measure that has one value for all rows.</summary>
    public double Spread { get; init; } = double.NaN;

    /// <summary>Lower end of the 95 % bootstrap interval of the mean; NaN where there is none.</summary>
    public double Low { get; init; } = double.NaN;

    /// <summary>Upper end of the 95 % bootstrap interval of the mean; NaN where there is none.</summary>
    public double High { get; init; } = double.NaN;

    /// <summary>The value of every sample that was measured, in order; empty unless <see cref="MeasureOptions.PerSample"/> asks for them, and for a measure that has one value for all rows.</summary>
    public IReadOnlyList<double> PerSample { get; init; } = [];

    /// <summary>Samples (prompts, rows or tokens, as the measure says) that entered the value.</summary>
    public required int Count { get; init; }

    /// <summary>Samples for which the measure is not defined.</summary>
    public int LeftOut { get; init; }

    /// <summary>Why samples were left out; null when none was.</summary>
    public string? LeftOutReason { get; init; }

    /// <summary>Where an extreme sits (sequence, position, dimension), in words; null for other measures.</summary>
    public string? Where { get; init; }

    /// <summary>The same as numbers, for the measure of a largest element.</summary>
    public ExtremePlace? Place { get; init; }

    /// <summary>The curve behind the number; null for most measures.</summary>
    public MeasureCurve? Curve { get; init; }

    /// <summary>One value for all rows.</summary>
    internal static MeasureValue One(double value, int count, int leftOut = 0, string? reason = null) =>
        new() { Value = value, Count = count, LeftOut = leftOut, LeftOutReason = leftOut > 0 ? reason : null };

    /// <summary>Nothing could be measured.</summary>
    internal static MeasureValue Undefined(int leftOut, string reason) => new() { Value = double.NaN, Count = 0, LeftOut = leftOut, LeftOutReason = reason };
}
