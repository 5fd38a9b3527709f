using Strata.Models;

namespace Strata.Research;

/// <summary>Sums over rows of one plan's evaluation. The sums of batches, added in the order of the batches, are those of the whole.</summary>
/// <param name="Loss">Losses in nats.</param>
/// <param name="Tokens">Predicted tokens.</param>
/// <param name="Hits">Tokens that were the most likely one.</param>
/// <param name="Score">Sum of the scorer.</param>
/// <param name="Cases">Cases of the scorer.</param>
internal readonly record struct PlanSums(double Loss, long Tokens, long Hits, double Score, long Cases)
{
    /// <summary>The sums with one row more.</summary>
    public PlanSums With(ScoredRow row, Scorer? scorer)
    {
        double loss = Loss;
        long hits = Hits;
        for (int i = 0; i + 1 < row.Ids.Length; i++)
        {
            loss += row.Losses[i];
            if (row.Predictions[i] == row.Ids[i + 1]) hits++;
        }

        (double sum, long count) = scorer?.Score(row) ?? (0, 0);
        return new PlanSums(loss, Tokens + row.Ids.Length - 1, hits, Score + sum, Cases + count);
    }

    /// <summary>The sums with one prediction of a class more.</summary>
    public PlanSums With(float loss, bool hit) => this with { Loss = Loss + loss, Tokens = Tokens + 1, Hits = Hits + (hit ? 1 : 0) };

    /// <summary>The sums over both.</summary>
    public static PlanSums operator +(PlanSums a, PlanSums b) => new(a.Loss + b.Loss, a.Tokens + b.Tokens, a.Hits + b.Hits, a.Score + b.Score, a.Cases + b.Cases);

    /// <summary>The evaluation that the sums amount to.</summary>
    public Evaluation Evaluation(LayerPlan plan, ModelSpec spec, bool scored, Provenance provenance) =>
        new(plan, Loss / Tokens, (double)Hits / Tokens, Tokens, PlanCost.Of(plan, spec), scored ? Score / Cases : null) { Provenance = provenance };
}
