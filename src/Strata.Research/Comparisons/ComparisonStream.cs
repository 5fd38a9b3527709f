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
    private Activations? _last;

    /// <summary>An empty stream.</summary>
    /// <param name="name">A name that <see cref="Comparisons.Get"/> understands.</param>
    /// <exception cref="StrataException">The comparison is unknown, or needs all rows at once.</exception>
    public ComparisonStream(string name)
    {
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

    /// <summary>Captures data chunk by chunk and compares all points with one another.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="request">What to capture.</param>
    /// <param name="name">The comparison.</param>
    /// <param name="rowsPerChunk">Rows of the data that are held at a time.</param>
    /// <param name="progress">Told after every chunk.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <returns>The points and their matrix.</returns>
    /// <exception cref="StrataException">The comparison needs all rows at once, or the request does not fit the model.</exception>
    public static (IReadOnlyList<string> Points, double[,] Values) Run(
        Model model, TokenRows rows, CaptureRequest request, string name, int rowsPerChunk = 64, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ComparisonStream stream = new(name);
        for (int first = 0; first < rows.Count; first += rowsPerChunk)
        {
            cancellation.ThrowIfCancellationRequested();
            TokenRows chunk = new(rows.Name, rows.Sequences.Skip(first).Take(rowsPerChunk).ToArray());
            stream.Add(model.Capture(chunk, request with { Announce = _ => { } }, cancellation));
            progress?.Report(new WorkProgress("Capturing and comparing", Math.Min(first + rowsPerChunk, rows.Count), rows.Count, "rows"));
        }

        return (stream._last!.Points, stream.Values());
    }

    private PairMoments PairOf(string point, string point2)
    {
        if (!_pairs.TryGetValue((point, point2), out PairMoments? pair)) _pairs[(point, point2)] = pair = new PairMoments(_sides[point].Mean.Length, _sides[point2].Mean.Length);
        return pair;
    }
}
