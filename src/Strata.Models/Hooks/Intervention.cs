using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>What an intervention does to a row.</summary>
public enum InterventionKind
{
    /// <summary>Replaces the value.</summary>
    Set,

    /// <summary>Adds a vector.</summary>
    Add,

    /// <summary>Multiplies by a factor.</summary>
    Scale,

    /// <summary>Replaces the value by 0.</summary>
    Zero,

    /// <summary>Replaces the value by its mean over reference activations.</summary>
    Mean,

    /// <summary>Removes the component along a direction: x − (x·d̂) d̂.</summary>
    ProjectOut,

    /// <summary>Removes what some directions read, along others: x − Σ uₖ (vₖ·(x − m)).</summary>
    Erase,
}

/// <summary>
/// A change of the value at a hook point during the forward pass: an immutable record. Narrow it with <see cref="At"/> (positions) and <see cref="OnHead"/>.
/// Interventions at one point act in the order given, before the point is captured.
/// </summary>
public sealed record Intervention
{
    private Intervention(string point, InterventionKind kind)
    {
        Point = point;
        Kind = kind;
    }

    /// <summary>Glob of hook points.</summary>
    public string Point { get; private init; }

    /// <summary>What happens.</summary>
    public InterventionKind Kind { get; }

    /// <summary>Set, Add, ProjectOut: one row for all positions, or (Set) one row per selected position. Erase: the directions u that are removed along.</summary>
    public FloatMatrix? Values { get; private init; }

    /// <summary>Erase: the directions v that are read, one row per row of <see cref="Values"/>.</summary>
    public FloatMatrix? Read { get; private init; }

    /// <summary>Erase: what each direction reads of the mean, vₖ·m.</summary>
    internal double[]? ReadOfMean { get; private init; }

    /// <summary>Mean: the activations whose mean is written.</summary>
    public Activations? Reference { get; private init; }

    /// <summary>Scale, Add: the factor.</summary>
    public float Factor { get; private init; } = 1;

    /// <summary>Which positions change.</summary>
    public PositionSelection Positions { get; private init; } = PositionSelection.All;

    /// <summary>Only this head's part of the row; null for the whole row.</summary>
    public int? Head { get; private init; }

    /// <summary>Only these columns of the row, of a point without heads or across them; null for all. A group of neurons is a range of columns of <c>mlp.post</c>.</summary>
    public Range? Columns { get; private init; }

    /// <summary>Replaces the value by a vector.</summary>
    public static Intervention Set(string point, float[] value) => Set(point, new FloatMatrix(value, 1, value.Length));

    /// <summary>Patches the value: row i replaces the i-th selected position of each sequence (a single row replaces all).</summary>
    public static Intervention Set(string point, FloatMatrix rows) => new(point, InterventionKind.Set) { Values = rows };

    /// <summary>Adds <paramref name="factor"/> times a vector (steering).</summary>
    public static Intervention Add(string point, float[] vector, float factor = 1) =>
        new(point, InterventionKind.Add) { Values = new FloatMatrix(vector, 1, vector.Length), Factor = factor };

    /// <summary>Multiplies the value.</summary>
    public static Intervention Scale(string point, float factor) => new(point, InterventionKind.Scale) { Factor = factor };

    /// <summary>Replaces the value by 0.</summary>
    public static Intervention Zero(string point) => new(point, InterventionKind.Zero);

    /// <summary>Replaces the value by the mean row of the same point in reference activations.</summary>
    public static Intervention Mean(string point, Activations reference) => new(point, InterventionKind.Mean) { Reference = reference };

    /// <summary>Removes the component along a direction (of any length but 0).</summary>
    /// <exception cref="StrataException">The direction is 0 or not finite.</exception>
    public static Intervention ProjectOut(string point, float[] direction)
    {
        double norm = Math.Sqrt(direction.Sum(v => (double)v * v));
        if (!(norm > 0) || !double.IsFinite(norm)) throw new StrataException($"The direction to project out of \"{point}\" has length {norm}; a finite length above 0 is needed.");
        return new(point, InterventionKind.ProjectOut) { Values = new FloatMatrix(direction.Select(v => (float)(v / norm)).ToArray(), 1, direction.Length) };
    }

