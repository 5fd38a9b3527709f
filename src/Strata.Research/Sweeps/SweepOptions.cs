using Strata.Models;

namespace Strata.Research;

/// <summary>Options of evaluations and sweeps.</summary>
public sealed record SweepOptions
{
    /// <summary>A score besides loss and accuracy.</summary>
    public Scorer? Scorer { get; init; }

    /// <summary>Changes during the forward pass, the same for every plan. A point that a plan does not reach is refused.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Tokens that run together. Changes speed and memory, not results.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>
    /// A folder that keeps what has been evaluated, plan by plan and batch by batch as it comes: a repeated or interrupted sweep continues there instead of starting over,
    /// and sweeps on several machines may share it. Results are found by the weights, the data, the interventions and the name of the scorer; null keeps nothing.
    /// </summary>
    public string? Results { get; init; }

    /// <summary>
    /// Bytes of residual streams that may wait, so that plans which run the same block next run together and its weights are read once for all of them. Only small batches gain,
    /// and only these wait: up to 512 rows (tokens times plans) of a product run together, and a batch of more than 256 tokens runs alone. Plans under interventions run one by one.
    /// 0 walks the plans depth first, in the least memory. Changes speed and memory, not results.
    /// </summary>
    public long SiblingBytes { get; init; } = 256L << 20;

    /// <summary>Plans without hope are given up early by this rule; null evaluates every plan on all rows.</summary>
    public StopRule? StopWhen { get; init; }

    /// <summary>Told the plan of work before it begins, and once more with the estimated time when the first evaluations have shown it; see <see cref="SweepWork"/>.</summary>
    public Action<SweepWork> Announce { get; init; } = _ => { };

    /// <summary>Told of each plan as soon as it has been evaluated on all rows, or was given up.</summary>
    public Action<Evaluation> Evaluated { get; init; } = _ => { };

    /// <summary>Told after each step of each batch.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
