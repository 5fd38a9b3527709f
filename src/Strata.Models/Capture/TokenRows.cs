using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Strata.Models;

/// <summary>Sequences of ids with a name: what a network is run on. No padding, and no token that is not listed.</summary>
public sealed class TokenRows
{
    private readonly ImageSpec? _spec;
    private string? _hash;

    /// <summary>Rows with a name for provenance.</summary>
    /// <param name="name">What the rows are: a file, a generator and its seed.</param>
    /// <param name="sequences">Ids of each row.</param>
    /// <param name="types">One token type per id (<see cref="TokenIds.TypeIds"/>), for networks that tell the texts of a pair apart; null for 0 everywhere.</param>
    /// <exception cref="StrataException">There is no row, a row has no id, or there is not one type per id.</exception>
    public TokenRows(string name, IReadOnlyList<int[]> sequences, IReadOnlyList<int[]>? types = null)
    {
        if (sequences.Count == 0) throw new StrataException($"\"{name}\" has no rows.");
        for (int i = 0; i < sequences.Count; i++)
        {
            if (sequences[i].Length == 0) throw new StrataException($"Row {i} of \"{name}\" has no tokens; leave it out or begin it with the model's BOS token.");
        }

        if (types is not null && !types.Select(t => t.Length).SequenceEqual(sequences.Select(s => s.Length)))
            throw new StrataException($"\"{name}\" has token types, but not one per id of each row.");
        Name = name;
        Sequences = sequences;
        Types = types;
    }

    /// <summary>Images with a name for provenance; the ids of a row are those of its patches (<see cref="ImageSpec.Tokens"/>).</summary>
    /// <param name="name">What the rows are.</param>
    /// <param name="spec">How the network reads images.</param>
    /// <param name="images">One per row, after preprocessing.</param>
    /// <exception cref="StrataException">There is no image, or one is too small or too large.</exception>
    public TokenRows(string name, ImageSpec spec, IReadOnlyList<ImagePixels> images) : this(name, [.. images.Select(image => spec.Tokens(image.Height, image.Width))])
    {
        Images = images;
        _spec = spec;
    }

    /// <summary>What the rows are.</summary>
    public string Name { get; }

    /// <summary>Ids of each row.</summary>
    public IReadOnlyList<int[]> Sequences { get; }

    /// <summary>Token types of each row; null where all are 0.</summary>
    public IReadOnlyList<int[]>? Types { get; }

    /// <summary>The class of each row, −1 for one that the network does not know; null where classes are not known.</summary>
    public IReadOnlyList<int>? Classes { get; private init; }

    /// <summary>The same images with their classes.</summary>
    /// <exception cref="StrataException">There is not one class per row, or the rows are texts.</exception>
    public TokenRows WithClasses(IReadOnlyList<int> classes)
    {
        if (Images is null || classes.Count != Count) throw new StrataException($"{classes.Count} classes were given for {Count} rows of {(Images is null ? "texts; images have classes" : "images")}.");
        return new(Name, _spec!, Images) { Classes = classes };
    }

    /// <summary>The image of each row; null for texts.</summary>
    public IReadOnlyList<ImagePixels>? Images { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Sequences.Count;

    /// <summary>Number of ids in all rows.</summary>
    public int Tokens => Sequences.Sum(s => s.Length);

    /// <summary>SHA-256 of all ids, token types, row lengths, classes and pixels, in hexadecimal.</summary>
    public string Hash => _hash ??= ComputeHash();

    /// <summary>The first rows.</summary>
    public TokenRows Take(int count) => Images is not null ? new($"{Name}, first {Math.Min(count, Count)}", _spec!, [.. Images.Take(count)]) { Classes = Classes?.Take(count).ToArray() } : new($"{Name}, first {Math.Min(count, Count)}", Sequences.Take(count).ToArray(), Types?.Take(count).ToArray());

    /// <summary>One row by itself, under the same name.</summary>
    public TokenRows Only(int row) => Slice(row, 1);

    /// <summary>Rows that follow one another, under the same name.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    public TokenRows Slice(int first, int count) => Images is not null
        ? new(Name, _spec!, [.. Images.Skip(first).Take(count)]) { Classes = Classes?.Skip(first).Take(count).ToArray() }
        : new(Name, Sequences.Skip(first).Take(count).ToArray(), Types?.Skip(first).Take(count).ToArray());

    /// <summary>
    /// The rows in batches: rows with few tokens run together. Rows never influence each other, so the split changes speed and memory, not results.
    /// </summary>
    /// <param name="tokensPerBatch">A batch stops growing here; a longer row is a batch by itself.</param>
    public IEnumerable<(int FirstRow, TokenBatch Batch)> Batches(int tokensPerBatch)
    {
        for (int first = 0; first < Count;)
        {
            int end = first + 1, tokens = Sequences[first].Length;
            while (end < Count && tokens + Sequences[end].Length <= tokensPerBatch) tokens += Sequences[end++].Length;
            yield return (first, Images is not null ? new TokenBatch(_spec!, [.. Images.Skip(first).Take(end - first)]) : new TokenBatch(Sequences.Skip(first).Take(end - first).ToArray(), Types?.Skip(first).Take(end - first).ToArray()));
            first = end;
        }
    }

    private string ComputeHash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Types follow the ids: rows without them keep the hash that they had before there were types.
        foreach (int[] sequence in Sequences.Concat(Types ?? []))
        {
            hash.AppendData(BitConverter.GetBytes(sequence.Length));
            hash.AppendData(MemoryMarshal.AsBytes(sequence.AsSpan()));
        }

        if (Classes is not null) hash.AppendData(MemoryMarshal.AsBytes(Classes.ToArray().AsSpan()));
        foreach (ImagePixels image in Images ?? []) hash.AppendData(MemoryMarshal.AsBytes(image.Values.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Name, rows and tokens.</summary>
    public override string ToString() => $"{Name}: {Count} rows, {Tokens:N0} tokens";
}
