namespace Strata.Research;

/// <summary>What a sweep is going to do, before it does it.</summary>
public sealed record SweepWork
{
    /// <summary>Plans to evaluate.</summary>
    public required int Plans { get; init; }

    /// <summary>Plans whose results are known already, on all rows.</summary>
    public required int Known { get; init; }

    /// <summary>Rows of the data.</summary>
    public required int Rows { get; init; }

    /// <summary>Tokens of the data.</summary>
    public required long Tokens { get; init; }

    /// <summary>Blocks computed per batch, shared beginnings once.</summary>
    public required double BlockEvaluations { get; init; }

    /// <summary>Blocks that one run per plan would compute.</summary>
    public required double LoopBlockEvaluations { get; init; }

    /// <summary>Floating-point operations of the whole job, counted as <see cref="PlanCost"/> counts them.</summary>
    public required double Flops { get; init; }

    /// <summary>Most bytes of residual streams that are held at once, in float32.</summary>
    public required long StreamBytes { get; init; }

    /// <summary>How long the whole will take, as the first evaluations have shown; null before them.</summary>
    public TimeSpan? Estimated { get; init; }

    /// <summary>The line that is announced before the run; with an estimate, the line of the estimate.</summary>
    public override string ToString() => Estimated is TimeSpan time
        ? FormattableString.Invariant($"Estimated time: {(time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min" : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s" : $"{time.Seconds} s")}, from the first evaluations.")
        : FormattableString.Invariant(
        $"Evaluating {Plans} plans on {Rows} rows ({Tokens:N0} tokens): {BlockEvaluations:0.#} block evaluations per batch (one run per plan would be {LoopBlockEvaluations:0.#}), {Flops:0.0e0} FLOPs, at most {StreamBytes:N0} bytes of streams.{(Known > 0 ? $" {Known} plans are known already." : "")}");
}
