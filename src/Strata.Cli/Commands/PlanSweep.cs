using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>Evaluates plans while the progress is drawn.</summary>
internal static class PlanSweep
{
    /// <summary>One evaluation per plan; see <see cref="Sweep.Run"/>.</summary>
    public static SweepResult Run(Terminal terminal, Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions options, CancellationToken cancellation) =>
        terminal.WithProgress(progress => Sweep.Run(model, rows, plans, options with { Progress = progress }, cancellation));

    /// <summary>The options that a command line gives.</summary>
    public static SweepOptions Options(int? batchTokens) => batchTokens is int tokens ? new SweepOptions { TokensPerBatch = tokens } : new SweepOptions();
}
