using System.Collections.Concurrent;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// What a capture kept: for each hook point either one matrix per sequence (not pooled: [positions, width]) or one matrix in all
/// (pooled: [sequences, width]).
/// </summary>
public sealed class Activations
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<FloatMatrix>> _samples;
    private readonly ConcurrentDictionary<string, float[]> _means = new(StringComparer.Ordinal);

    /// <summary>Activations from their matrices.</summary>
    /// <param name="pooling">How positions became rows.</param>
    /// <param name="points">Hook points in execution order.</param>
    /// <param name="samples">Per point: one matrix per sequence when not pooled, exactly one when pooled.</param>
    /// <param name="provenance">Where they came from.</param>
    public Activations(Pooling pooling, IReadOnlyList<string> points, IReadOnlyDictionary<string, IReadOnlyList<FloatMatrix>> samples, Provenance provenance)
    {
        Pooling = pooling;
        Points = points;
        _samples = samples;
        Provenance = provenance;
    }

    /// <summary>How positions became rows.</summary>
    public Pooling Pooling { get; }

    /// <summary>The captured hook points in execution order.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>Where the activations came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Number of sequences that were captured.</summary>
    public int Sequences => Points.Count == 0 ? 0 : Pooling == Pooling.None ? _samples[Points[0]].Count : ShapeOf(Points[0], 0).Rows;

    /// <summary>Bytes of all matrices.</summary>
    public long Bytes => Points.Sum(point => Shapes(_samples[point]).Sum(shape => 4L * shape.Rows * shape.Columns));

    /// <summary>
    /// One matrix per sequence ([positions, width]); when pooled, a single matrix [sequences, width]. Of a capture larger than its memory each is read from its file whenever it is asked for.
    /// </summary>
    /// <exception cref="StrataException">The point was not captured; the message names the nearest ones.</exception>
    public IReadOnlyList<FloatMatrix> Samples(string point) => _samples.TryGetValue(point, out IReadOnlyList<FloatMatrix>? samples)
        ? samples
        : throw new StrataException($"\"{point}\" was not captured. {NearestNames.Suggest(point, Points)}");

    /// <summary>All rows of a point in one matrix: [sequences, width] when pooled, [all positions, width] when not.</summary>
    /// <exception cref="StrataException">The point was not captured, or its samples differ in width (attention patterns).</exception>
    public FloatMatrix Rows(string point)
    {
        IReadOnlyList<FloatMatrix> samples = Samples(point);
        if (samples.Count == 1) return samples[0];
        (int Rows, int Columns)[] shapes = Shapes(samples);
        int columns = shapes.Length == 0 ? 0 : shapes[0].Columns, rows = shapes.Sum(shape => shape.Rows);
        if (shapes.Any(shape => shape.Columns != columns))
            throw new StrataException($"The samples of \"{point}\" differ in width, so they do not stack into one matrix; use Samples(\"{point}\").");
        float[] values = new float[rows * columns];
        int at = 0;
        foreach (FloatMatrix sample in samples)
        {
            sample.Values.CopyTo(values, at);
            at += sample.Values.Length;
        }

        return new FloatMatrix(values, rows, columns);
    }

    /// <summary>Rows and columns of one matrix; one in a file is not read for it.</summary>
    internal (int Rows, int Columns) ShapeOf(string point, int sample) => ShapeOf(Samples(point), sample);

    private static (int Rows, int Columns) ShapeOf(IReadOnlyList<FloatMatrix> samples, int index) =>
        samples is SpilledSamples spilled ? spilled.ShapeOf(index) : (samples[index].Rows, samples[index].Columns);

    private static (int Rows, int Columns)[] Shapes(IReadOnlyList<FloatMatrix> samples) => [.. Enumerable.Range(0, samples.Count).Select(i => ShapeOf(samples, i))];

    /// <summary>The mean row of a point, computed once.</summary>
    /// <exception cref="StrataException">The point was not captured, or its samples differ in width.</exception>
    internal float[] MeanRow(string point) => _means.GetOrAdd(point, _ =>
    {
        FloatMatrix rows = Rows(point);
        double[] sum = new double[rows.Columns];
        for (int r = 0; r < rows.Rows; r++)
        {
            ReadOnlySpan<float> row = rows.Row(r);
            for (int c = 0; c < row.Length; c++) sum[c] += row[c];
        }

        return [.. sum.Select(v => (float)(v / rows.Rows))];
    });

    /// <summary>Points, sequences and bytes.</summary>
    public override string ToString() => $"{Points.Count} points x {Sequences} sequences, pooling {Pooling.ToString().ToLowerInvariant()}, {Bytes:N0} bytes";
}
