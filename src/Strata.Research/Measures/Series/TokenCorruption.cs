using Strata.Models;

namespace Strata.Research;

/// <summary>What a corruption does to the tokens that it draws.</summary>
public enum CorruptionKind
{
    /// <summary>Each becomes an id drawn evenly from the ids of the data.</summary>
    Replace,

    /// <summary>Each becomes a copy of the token before it.</summary>
    Repeat,

    /// <summary>They change places among themselves.</summary>
    Shuffle,
}

/// <summary>Changes of token rows that keep their lengths, and cuts to a length.</summary>
public static class TokenCorruption
{
    /// <summary>Corrupts a share of every row's tokens; the first token of a row, often BOS, stays.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="kind">What happens to the tokens that are drawn.</param>
    /// <param name="share">Share of a row's tokens, 0 to 1, rounded to the nearest number of tokens.</param>
    /// <param name="seed">Seed; a larger share under the same seed corrupts the same tokens and more.</param>
    /// <exception cref="StrataException">The share is not from 0 to 1.</exception>
    public static TokenRows Corrupt(TokenRows rows, CorruptionKind kind, double share, int seed = 0)
    {
        if (!(share is >= 0 and <= 1)) throw new StrataException($"A share of {share} tokens cannot be corrupted; expected 0 to 1.");
        int[] ids = rows.Sequences.SelectMany(s => s).Distinct().Order().ToArray();
        Random random = new(seed);
        return new TokenRows(FormattableString.Invariant($"{rows.Name}, {kind.ToString().ToLowerInvariant()} {share:0.###}"), rows.Sequences.Select(row => Corrupt(row, kind, share, ids, random)).ToArray());
    }

    /// <summary>The rows with at least so many tokens, cut to their first ones.</summary>
    /// <exception cref="StrataException">No row is long enough.</exception>
    public static TokenRows Cut(TokenRows rows, int length)
    {
        int[][] cut = rows.Sequences.Where(s => s.Length >= length).Select(s => s[..length]).ToArray();
        if (length < 1 || cut.Length == 0) throw new StrataException($"No row of \"{rows.Name}\" has {length} tokens to be cut to; the longest has {rows.Sequences.Max(s => s.Length)}.");
        return new TokenRows($"{rows.Name}, {length} tokens", cut);
    }

    private static int[] Corrupt(int[] row, CorruptionKind kind, double share, int[] ids, Random random)
    {
        int[] result = (int[])row.Clone(), order = Enumerable.Range(1, row.Length - 1).ToArray(), drawnIds = new int[row.Length];
        // Everything is drawn whatever the share, so that shares under one seed are nested.
        random.Shuffle(order);
        for (int t = 0; t < drawnIds.Length; t++) drawnIds[t] = ids[random.Next(ids.Length)];
        int[] drawn = order[..Math.Min(order.Length, (int)Math.Round(share * row.Length))];
        for (int k = 0; k < drawn.Length; k++)
        {
            int t = drawn[k];
            result[t] = kind switch
            {
                CorruptionKind.Replace => drawnIds[t],
                CorruptionKind.Repeat => row[t - 1],
                _ => row[drawn[(k + 1) % drawn.Length]],
            };
        }

        return result;
    }
}