    /// <summary>Removes what some directions read, about a mean: x − Σ uₖ (vₖ·(x − m)). With u = v orthonormal it is an orthogonal projection that keeps the mean.</summary>
    /// <param name="point">Glob of hook points.</param>
    /// <param name="removed">The directions u, [rank, width].</param>
    /// <param name="read">The directions v, [rank, width].</param>
    /// <param name="mean">m, which stays as it is.</param>
    /// <exception cref="StrataException">The shapes differ or a number is not finite.</exception>
    public static Intervention Erase(string point, FloatMatrix removed, FloatMatrix read, float[] mean)
    {
        if (removed.Rows != read.Rows || removed.Columns != read.Columns || mean.Length != read.Columns || removed.Rows == 0)
            throw new StrataException($"An erasure at \"{point}\" needs as many directions to read as to remove, and a mean of their width; given were {removed}, {read} and {mean.Length} numbers.");
        if (removed.Values.Concat(read.Values).Concat(mean).Any(v => !float.IsFinite(v))) throw new StrataException($"The erasure at \"{point}\" holds NaN or infinity.");
        double[] ofMean = Enumerable.Range(0, read.Rows).Select(k => Enumerable.Range(0, mean.Length).Sum(j => (double)read[k, j] * mean[j])).ToArray();
        return new(point, InterventionKind.Erase) { Values = removed, Read = read, ReadOfMean = ofMean };
    }

    /// <summary>The same at some positions only.</summary>
    public Intervention At(PositionSelection positions) => this with { Positions = positions };

    /// <summary>The same on one head only (points with heads: <c>attn.q|k|v|z|scores|pattern</c>).</summary>
    public Intervention OnHead(int head) => this with { Head = head };

    /// <summary>The same at other points.</summary>
    public Intervention On(string point) => this with { Point = point };

    /// <summary>The same on some columns of the row only, such as neurons 64..128 of <c>mlp.post</c>.</summary>
    public Intervention OnColumns(Range columns) => this with { Columns = columns };

    /// <summary>One line for provenance.</summary>
    public override string ToString()
    {
        string what = Kind switch
        {
            InterventionKind.Scale => $"scale {Factor:R}",
            InterventionKind.Add => $"add {Factor:R} x vector[{Values!.Columns}] #{Hash(Values)}",
            InterventionKind.Erase => $"erase [{Values!.Rows}, {Values.Columns}] #{Hash(Values)} #{Hash(Read!)} #{Hash(MemoryMarshal.AsBytes(ReadOfMean.AsSpan()))}",
            InterventionKind.Set or InterventionKind.ProjectOut => $"{Kind.ToString().ToLowerInvariant()} [{Values!.Rows}, {Values.Columns}] #{Hash(Values)}",
            InterventionKind.Mean => $"mean of {Reference!.Provenance.Data} #{Hash(Reference.Provenance)}",
            _ => Kind.ToString().ToLowerInvariant(),
        };
        return $"{Point}: {what}{(Head is int head ? $" head {head}" : "")}{(Columns is Range columns ? $" columns {columns}" : "")}{(Positions.IsAll ? "" : $" at {Positions}")}";
    }

    private static string Hash(FloatMatrix values) => Hash(MemoryMarshal.AsBytes(values.Values.AsSpan()));

    /// <summary>Of all that decides what the activations are.</summary>
    private static string Hash(Provenance p) =>
        Hash(Encoding.UTF8.GetBytes(string.Join('\n', [p.ModelHash, p.DataHash, p.Plan, .. p.Interventions, .. p.Settings.Select(setting => $"{setting.Key}={setting.Value}")])));

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..12];
}
