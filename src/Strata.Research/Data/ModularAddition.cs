using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Addition modulo p (Power et al. 2022, "Grokking"; Nanda et al. 2023, "Progress measures for grokking"): a row is <c>a + b = c</c> with
/// c = (a + b) mod p, five tokens; there is one row for each of the p² pairs. Tokens 0 .. p - 1 are the numbers, then <c>+</c>, <c>=</c>, <c>&lt;pad&gt;</c>.
/// </summary>
public static class ModularAddition
{
    /// <summary>The largest modulus, which gives four million rows.</summary>
    public const int MaxModulus = 2000;

    /// <summary>
    /// All pairs, in the order of a and then b, split at random.
    /// Labels: <c>answer</c>, at <c>=</c> the token that follows, c; <c>wraps</c>, at b and at <c>=</c>, 1 where a + b is p or more and 0 elsewhere.
    /// </summary>
    /// <param name="p">The modulus, 2 to <see cref="MaxModulus"/>; a prime in the papers.</param>
    /// <param name="fraction">Share of the pairs in the first part, between 0 and 1.</param>
    /// <param name="seed">Seed of the split.</param>
    /// <exception cref="StrataException">A modulus outside the limits, or a fraction that leaves a part empty.</exception>
    public static (ToyTask Train, ToyTask Test) Create(int p, double fraction, long seed)
    {
        if (p is < 2 or > MaxModulus) throw new StrataException($"Modulus {p}: expected 2 to {MaxModulus}.");
        return AllPairs(p).Split(fraction, seed);
    }

    private static ToyTask AllPairs(int p)
    {
        (int plus, int equal, int pad) = (p, p + 1, p + 2);
        string[] vocabulary = [.. Enumerable.Range(0, p).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)), "+", "=", "<pad>"];
        int[][] rows = new int[p * p][];
        for (int row = 0; row < rows.Length; row++)
        {
            (int a, int b) = (row / p, row % p);
            rows[row] = [a, plus, b, equal, (a + b) % p];
        }

        int[] Wraps(int row)
        {
            int wraps = rows[row][0] + rows[row][2] >= p ? 1 : 0;
            return [-1, -1, wraps, wraps, -1];
        }

        return ToyTask.FromRows($"addition modulo {p}", rows, vocabulary, pad, null, [("answer", row => [-1, -1, -1, rows[row][4], -1]), ("wraps", Wraps)]);
    }
}
