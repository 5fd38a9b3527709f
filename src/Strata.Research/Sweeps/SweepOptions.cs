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

    /// <summary>Told the plan of work before it begins; see <see cref="SweepWork"/>.</summary>
    public Action<SweepWork> Announce { get; init; } = _ => { };

    /// <summary>Told after each plan of each batch.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
