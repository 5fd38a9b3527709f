using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Sequences that can be continued by looking back: after ... A B ... A comes B (Elhage et al. 2021, "A mathematical framework for transformer circuits";
/// Olsson et al. 2022, "In-context learning and induction heads"). A row is <c>&lt;start&gt;</c> and then random tokens that carry no meaning:
/// 0 .. v - 1, named t0, t1 ...; then <c>&lt;pad&gt;</c> and <c>&lt;start&gt;</c>.
/// Labels, where the token at t occurred before: <c>answer</c>, the token that followed its first occurrence, which is the token at t + 1;
/// <c>source</c>, the position of that answer, to which an induction head attends. Both are -1 elsewhere, and where the row ends or does not go on as before.
/// </summary>
public static class Induction
{
    /// <summary>The largest vocabulary, and the longest sequence.</summary>
    public const int MaxSize = 65536;

    /// <summary>Sequences of two equal halves; the tokens of a half are distinct, so that every token of the second half but the last has one answer.</summary>
    /// <param name="vocabulary">Number of tokens v; at least half of the length.</param>
    /// <param name="length">Tokens in a sequence: even, 4 or more.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">Seed of the tokens.</param>
    /// <exception cref="StrataException">A number outside its limits.</exception>
    public static ToyTask RepeatedHalf(int vocabulary, int length, int count, long seed)
    {
        if (length is < 4 or > MaxSize || length % 2 != 0) throw new StrataException($"Length {length}: expected an even number from 4 to {MaxSize}.");
        Check(vocabulary, length / 2, count);
        return Create($"induction (repeated half, {vocabulary} tokens, length {length}, seed {seed})", vocabulary, count, seed, (pool, random) =>
        {
            Draw(pool, length / 2, random);
            return [vocabulary + 1, .. pool.AsSpan(0, length / 2), .. pool.AsSpan(0, length / 2)];
        });
    }

    /// <summary>Sequences of distinct tokens, of which one, A, drawn uniformly, comes again next to last, and what followed it, B, last: ... A B ... A B.</summary>
    /// <param name="vocabulary">Number of tokens v; at least the length less 2.</param>
    /// <param name="length">Tokens in a sequence, 4 or more.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">Seed of the tokens.</param>
    /// <exception cref="StrataException">A number outside its limits.</exception>
    public static ToyTask RepeatedPair(int vocabulary, int length, int count, long seed)
    {
        if (length is < 4 or > MaxSize) throw new StrataException($"Length {length}: expected 4 to {MaxSize}.");
        Check(vocabulary, length - 2, count);
        return Create($"induction (repeated pair, {vocabulary} tokens, length {length}, seed {seed})", vocabulary, count, seed, (pool, random) =>
        {
            Draw(pool, length - 2, random);
            int first = random.NextInt(length - 3);
            return [vocabulary + 1, .. pool.AsSpan(0, length - 2), pool[first], pool[first + 1]];
        });
    }

    private static void Check(int vocabulary, int distinct, int count)
    {
        if (vocabulary < distinct || vocabulary > MaxSize) throw new StrataException($"Vocabulary of {vocabulary} tokens: this length needs {distinct} distinct ones, and {MaxSize} is the limit.");
        if (count < 1) throw new StrataException($"{count} rows: expected 1 or more.");
    }

    private static ToyTask Create(string name, int vocabulary, int count, long seed, Func<int[], SeededRandom, int[]> draw)
    {
        SeededRandom random = new(seed);
        int[] pool = Enumerable.Range(0, vocabulary).ToArray();
        int[][] rows = new int[count][];
        for (int row = 0; row < count; row++) rows[row] = draw(pool, random);
        string[] names = [.. Enumerable.Range(0, vocabulary).Select(token => $"t{token}"), "<pad>", "<start>"];
        return ToyTask.FromRows(name, rows, names, vocabulary, vocabulary + 1,
        [
            ("answer", row => Sources(rows[row]).Select(source => source < 0 ? -1 : rows[row][source]).ToArray()),
            ("source", row => Sources(rows[row])),
        ]);
    }

    /// <summary>Puts distinct random tokens to the front of the pool, in random order (the beginning of a Fisher-Yates shuffle).</summary>
    private static void Draw(int[] pool, int count, SeededRandom random)
    {
        for (int i = 0; i < count; i++)
        {
            int j = i + random.NextInt(pool.Length - i);
            (pool[i], pool[j]) = (pool[j], pool[i]);
        }
    }

    private static int[] Sources(int[] row)
    {
        int[] sources = new int[row.Length];
        Dictionary<int, int> first = [];
        for (int t = 0; t < row.Length; t++)
        {
            int source = first.TryAdd(row[t], t) ? -1 : first[row[t]] + 1;
            sources[t] = source >= 0 && t + 1 < row.Length && row[source] == row[t + 1] ? source : -1;
        }

        return sources;
    }
}
