using Strata.Models;

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

    /// <summary>The line that is announced before the run.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"Evaluating {Plans} plans on {Rows} rows ({Tokens:N0} tokens): {BlockEvaluations:0.#} block evaluations per batch (one run per plan would be {LoopBlockEvaluations:0.#}), {Flops:0.0e0} FLOPs, at most {StreamBytes:N0} bytes of streams.{(Known > 0 ? $" {Known} plans are known already." : "")}");

    internal static SweepWork Of(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, PlanTree tree, SweepOptions options, SweepJournal? journal)
    {
        bool[] known = new bool[plans.Count];
        Array.Fill(known, journal is not null);
        int largest = 0;
        foreach ((int firstRow, TokenBatch batch) in rows.Batches(options.TokensPerBatch))
        {
            largest = Math.Max(largest, batch.Tokens);
            for (int i = 0; i < known.Length; i++) known[i] = known[i] && journal!.Knows(plans[i], firstRow, firstRow + batch.Sequences);
        }

        return new SweepWork
        {
            Plans = plans.Count,
            Known = known.Count(k => k),
            Rows = rows.Count,
            Tokens = rows.Tokens,
            BlockEvaluations = tree.BlockEvaluations,
            LoopBlockEvaluations = plans.Sum(plan => plan.BlocksRun),
            Flops = tree.FlopsPerToken(model.Spec) * rows.Tokens,
            StreamBytes = 4L * tree.PeakStreams * largest * model.Spec.Width,
        };
    }
}
