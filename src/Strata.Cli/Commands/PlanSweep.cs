using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>Evaluates plans while the progress is drawn.</summary>
internal static class PlanSweep
{
    /// <summary>One evaluation per plan; see <see cref="Sweep.Run"/>.</summary>
    public static SweepResult Run(Terminal terminal, Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, int? batchTokens, CancellationToken cancellation)
    {
        return terminal.WithProgress(progress =>
        {
            SweepOptions options = new() { Progress = progress };
            if (batchTokens is int tokens) options = options with { TokensPerBatch = tokens };
            return Sweep.Run(model, rows, plans, options, cancellation);
        });
    }
}
