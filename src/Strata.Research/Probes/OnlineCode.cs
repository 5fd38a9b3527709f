using System.Globalization;
using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Options of the online code.</summary>
public sealed record OnlineCodeOptions
{
    /// <summary>Shares of the groups after which the reader is trained anew; ascending, the last 1.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1];

    /// <summary>C to choose from, by the code length of the last quarter of the groups seen so far.</summary>
    public IReadOnlyList<double> Grid { get; init; } = [0.001, 0.01, 0.1, 1];

    /// <summary>Whether permuted labels are sent as well.</summary>
    public bool Control { get; init; } = true;

    /// <summary>Seed of the order of the groups and of the permutation.</summary>
    public int Seed { get; init; }

    internal void Check()
    {
        if (Shares.Count == 0 || Shares[^1] != 1 || Shares.Any(s => !(s > 0 && s <= 1)) || Shares.Zip(Shares.Skip(1)).Any(p => p.First >= p.Second))
            throw new StrataException("Shares must ascend from above 0 to 1.");
        if (Grid.Count == 0 || Grid.Any(c => !(c > 0) || double.IsInfinity(c))) throw new StrataException("Grid must hold positive numbers.");
    }
}

/// <summary>How short labels can be sent to one who has the activations.</summary>
/// <param name="Labels">Name of the label set.</param>
/// <param name="Bits">Length of the online code.</param>
/// <param name="UniformBits">n·log₂ K: the length without a reader.</param>
/// <param name="ControlBits">The length for permuted labels; NaN when not asked for.</param>
/// <param name="Rows">n.</param>
/// <param name="Portions">Rows and bits of each portion; the first is sent uniformly.</param>
public sealed record OnlineCodeResult(string Labels, double Bits, double UniformBits, double ControlBits, int Rows, IReadOnlyList<(int Rows, double Bits)> Portions)
{
    /// <summary>How many times shorter than the uniform code.</summary>
    public double Compression => UniformBits / Bits;
}

/// <summary>
/// Minimum description length by the online code (Voita and Titov 2020): labels are sent portion by portion, each under a softmax reader trained on all portions before. It counts
/// how early labels become readable as well as how well in the end, without a choice of test set.
/// </summary>
/// <remarks>Probabilities are (n·p + 1)/(n + K) with n the rows trained on, so that a class not seen yet costs finitely many bits.</remarks>
public static class OnlineCode
{
    /// <summary>Sends one label set.</summary>
    /// <param name="rows">Activations, [rows, width].</param>
    /// <param name="labels">Labels; portions are made of whole groups.</param>
    /// <param name="options">Portions, grid and seed; null for the defaults.</param>
    /// <param name="cancellation">Stops between portions.</param>
    /// <exception cref="StrataException">Labels do not fit, there are fewer than 3 groups, or a number is not finite.</exception>
    public static OnlineCodeResult Run(FloatMatrix rows, LabelSet labels, OnlineCodeOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new OnlineCodeOptions();
        options.Check();
        labels.Check(rows.Rows, "the matrix of activations");
        if (!TensorPrimitives.IsFiniteAll<float>(rows.Values)) throw new StrataException("The activations hold NaN or infinity; a probe cannot be trained on them.");
        int[][] groups = Enumerable.Range(0, rows.Rows).Where(i => labels.Labels[i] >= 0).GroupBy(i => labels.Groups[i]).OrderBy(g => g.Key).Select(g => g.ToArray()).ToArray();
        if (groups.Length < 3) throw new StrataException($"\"{labels.Name}\" has {groups.Length} group(s) of labelled rows; an online code needs at least 3.");
        new Random(options.Seed).Shuffle(groups);
        (int, double)[] portions = Send(rows, labels, groups, options, cancellation);
        double control = options.Control ? Send(rows, Probe.Permuted(labels, options.Seed), groups, options, cancellation).Sum(p => p.Item2) : double.NaN;
        int count = groups.Sum(g => g.Length);
        return new OnlineCodeResult(labels.Name, portions.Sum(p => p.Item2), count * Math.Log2(labels.ClassNames.Length), control, count, portions);
    }

