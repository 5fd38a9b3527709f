using Strata.Models;

namespace Strata.Research;

/// <summary>One comparison for every pair of hook points, of one capture or of two.</summary>
public sealed class ComparisonMatrix
{
    private ComparisonMatrix(ComparedPoints compared, double[,] values, IReadOnlyList<double>? shuffled, Provenance provenance, IReadOnlyList<string> notes)
    {
        Comparison = compared.Comparison;
        Points = compared.First.Points;
        Points2 = compared.Second.Points;
        Values = values;
        Shuffled = shuffled;
        Provenance = provenance;
        Provenance2 = compared.Same ? null : compared.Second.Provenance;
        Notes = notes;
    }

    /// <summary>The points of one capture with one another, whose rows streamed by.</summary>
    internal ComparisonMatrix(Comparison comparison, IReadOnlyList<string> points, double[,] values, IReadOnlyList<double>? shuffled, Provenance provenance, IReadOnlyList<string> notes)
    {
        Comparison = comparison;
        Points = Points2 = points;
        Values = values;
        Shuffled = shuffled;
        Provenance = provenance;
        Notes = notes;
    }

    /// <summary>What was computed.</summary>
    public Comparison Comparison { get; }

    /// <summary>Hook points of the rows.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>Hook points of the columns; the same as <see cref="Points"/> when a capture is compared with itself.</summary>
    public IReadOnlyList<string> Points2 { get; }

    /// <summary>[Points, Points2]; NaN where not defined (<see cref="Notes"/> says why).</summary>
    public double[,] Values { get; }

    /// <summary>Per row point: its value with the point of equal relative depth in <see cref="Points2"/> whose rows were shuffled; null without controls.</summary>
    public IReadOnlyList<double>? Shuffled { get; }

    /// <summary>Where the rows came from, with the full name of the comparison.</summary>
    public Provenance Provenance { get; }

    /// <summary>Where the columns came from; null when a capture is compared with itself.</summary>
    public Provenance? Provenance2 { get; }

    /// <summary>Remarks for readers.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Compares every point of one capture with every point of another. What depends on one point is computed once per point.</summary>
    /// <param name="a">The rows of the result.</param>
    /// <param name="b">The columns; pass the same object to compare a capture with itself, which computes every pair once where the comparison is symmetric.</param>
    /// <param name="name">A name that <see cref="Comparisons.Get"/> understands.</param>
    /// <param name="options">Controls and confounder; null for the defaults.</param>
    /// <param name="progress">Told after every pair.</param>
    /// <param name="cancellation">Stops between pairs.</param>
    /// <exception cref="StrataException">The name is unknown, nothing was captured, or two points cannot be compared (row counts, widths, NaN); the message names them.</exception>
    public static ComparisonMatrix Compute(Activations a, Activations b, string name, ComparisonOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new ComparisonOptions();
        ComparedPoints points = new(Comparisons.Get(name), a, b, options);
        object[] first = points.Prepare(points.FirstRows, cancellation), second = points.Same ? first : points.Prepare(points.SecondRows, cancellation);
        points.Comparison.PreparePairs(first, second, cancellation);
        double[,] values = AllPairs(points, first, second, progress, cancellation);
        double[]? shuffled = options.Controls ? points.Shuffled(first, i => Partner(i, first.Length, second.Length), options.Seed, cancellation) : null;
        return new ComparisonMatrix(points, values, shuffled, points.Describe(options), points.Notes(values, shuffled));
    }

    /// <summary>One row per pair: <c>point</c>, <c>point 2</c>, and the value under the comparison's name.</summary>
    public Table ToTable()
    {
        var pairs = Enumerable.Range(0, Points.Count).SelectMany(i => Enumerable.Range(0, Points2.Count).Select(j => (i, j))).ToArray();
        return new Table(
            $"{Comparison.Name} of {Points.Count} x {Points2.Count} hook points",
            Provenance,
            Column.Text("point", pairs.Select(p => Points[p.i])),
            Column.Text("point 2", pairs.Select(p => Points2[p.j])),
            Column.Real(Comparison.Name, pairs.Select(p => Values[p.i, p.j])))
        {
            Notes = Notes,
        };
    }

    private static double[,] AllPairs(ComparedPoints points, object[] first, object[] second, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        bool half = points.Same && points.Comparison.IsSymmetric;
        double[,] values = new double[first.Length, second.Length];
        long done = 0, total = half ? (long)first.Length * (first.Length + 1) / 2 : (long)first.Length * second.Length;
        for (int i = 0; i < first.Length; i++)
        {
            for (int j = half ? i : 0; j < second.Length; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                values[i, j] = points.Comparison.Compare(first[i], second[j]);
                if (half) values[j, i] = values[i, j];
                progress?.Report(new WorkProgress($"Comparing {first.Length} x {second.Length} points", ++done, total, "pairs"));
            }
        }

        return values;
    }

    /// <summary>The point of equal relative depth.</summary>
    private static int Partner(int i, int first, int second) => first == 1 ? 0 : (int)Math.Round(i * (second - 1.0) / (first - 1));
}
