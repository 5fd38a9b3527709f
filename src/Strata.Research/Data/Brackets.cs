using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// The Dyck language of balanced brackets of several kinds with bounded depth (Hewitt et al. 2020, "RNNs can generate bounded hierarchical languages"):
/// a row is <c>&lt;start&gt;</c> and then brackets. Token 2k opens kind k, token 2k + 1 closes it; then <c>&lt;pad&gt;</c> and <c>&lt;start&gt;</c>.
/// </summary>
public static class Brackets
{
    /// <summary>The largest number of kinds.</summary>
    public const int MaxKinds = 1000;

    /// <summary>The longest string.</summary>
    public const int MaxLength = 4096;

    private const string Glyphs = "()[]{}<>";

    /// <summary>
    /// Strings drawn uniformly from all shapes of the length and depth, with every pair's kind drawn uniformly; some may be corrupted: one bracket, drawn uniformly,
    /// becomes another, which always unbalances the string. Labels, after tokens 0 .. t: <c>valid</c>, 1 where no bracket so far closes what is not open;
    /// and while that is so <c>depth</c>, the number of open brackets, and <c>top</c>, the kind of the innermost open one (-1 when none is);
    /// <c>balanced</c>, at the last position only, 1 for a balanced string and 0 for a corrupted one.
    /// </summary>
    /// <param name="kinds">Kinds of brackets, 1 to <see cref="MaxKinds"/>.</param>
    /// <param name="maxDepth">Most brackets open at once, 1 or more; a corrupted string may have one more.</param>
    /// <param name="length">Brackets in a string: even, 2 to <see cref="MaxLength"/>.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">Seed of the strings.</param>
    /// <param name="corrupted">Share of the rows that are corrupted, 0 to 1: each is with this chance.</param>
    /// <exception cref="StrataException">A number outside its limits.</exception>
    public static ToyTask Create(int kinds, int maxDepth, int length, int count, long seed, double corrupted = 0)
    {
        if (kinds is < 1 or > MaxKinds) throw new StrataException($"{kinds} kinds of brackets: expected 1 to {MaxKinds}.");
        if (maxDepth < 1) throw new StrataException($"Depth {maxDepth}: expected 1 or more.");
        if (length is < 2 or > MaxLength || length % 2 != 0) throw new StrataException($"Length {length}: expected an even number from 2 to {MaxLength}.");
        if (count < 1) throw new StrataException($"{count} rows: expected 1 or more.");
        if (!(corrupted is >= 0 and <= 1)) throw new StrataException($"Corrupted share {corrupted.ToString(CultureInfo.InvariantCulture)}: expected 0 to 1.");

        (int pad, int start) = (2 * kinds, 2 * kinds + 1);
        double[][] opening = OpeningChances(length, Math.Min(maxDepth, length / 2));
        SeededRandom random = new(seed);
        int[][] rows = new int[count][];
        for (int row = 0; row < count; row++)
        {
            rows[row] = RandomString(kinds, start, opening, random);
            if (random.NextDouble() < corrupted) Corrupt(rows[row], kinds, random);
        }

        string name = $"brackets ({kinds} kinds, depth {maxDepth}, length {length}, seed {seed})";
        return ToyTask.FromRows(name, rows, Names(kinds), pad, start,
        [
            ("depth", row => Read(rows[row]).Depth),
            ("top", row => Read(rows[row]).Top),
            ("valid", row => Read(rows[row]).Depth.Select(depth => depth < 0 ? 0 : 1).ToArray()),
            ("balanced", row => [.. Enumerable.Repeat(-1, length), Read(rows[row]).Depth[^1] == 0 ? 1 : 0]),
        ]);
    }

    private static string[] Names(int kinds)
    {
        IEnumerable<string> brackets = Enumerable.Range(0, 2 * kinds).Select(token => token < Glyphs.Length ? Glyphs[token].ToString() : $"{Glyphs[token % 2]}{token / 2}");
        return [.. brackets, "<pad>", "<start>"];
    }

    /// <summary>
    /// The chance that a uniformly drawn string goes on with an opening bracket, [brackets left][depth]: the share of its completions that begin so.
    /// Completions are counted from the end; counts are scaled row by row, since only their ratios matter.
    /// </summary>
    private static double[][] OpeningChances(int length, int maxDepth)
    {
        double[][] chances = new double[length + 1][];
        double[] completions = new double[maxDepth + 1];
        completions[0] = 1;
        for (int left = 1; left <= length; left++)
        {
            double[] next = new double[maxDepth + 1];
            chances[left] = new double[maxDepth + 1];
            for (int depth = 0; depth <= maxDepth; depth++)
            {
                double open = depth < maxDepth ? completions[depth + 1] : 0;
                double close = depth > 0 ? completions[depth - 1] : 0;
                next[depth] = open + close;
                if (next[depth] > 0) chances[left][depth] = open / next[depth];
            }

            double largest = next.Max();
            for (int depth = 0; depth <= maxDepth; depth++) completions[depth] = next[depth] / largest;
        }

        return chances;
    }

    private static int[] RandomString(int kinds, int start, double[][] opening, SeededRandom random)
    {
        int length = opening.Length - 1;
        int[] row = new int[length + 1];
        Stack<int> open = new();
        row[0] = start;
        for (int t = 1; t <= length; t++)
        {
            if (random.NextDouble() < opening[length + 1 - t][open.Count])
            {
                open.Push(random.NextInt(kinds));
                row[t] = 2 * open.Peek();
            }
            else
            {
                row[t] = 2 * open.Pop() + 1;
            }
        }

        return row;
    }

    /// <summary>Another bracket in one place: either the numbers of opening and closing ones then differ, or one pair's kinds do.</summary>
    private static void Corrupt(int[] row, int kinds, SeededRandom random)
    {
        int t = 1 + random.NextInt(row.Length - 1);
        int other = random.NextInt(2 * kinds - 1);
        row[t] = other < row[t] ? other : other + 1;
    }

    /// <summary>Depth and innermost open kind after each token, from a stack; -1 from the first bracket on that closes what is not open.</summary>
    private static (int[] Depth, int[] Top) Read(int[] row)
    {
        (int[] depth, int[] top) = (new int[row.Length], new int[row.Length]);
        depth.AsSpan().Fill(-1);
        top.AsSpan().Fill(-1);
        depth[0] = 0;
        Stack<int> open = new();
        for (int t = 1; t < row.Length; t++)
        {
            bool opens = row[t] % 2 == 0;
            if (opens) open.Push(row[t] / 2);
            else if (!open.TryPop(out int kind) || kind != row[t] / 2) break;
            depth[t] = open.Count;
            if (open.Count > 0) top[t] = open.Peek();
        }

        return (depth, top);
    }
}