    /// <summary>Sends label sets at every captured point.</summary>
    /// <returns>One row per point and label set: <c>point</c>, <c>block</c>, <c>labels</c>, <c>bits</c>, <c>uniform</c>, <c>compression</c>, <c>control</c>, <c>rows</c>.</returns>
    /// <exception cref="StrataException">As <see cref="Run"/>.</exception>
    public static Table Sweep(Activations activations, IReadOnlyList<LabelSet> sets, OnlineCodeOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new OnlineCodeOptions();
        List<(string Point, OnlineCodeResult Result)> results = [];
        foreach (string point in activations.Points)
        {
            foreach (LabelSet set in sets) results.Add((point, Run(activations.Rows(point), set, options, cancellation)));
            progress?.Report(new WorkProgress($"Coding {sets.Count} label sets", results.Count / sets.Count, activations.Points.Count, "points"));
        }

        Provenance provenance = activations.Provenance.With("probe", "online code, softmax readers").With("probe.seed", options.Seed.ToString(CultureInfo.InvariantCulture));
        return new Table("Online code per hook point", provenance,
            Column.Text("point", results.Select(r => r.Point)),
            Column.Integer("block", results.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Text("labels", results.Select(r => r.Result.Labels)),
            Column.Real("bits", results.Select(r => r.Result.Bits), "bits"),
            Column.Real("uniform", results.Select(r => r.Result.UniformBits), "bits"),
            Column.Real("compression", results.Select(r => r.Result.Compression)),
            Column.Real("control", results.Select(r => r.Result.ControlBits), "bits"),
            Column.Integer("rows", results.Select(r => (long)r.Result.Rows)));
    }

    private static (int Rows, double Bits)[] Send(FloatMatrix rows, LabelSet labels, int[][] groups, OnlineCodeOptions options, CancellationToken cancellation)
    {
        int classes = labels.ClassNames.Length;
        int[] ends = options.Shares.Select(s => (int)Math.Ceiling(s * groups.Length)).Distinct().ToArray();
        List<(int, double)> portions = [];
        for (int p = 0; p < ends.Length; p++)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] next = groups[(p == 0 ? 0 : ends[p - 1])..ends[p]].SelectMany(g => g).ToArray();
            double bits = p == 0 ? next.Length * Math.Log2(classes) : Length(rows, labels.Labels, classes, groups[..ends[p - 1]], next, options.Grid);
            portions.Add((next.Length, bits));
        }

        return [.. portions];
    }

    /// <summary>Bits of some rows under the reader trained on the groups before.</summary>
    private static double Length(FloatMatrix rows, int[] labels, int classes, int[][] seen, int[] next, IReadOnlyList<double> grid)
    {
        double[] strongestFirst = grid.Order().ToArray();
        int held = seen.Length / 4;
        double c = strongestFirst[0];
        if (held > 0 && strongestFirst.Length > 1)
        {
            double[] lengths = Bits(rows, labels, classes, seen[..^held].SelectMany(g => g).ToArray(), seen[^held..].SelectMany(g => g).ToArray(), strongestFirst);
            c = strongestFirst[Array.IndexOf(lengths, lengths.Min())];
        }

        return Bits(rows, labels, classes, seen.SelectMany(g => g).ToArray(), next, [c])[0];
    }

    private static double[] Bits(FloatMatrix rows, int[] labels, int classes, int[] train, int[] next, IReadOnlyList<double> grid)
    {
        Standardisation standardisation = new(rows, train);
        RealMatrix known = standardisation.Apply(rows, train), unknown = standardisation.Apply(rows, next);
        return LogisticProbe.Path(known, Array.ConvertAll(train, i => labels[i]), classes, grid).Select(weights =>
        {
            double bits = 0;
            double[] scores = new double[classes];
            for (int i = 0; i < next.Length; i++)
            {
                for (int c = 0; c < classes; c++) scores[c] = TensorPrimitives.Dot<double>(unknown.Row(i), weights.Row(c)[..^1]) + weights.Row(c)[^1];
                double p = LogisticProbe.Probabilities(scores)[labels[next[i]]];
                bits -= Math.Log2((train.Length * p + 1) / (train.Length + classes));
            }

            return bits;
        }).ToArray();
    }
}
