namespace Strata.Research;

/// <summary>What a scorer sees of one row: the ids, and what the network predicted after each of them.</summary>
/// <param name="row">Index of the row in its data.</param>
/// <param name="ids">The row's ids.</param>
/// <param name="losses">Loss in nats of the id that follows each id; 0 after the last.</param>
/// <param name="predictions">Most likely next id after each id, the last one included.</param>
public readonly ref struct ScoredRow(int row, ReadOnlySpan<int> ids, ReadOnlySpan<float> losses, ReadOnlySpan<int> predictions)
{
    /// <summary>Index of the row in its data.</summary>
    public int Row { get; } = row;

    /// <summary>The row's ids.</summary>
    public ReadOnlySpan<int> Ids { get; } = ids;

    /// <summary>Loss in nats of the id that follows each id; 0 after the last.</summary>
    public ReadOnlySpan<float> Losses { get; } = losses;

    /// <summary>Most likely next id after each id, the last one included.</summary>
    public ReadOnlySpan<int> Predictions { get; } = predictions;
}

/// <summary>Scores one row: a sum and the number of cases it is over.</summary>
public delegate (double Sum, long Count) RowScorer(ScoredRow row);

/// <summary>A score of the user's own: the mean over all cases of all rows.</summary>
/// <param name="Name">Heading of its column.</param>
/// <param name="Score">Scores one row.</param>
public sealed record Scorer(string Name, RowScorer Score)
{
    /// <summary>Share of positions at which the most likely next token is a legal Othello move.</summary>
    /// <remarks>Positions after which the game has ended have no legal move and do not count.</remarks>
    public static Scorer LegalOthelloMoves { get; } = new("legal moves", row =>
    {
        ulong[] legal = Othello.LegalMoves(row.Ids);
        int hits = 0, cases = 0;
        for (int i = 0; i < row.Ids.Length; i++)
        {
            if (legal[i] == 0) continue;
            cases++;
            int id = row.Predictions[i];
            if (id < Othello.MoveCount && (legal[i] >> id & 1) == 1) hits++;
        }

        return (hits, cases);
    });
}
