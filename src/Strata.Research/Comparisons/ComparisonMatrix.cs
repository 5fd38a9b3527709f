using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>One comparison for every pair of hook points, of one capture or of two.</summary>
public sealed class ComparisonMatrix
{
    private ComparisonMatrix(Comparison comparison, IReadOnlyList<string> points, IReadOnlyList<string> points2, double[,] values, Provenance provenance, Provenance? provenance2, IReadOnlyList<string> notes)
    {
        Comparison = comparison;
        Points = points;
        Points2 = points2;
        Values = values;
        Provenance = provenance;
        Provenance2 = provenance2;
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

    /// <summary>Where the rows came from, with the full name of the comparison.</summary>
    public Provenance Provenance { get; }

    /// <summary>Where the columns came from; null when a capture is compared with itself.</summary>
    public Provenance? Provenance2 { get; }

    /// <summary>Remarks for readers.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Compares every point of one capture with every point of another. What depends on one point is computed once per point.</summary>
    /// <param name="a">The rows of the result.</param>
    /// <param name="b">The columns; pass the same object to compare a capture with itself, which computes every pair once.</param>
    /// <param name="name">A name from <see cref="Comparisons.All"/>.</param>
    /// <param name="progress">Told after every pair.</param>
    /// <param name="cancellation">Stops between pairs.</param>
    /// <exception cref="StrataException">The name is unknown, nothing was captured, or two points cannot be compared (row counts, widths, NaN); the message names them.</exception>
    public static ComparisonMatrix Compute(Activations a, Activations b, string name, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        Comparison comparison = Comparisons.Get(name);
        if (a.Points.Count == 0 || b.Points.Count == 0) throw new StrataException($"\"{name}\" has nothing to compare: a capture holds no points.");
        bool same = ReferenceEquals(a, b);
        FloatMatrix[] rows = a.Points.Select(a.Rows).ToArray();
        FloatMatrix[] rows2 = same ? rows : b.Points.Select(b.Rows).ToArray();
        CheckAll(comparison, a, rows, b, rows2);

        int leastWidth = rows.Concat(rows2).Min(m => m.Columns);
        object[] prepared = Prepare(comparison, rows, leastWidth, cancellation);
        object[] prepared2 = same ? prepared : Prepare(comparison, rows2, leastWidth, cancellation);
        double[,] values = new double[rows.Length, rows2.Length];
        long done = 0, total = same ? (long)rows.Length * (rows.Length + 1) / 2 : (long)rows.Length * rows2.Length;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = same ? i : 0; j < rows2.Length; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                values[i, j] = comparison.Compare(prepared[i], prepared2[j]);
                if (same) values[j, i] = values[i, j];
                progress?.Report(new WorkProgress($"Comparing {rows.Length} x {rows2.Length} points", ++done, total, "pairs"));
            }
        }

        Provenance provenance = a.Provenance.With("comparison", comparison.FullName).With("pooling", a.Pooling.ToString().ToLowerInvariant());
        return new ComparisonMatrix(comparison, a.Points, b.Points, values, provenance, same ? null : b.Provenance, Remarks(comparison, a, b, values));
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

    private static void CheckAll(Comparison comparison, Activations a, FloatMatrix[] rows, Activations b, FloatMatrix[] rows2)
    {
        // Row counts, widths and finiteness are all equalities with the first or properties of one side, so n + m checks cover n x m pairs.
        for (int i = 0; i < rows.Length; i++) comparison.Check($"\"{a.Points[i]}\"", rows[i], $"\"{b.Points[0]}\"{Second(a, b)}", rows2[0]);
        for (int j = 1; j < rows2.Length; j++) comparison.Check($"\"{a.Points[0]}\"", rows[0], $"\"{b.Points[j]}\"{Second(a, b)}", rows2[j]);
    }

    private static string Second(Activations a, Activations b) => ReferenceEquals(a, b) ? "" : " of the second capture";

    private static object[] Prepare(Comparison comparison, FloatMatrix[] rows, int leastWidth, CancellationToken cancellation) => rows.Select(r =>
    {
        cancellation.ThrowIfCancellationRequested();
        return comparison.Prepare(r, leastWidth);
    }).ToArray();

    private static string[] Remarks(Comparison comparison, Activations a, Activations b, double[,] values)
    {
        List<string> notes = [$"{comparison.FullName}: {comparison.Summary}"];
        if (a.Provenance.DataHash is string first && b.Provenance.DataHash is string second && first != second)
            notes.Add("The two captures saw different token ids; rows correspond only if they are the same texts in the same order.");
        int undefined = values.Cast<double>().Count(double.IsNaN);
        if (undefined > 0) notes.Add($"{undefined} of {values.Length} values are not defined: a point is constant or zero on these rows.");
        return [.. notes];
    }
}
