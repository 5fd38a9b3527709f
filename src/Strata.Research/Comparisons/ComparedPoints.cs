using System.Globalization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>The points of two captures (or of one, twice), checked and ready to be compared.</summary>
internal sealed class ComparedPoints
{
    private readonly ComparisonContext _context;
    private readonly string? _confounderName;

    /// <exception cref="StrataException">A capture is empty, or two points cannot be compared; the message names them.</exception>
    public ComparedPoints(Comparison comparison, Activations first, Activations second, ComparisonOptions options)
    {
        Comparison = comparison;
        First = first;
        Second = second;
        Same = ReferenceEquals(first, second);
        if (first.Points.Count == 0 || second.Points.Count == 0) throw new StrataException($"\"{comparison.Name}\" has nothing to compare: a capture holds no points.");
        FirstRows = first.Points.Select(first.Rows).ToArray();
        SecondRows = Same ? FirstRows : second.Points.Select(second.Rows).ToArray();
        _confounderName = !comparison.NeedsConfounder ? null : options.Confounder is null ? first.Points[0] : "given rows";
        CheckAll();
        _context = new ComparisonContext(
            FirstRows.Concat(SecondRows).Min(m => m.Columns),
            comparison.CheckConfounder($"\"{_confounderName}\"", options.Confounder ?? FirstRows[0], FirstRows[0].Rows));
    }

    public Comparison Comparison { get; }

    public Activations First { get; }

    public Activations Second { get; }

    /// <summary>A capture is compared with itself.</summary>
    public bool Same { get; }

    public FloatMatrix[] FirstRows { get; }

    public FloatMatrix[] SecondRows { get; }

    /// <summary>What the comparison derives of each point alone.</summary>
    public object[] Prepare(IReadOnlyList<FloatMatrix> rows, CancellationToken cancellation)
    {
        object[] prepared = new object[rows.Count];
        // Matrices of pairs of rows are large, and so is what they are made from: one at a time.
        if (Comparison.HoldsPairsOfRows)
        {
            for (int i = 0; i < prepared.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                prepared[i] = Comparison.Prepare(rows[i], _context);
            }

            return prepared;
        }

        ParallelWork.For(prepared.Length, cancellation, i => prepared[i] = Comparison.Prepare(rows[i], _context));
        return prepared;
    }

    /// <summary>The values of some rows of one pair of points alone; a confounder is cut to the same rows.</summary>
    public double OfRows(int i, int j, int[] rows)
    {
        ComparisonContext context = _context with { Confounder = _context.Confounder?.Select(rows) };
        object x = Comparison.Prepare(FirstRows[i].Select(rows), context);
        return Comparison.Compare(x, Same && i == j ? x : Comparison.Prepare(SecondRows[j].Select(rows), context));
    }

    /// <summary>Each first point with its partner, whose rows come in another order, one for all.</summary>
    public double[] Shuffled(object[] first, Func<int, int> partner, int seed, CancellationToken cancellation)
    {
        int[] order = Enumerable.Range(0, FirstRows[0].Rows).ToArray();
        new Random(unchecked(seed + 0x5eed)).Shuffle(order);
        Dictionary<int, object> shuffled = [];
        return first.Select((x, i) =>
        {
            cancellation.ThrowIfCancellationRequested();
            int j = partner(i);
            if (!shuffled.TryGetValue(j, out object? y)) shuffled[j] = y = Comparison.Prepare(SecondRows[j].Select(order), _context);
            return Comparison.Compare(x, y);
        }).ToArray();
    }

    public Provenance Describe(ComparisonOptions options)
    {
        Provenance provenance = First.Provenance.With("comparison", Comparison.FullName).With("pooling", First.Pooling.ToString().ToLowerInvariant());
        if (_confounderName is not null) provenance = provenance.With("comparison.confounder", _confounderName);
        return options.Controls ? provenance.With("comparison.seed", options.Seed.ToString(CultureInfo.InvariantCulture)) : provenance;
    }

    /// <summary>What readers of the values should know.</summary>
    public string[] Notes(double[,] values, double[]? shuffled)
    {
        List<string> notes = [.. Remarks(Comparison, FirstRows[0].Rows, FirstRows.Max(r => r.Columns), SecondRows.Max(r => r.Columns), values, shuffled)];
        if (!Same && !Comparison.IsSymmetric) notes.Add("Not symmetric: the first capture is the first side.");
        if (_confounderName is not null) notes.Add($"Regressed out: the similarity of rows at \"{_confounderName}\".");
        if (First.Provenance.DataHash is string first && Second.Provenance.DataHash is string second && first != second)
            notes.Add("The two captures saw different token ids; rows correspond only if they are the same texts in the same order.");
        if (RandomSides() is string random) notes.Add(random);
        return [.. notes];
    }

    /// <summary>What the formula is, what to beware of, the control, and what is not defined.</summary>
    public static string[] Remarks(Comparison comparison, int rows, int width, int width2, double[,] values, double[]? shuffled)
    {
        List<string> notes = [$"{comparison.FullName}: {comparison.Summary}"];
        if (comparison.Caution(rows, width, width2) is string caution) notes.Add(caution);
        double[] known = shuffled?.Where(double.IsFinite).ToArray() ?? [];
        if (known.Length > 0) notes.Add(string.Create(CultureInfo.InvariantCulture, $"Control: with the rows of one side shuffled, values are {Math.Round(known.Min(), 4) + 0.0:0.####} to {Math.Round(known.Max(), 4) + 0.0:0.####}."));
        int undefined = values.Cast<double>().Count(double.IsNaN);
        if (undefined > 0) notes.Add($"{undefined} of {values.Length} values are not defined: a point is constant or zero on these rows, or nothing is left of it.");
        return [.. notes];
    }

    private string? RandomSides() => (First.Provenance.Seed, Same ? First.Provenance.Seed : Second.Provenance.Seed) switch
    {
        (not null, not null) => Same ? "The network has random weights." : "Both captures are of networks with random weights: this is what the architecture and the data alone make similar.",
        (not null, null) => "The first capture is of a network with random weights.",
        (null, not null) => "The second capture is of a network with random weights.",
        _ => null,
    };

    private void CheckAll()
    {
        // Row counts, widths and finiteness are all equalities with the first or properties of one side, so n + m checks cover n x m pairs.
        string second = Same ? "" : " of the second capture";
        for (int i = 0; i < FirstRows.Length; i++) Comparison.Check($"\"{First.Points[i]}\"", FirstRows[i], $"\"{Second.Points[0]}\"{second}", SecondRows[0]);
        for (int j = 1; j < SecondRows.Length; j++) Comparison.Check($"\"{First.Points[0]}\"", FirstRows[0], $"\"{Second.Points[j]}\"{second}", SecondRows[j]);
    }
}
