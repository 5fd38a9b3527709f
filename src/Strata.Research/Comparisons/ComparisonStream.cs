using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Compares every pair of points while their rows stream by, a chunk at a time: memory is points² · width² whatever the number of rows. For linear CKA (both estimates), CCA, SVCCA,
/// Procrustes and the in-sample linear map, which need co-moments of features alone.
/// </summary>
public sealed class ComparisonStream
{
    private readonly Comparison _comparison;
    private readonly IFromMoments _moments;
    private readonly Dictionary<string, SideMoments> _sides = [];
    private readonly Dictionary<(string, string), PairMoments> _pairs = [];
    private readonly Dictionary<string, (SideMoments Side, PairMoments Pair)> _shuffled = [];
    private readonly Random? _random;
    private Activations? _last;

    /// <summary>An empty stream.</summary>
    /// <param name="name">A name that <see cref="Comparisons.Get"/> understands.</param>
    /// <param name="options">Whether the control is kept, and its seed; null for the defaults.</param>
    /// <exception cref="StrataException">The comparison is unknown, or needs all rows at once.</exception>
    public ComparisonStream(string name, ComparisonOptions? options = null)
    {
        options ??= new ComparisonOptions();
        _random = options.Controls ? new Random(unchecked(options.Seed + 0x5eed)) : null;
        _comparison = Comparisons.Get(name);
        _moments = _comparison is IFromMoments { Streams: true } moments ? moments
            : throw new StrataException($"\"{name}\" needs all rows at once. {NearestNames.Suggest(name, Comparisons.All.Where(c => c is IFromMoments { Streams: true }).Select(c => c.Name))}");
    }

    /// <summary>Rows so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Adds the rows of a capture; every chunk must have the same points.</summary>
    /// <exception cref="StrataException">The points or widths are not those of the first chunk, or a number is not finite.</exception>
    public void Add(Activations chunk)
    {
        if (_last is not null && !_last.Points.SequenceEqual(chunk.Points)) throw new StrataException($"The chunks differ in their points: first {string.Join(", ", _last.Points.Take(3))}, now {string.Join(", ", chunk.Points.Take(3))}.");
        FloatMatrix[] rows = chunk.Points.Select(chunk.Rows).ToArray();
        for (int i = 0; i < rows.Length; i++)
        {
            if (_sides.TryGetValue(chunk.Points[i], out SideMoments? known) && known.Mean.Length != rows[i].Columns)
                throw new StrataException($"\"{chunk.Points[i]}\" was {known.Mean.Length} wide in the first chunk and is {rows[i].Columns} wide now.");
            if (rows[i].Rows != rows[0].Rows) throw new StrataException($"\"{chunk.Points[i]}\" has {rows[i].Rows} rows and \"{chunk.Points[0]}\" {rows[0].Rows}; rows must correspond.");
            if (!System.Numerics.Tensors.TensorPrimitives.IsFiniteAll<float>(rows[i].Values)) throw new StrataException($"\"{chunk.Points[i]}\" holds NaN or infinity, so \"{_comparison.Name}\" is not defined.");
        }

        SideMoments[] sides = chunk.Points.Select((point, i) => _sides.TryGetValue(point, out SideMoments? side) ? side : _sides[point] = new SideMoments(rows[i].Columns)).ToArray();
        for (int i = 0; i < sides.Length; i++) sides[i].Open(rows[i]);
        for (int i = 0; i < sides.Length; i++)
        {
            for (int j = i + 1; j < sides.Length; j++) PairOf(chunk.Points[i], chunk.Points[j]).Add(sides[i], rows[i], sides[j], rows[j]);
        }

        if (_random is not null) AddShuffled(chunk.Points, sides, rows);
        foreach (SideMoments side in sides) side.Close();
        Rows += rows[0].Rows;
        _last = chunk;
    }

