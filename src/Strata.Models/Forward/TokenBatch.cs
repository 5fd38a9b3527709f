namespace Strata.Models;

/// <summary>
/// Sequences that run together: their ids lie one behind another, without padding, so that a batch equals its single runs and no mask can be forgotten.
/// Position i of a sequence is its i-th real token.
/// </summary>
public sealed class TokenBatch
{
    /// <summary>A batch of sequences of any lengths.</summary>
    /// <param name="sequences">At least one sequence, each of at least one id.</param>
    /// <param name="types">One type per token (0 in the first text of a pair, 1 in the second, for BERT); null for 0 everywhere.</param>
    /// <exception cref="StrataException">No sequence, an empty one, or not one type per token.</exception>
    public TokenBatch(IReadOnlyList<int[]> sequences, IReadOnlyList<int[]>? types = null)
    {
        if (sequences.Count == 0) throw new StrataException("A batch needs at least one sequence.");
        int empty = sequences.TakeWhile(s => s.Length > 0).Count();
        if (empty < sequences.Count) throw new StrataException($"Sequence {empty} of the batch has no tokens; leave it out or begin it with the model's BOS token.");
        Starts = new int[sequences.Count + 1];
        for (int i = 0; i < sequences.Count; i++) Starts[i + 1] = checked(Starts[i] + sequences[i].Length);
        Ids = sequences.SelectMany(s => s).ToArray();
        if (types is null) return;
        if (!types.Select(t => t.Length).SequenceEqual(sequences.Select(s => s.Length))) throw new StrataException("A batch with token types needs one type per token of each sequence.");
        Types = types.SelectMany(t => t).ToArray();
    }

    /// <summary>A batch of images.</summary>
    /// <param name="spec">How the network reads images.</param>
    /// <param name="images">At least one, of any sizes.</param>
    /// <exception cref="StrataException">No image, or one that is too small or too large.</exception>
    public TokenBatch(ImageSpec spec, IReadOnlyList<ImagePixels> images) : this([.. images.Select(image => spec.Tokens(image.Height, image.Width))]) => Images = images;

    /// <summary>The images, one per sequence, whose patches the ids stand for; null for texts.</summary>
    public IReadOnlyList<ImagePixels>? Images { get; private init; }

    /// <summary>All ids, sequence after sequence.</summary>
    public int[] Ids { get; }

    /// <summary>Token types, sequence after sequence; null where all are 0.</summary>
    public int[]? Types { get; }

    /// <summary>Where each sequence begins in <see cref="Ids"/>, and the end of the last: one more entry than sequences.</summary>
    public int[] Starts { get; }

    /// <summary>Number of sequences.</summary>
    public int Sequences => Starts.Length - 1;

    /// <summary>Number of ids.</summary>
    public int Tokens => Ids.Length;

    /// <summary>Length of a sequence.</summary>
    public int Length(int sequence) => Starts[sequence + 1] - Starts[sequence];

    /// <summary>The ids of a sequence.</summary>
    public ReadOnlySpan<int> Sequence(int sequence) => Ids.AsSpan(Starts[sequence], Length(sequence));

    /// <summary>The token types of a sequence; empty where all are 0.</summary>
    public ReadOnlySpan<int> TypesOf(int sequence) => Types is null ? [] : Types.AsSpan(Starts[sequence], Length(sequence));

    /// <summary>The same sequences several times over, for states of one batch that run together.</summary>
    /// <param name="times">At least 1.</param>
    public TokenBatch Repeat(int times)
    {
        T[] Over<T>(IEnumerable<T> once) => [.. Enumerable.Repeat(once, times).SelectMany(all => all)];
        int[][] sequences = [.. Enumerable.Range(0, Sequences).Select(s => Sequence(s).ToArray())];
        int[][]? types = Types is null ? null : [.. Enumerable.Range(0, Sequences).Select(s => TypesOf(s).ToArray())];
        return new TokenBatch(Over(sequences), types is null ? null : Over(types)) { Images = Images is null ? null : Over(Images) };
    }

    /// <summary>Takes padded rows apart: only ids whose mask is true run, so left, right and mixed padding give the same result.</summary>
    /// <param name="ids">[sequences, longest].</param>
    /// <param name="mask">True for real tokens; same shape.</param>
    /// <exception cref="StrataException">Shapes differ or a row has no real token.</exception>
    public static TokenBatch FromPadded(int[,] ids, bool[,] mask)
    {
        if (ids.GetLength(0) != mask.GetLength(0) || ids.GetLength(1) != mask.GetLength(1))
            throw new StrataException($"The mask is {mask.GetLength(0)} x {mask.GetLength(1)} and the ids are {ids.GetLength(0)} x {ids.GetLength(1)}.");
        List<int[]> sequences = [];
        for (int row = 0; row < ids.GetLength(0); row++)
            sequences.Add(Enumerable.Range(0, ids.GetLength(1)).Where(column => mask[row, column]).Select(column => ids[row, column]).ToArray());
        return new TokenBatch(sequences);
    }
}
