using Strata.Models;

namespace Strata.Research;

/// <summary>Sums over rows of one plan's evaluation. The sums of batches, added in the order of the batches, are those of the whole.</summary>
/// <param name="Loss">Losses in nats.</param>
/// <param name="Tokens">Predicted tokens.</param>
/// <param name="Hits">Tokens that were the most likely one.</param>
/// <param name="Score">Sum of the scorer.</param>
/// <param name="Cases">Cases of the scorer.</param>
/// <param name="Rows">Rows that predict something.</param>
/// <param name="RowLoss">Mean losses of these rows.</param>
/// <param name="RowSquares">Their squares.</param>
internal readonly record struct PlanSums(double Loss, long Tokens, long Hits, double Score, long Cases, long Rows, double RowLoss, double RowSquares)
{
    /// <summary>The sums with one row more.</summary>
    public PlanSums With(ScoredRow row, Scorer? scorer)
    {
        double loss = Loss, ofRow = 0;
        long hits = Hits;
        for (int i = 0; i + 1 < row.Ids.Length; i++)
        {
            loss += row.Losses[i];
            ofRow += row.Losses[i];
            if (row.Predictions[i] == row.Ids[i + 1]) hits++;
        }

        (double sum, long count) = scorer?.Score(row) ?? (0, 0);
        PlanSums sums = this with { Loss = loss, Tokens = Tokens + row.Ids.Length - 1, Hits = hits, Score = Score + sum, Cases = Cases + count };
        return row.Ids.Length < 2 ? sums : sums.WithRow(ofRow / (row.Ids.Length - 1));
    }

    /// <summary>The sums with one prediction of a class more.</summary>
    public PlanSums With(float loss, bool hit) => (this with { Loss = Loss + loss, Tokens = Tokens + 1, Hits = Hits + (hit ? 1 : 0) }).WithRow(loss);

    /// <summary>The sums over both.</summary>
    public static PlanSums operator +(PlanSums a, PlanSums b) => new(
        a.Loss + b.Loss, a.Tokens + b.Tokens, a.Hits + b.Hits, a.Score + b.Score, a.Cases + b.Cases, a.Rows + b.Rows, a.RowLoss + b.RowLoss, a.RowSquares + b.RowSquares);

    /// <summary>Lower end of the one-sided 95 % interval of the mean loss per row: mean − 1.645 s / √rows.</summary>
    public double LowerBound
    {
        get
        {
            double mean = RowLoss / Rows, variance = Math.Max(0, (RowSquares - Rows * mean * mean) / (Rows - 1));
            return mean - 1.645 * Math.Sqrt(variance / Rows);
        }
    }

    /// <summary>The evaluation that the sums amount to.</summary>
    public Evaluation Evaluation(LayerPlan plan, ModelSpec spec, bool scored, Provenance provenance, StoppedEarly? stopped = null)
    {
        PlanCost cost = PlanCost.Of(plan, spec);
        return stopped is null
            ? new(plan, Loss / Tokens, (double)Hits / Tokens, Tokens, cost, scored ? Score / Cases : null) { Provenance = provenance }
            : new(plan, double.NaN, double.NaN, Tokens, cost, scored ? double.NaN : null) { Provenance = provenance, Stopped = stopped };
    }

    private PlanSums WithRow(double loss) => this with { Rows = Rows + 1, RowLoss = RowLoss + loss, RowSquares = RowSquares + loss * loss };
}