    /// <summary>[points, points] of all rows so far; NaN where not defined.</summary>
    /// <exception cref="StrataException">Too few rows were added.</exception>
    public double[,] Values()
    {
        if (Rows < _comparison.LeastRows || _last is null) throw new StrataException($"\"{_comparison.Name}\" needs at least {_comparison.LeastRows} rows; {Rows} were added.");
        IReadOnlyList<string> points = _last.Points;
        double[,] values = new double[points.Count, points.Count];
        for (int i = 0; i < points.Count; i++)
        {
            for (int j = i; j < points.Count; j++)
            {
                PairMoments pair = i == j ? _sides[points[i]].Own : PairOf(points[i], points[j]);
                values[i, j] = _moments.FromMoments(_sides[points[i]], _sides[points[j]], pair);
                values[j, i] = _comparison.IsSymmetric || i == j ? values[i, j] : _moments.FromMoments(_sides[points[j]], _sides[points[i]], pair.Exchanged());
            }
        }

        return values;
    }

    /// <summary>Each point with itself, the rows of one side shuffled within their chunk; null without controls.</summary>
    public double[]? Shuffled() => _random is null || _last is null ? null
        : [.. _last.Points.Select(point => _moments.FromMoments(_sides[point], _shuffled[point].Side, _shuffled[point].Pair))];

    /// <summary>Captures data chunk by chunk and compares all points with one another.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="request">What to capture.</param>
    /// <param name="name">The comparison.</param>
    /// <param name="options">Whether the control is kept, and its seed; null for the defaults.</param>
    /// <param name="rowsPerChunk">Rows of the data that are held at a time.</param>
    /// <param name="progress">Told after every chunk.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <returns>The same as <see cref="ComparisonMatrix.Compute"/> of a capture with itself.</returns>
    /// <exception cref="StrataException">The comparison needs all rows at once, or the request does not fit the model.</exception>
    public static ComparisonMatrix Run(
        Model model, TokenRows rows, CaptureRequest request, string name, ComparisonOptions? options = null, int rowsPerChunk = 64, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (rowsPerChunk < 1) throw new StrataException($"{rowsPerChunk} rows per chunk were asked for; give 1 or more.");
        ComparisonStream stream = new(name, options);
        for (int first = 0; first < rows.Count; first += rowsPerChunk)
        {
            cancellation.ThrowIfCancellationRequested();
            TokenRows chunk = rows.Slice(first, Math.Min(rowsPerChunk, rows.Count - first));
            stream.Add(model.Capture(chunk, request with { Announce = _ => { } }, cancellation));
            progress?.Report(new WorkProgress("Capturing and comparing", first + chunk.Count, rows.Count, "rows"));
        }

        return stream.ToMatrix(rows, rowsPerChunk, (options ?? new ComparisonOptions()).Seed);
    }

    private ComparisonMatrix ToMatrix(TokenRows rows, int rowsPerChunk, int seed)
    {
        double[,] values = Values();
        double[]? shuffled = Shuffled();
        Provenance provenance = (_last!.Provenance with { Data = rows.Name, DataHash = rows.Hash })
            .With("comparison", _comparison.FullName).With("pooling", _last.Pooling.ToString().ToLowerInvariant()).With("comparison.chunk", $"{rowsPerChunk} rows");
        if (shuffled is not null) provenance = provenance.With("comparison.seed", seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
        int width = _last.Points.Max(point => _sides[point].Mean.Length);
        return new ComparisonMatrix(_comparison, _last.Points, values, shuffled, provenance, ComparedPoints.Remarks(_comparison, Rows, width, width, values, shuffled));
    }

    /// <summary>The control: a chunk's rows against the same rows in another order, the same for all points.</summary>
    private void AddShuffled(IReadOnlyList<string> points, SideMoments[] sides, FloatMatrix[] rows)
    {
        int[] order = Enumerable.Range(0, rows[0].Rows).ToArray();
        _random!.Shuffle(order);
        for (int i = 0; i < sides.Length; i++)
        {
            int width = rows[i].Columns;
            if (!_shuffled.TryGetValue(points[i], out var kept)) _shuffled[points[i]] = kept = (new SideMoments(width), new PairMoments(width, width));
            FloatMatrix mixed = rows[i].Select(order);
            kept.Side.Open(mixed);
            kept.Pair.Add(sides[i], rows[i], kept.Side, mixed);
            kept.Side.Close();
        }
    }

    private PairMoments PairOf(string point, string point2)
    {
        if (!_pairs.TryGetValue((point, point2), out PairMoments? pair)) _pairs[(point, point2)] = pair = new PairMoments(_sides[point].Mean.Length, _sides[point2].Mean.Length);
        return pair;
    }
}
