using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What is made of the final streams of a batch: losses, hits and scores, summed over its rows.</summary>
/// <param name="batch">The batch.</param>
/// <param name="firstRow">Its first row in the data.</param>
/// <param name="classes">The class of each row of the data, where images are evaluated.</param>
/// <param name="scorer">A score besides loss and accuracy.</param>
internal sealed class BatchScoring(TokenBatch batch, int firstRow, IReadOnlyList<int>? classes, Scorer? scorer)
{
    private float[] _losses = [];
    private int[] _predictions = [];

    /// <summary>The sums of each of several states of the batch.</summary>
    /// <param name="scope">For working memory.</param>
    /// <param name="run">A run over as many copies of the batch.</param>
    /// <param name="stream">The final streams, one behind another.</param>
    /// <param name="states">How many there are.</param>
    public PlanSums[] Score(TensorScope scope, BatchRun run, Tensor stream, int states)
    {
        if (_losses.Length < stream.Shape.Rows) (_losses, _predictions) = (new float[stream.Shape.Rows], new int[stream.Shape.Rows]);
        int rows = stream.Shape.Rows;
        if (classes is null) run.Losses(scope, stream, _losses.AsSpan(0, rows), _predictions.AsSpan(0, rows));
        else run.ClassLosses(scope, stream, [.. Enumerable.Repeat(Wanted(), states).SelectMany(wanted => wanted)], _losses, _predictions);
        return [.. Enumerable.Range(0, states).Select(state => classes is null ? OfTokens(state * batch.Tokens) : OfClasses(state * batch.Sequences))];
    }

    private PlanSums OfTokens(int first)
    {
        PlanSums sums = default;
        for (int s = 0; s < batch.Sequences; s++)
        {
            int start = first + batch.Starts[s], length = batch.Length(s);
            sums = sums.With(new ScoredRow(firstRow + s, batch.Sequence(s), _losses.AsSpan(start, length), _predictions.AsSpan(start, length)), scorer);
        }

        return sums;
    }

    private PlanSums OfClasses(int first)
    {
        PlanSums sums = default;
        int[] wanted = Wanted();
        for (int s = 0; s < wanted.Length; s++) if (wanted[s] >= 0) sums = sums.With(_losses[first + s], _predictions[first + s] == wanted[s]);
        return sums;
    }

    private int[] Wanted() => [.. classes!.Skip(firstRow).Take(batch.Sequences)];
}
