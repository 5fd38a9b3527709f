using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>One comparison of each hook point with the same point of another capture: a base and a fine-tuned network, two conditions of the input, two checkpoints.</summary>
public sealed class ComparisonProfile
{
    private ComparisonProfile(Comparison comparison, IReadOnlyList<string> points, Table table)
    {
        Comparison = comparison;
        Points = points;
        Table = table;
    }

    /// <summary>What was computed.</summary>
    public Comparison Comparison { get; }

    /// <summary>The points that both captures have, in the order of the first.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>
    /// One row per point: <c>point</c>, <c>block</c> (-1 outside blocks), the value under the comparison's name, with halves <c>low</c> and <c>high</c> (2.5 and 97.5 % of the values on
    /// random halves of the rows), with controls <c>shuffled pairing</c>, with twins <c>random weights</c>.
    /// </summary>
    public Table Table { get; }

    /// <summary>Compares point by point.</summary>
    /// <param name="a">The first capture.</param>
    /// <param name="b">The second; points are found by name.</param>
    /// <param name="name">A name that <see cref="Comparisons.Get"/> understands.</param>
    /// <param name="options">Controls, confounder, halves; null for the defaults.</param>
    /// <param name="twins">The same two captures of a network (or two) with random weights; null for none.</param>
    /// <param name="progress">Told after every point.</param>
    /// <param name="cancellation">Stops between points.</param>
    /// <exception cref="StrataException">The name is unknown, no point is in both captures, or two points cannot be compared.</exception>
    public static ComparisonProfile Compute(
        Activations a, Activations b, string name, ComparisonOptions? options = null, (Activations A, Activations B)? twins = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new ComparisonOptions();
        Comparison comparison = Comparisons.Get(name);
        string[] shared = a.Points.Intersect(b.Points).ToArray();
        if (shared.Length == 0) throw new StrataException($"No point is in both captures: the first has {string.Join(", ", a.Points.Take(3))}, the second {string.Join(", ", b.Points.Take(3))}. Compare all with all instead.");
        ComparedPoints points = new(comparison, Only(a, shared), Only(b, shared), options);
        object[] first = points.Prepare(points.FirstRows, cancellation), second = points.Prepare(points.SecondRows, cancellation);
        double[] values = new double[shared.Length];
        (double Low, double High)[] halves = new (double, double)[shared.Length];
        for (int i = 0; i < values.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            values[i] = comparison.Compare(first[i], second[i]);
            halves[i] = Halves(points, i, options, cancellation);
            progress?.Report(new WorkProgress($"Comparing {values.Length} points", i + 1, values.Length, "points"));
        }

        double[]? shuffled = options.Controls ? points.Shuffled(first, i => i, options.Seed, cancellation) : null;
        double[]? random = twins is null ? null : OfTwins(comparison, twins.Value, shared, options, cancellation);
        double[,] all = new double[values.Length, 1];
        for (int i = 0; i < values.Length; i++) all[i, 0] = values[i];
        return new ComparisonProfile(comparison, shared, ToTable(points, values, halves, shuffled, random, options, points.Notes(all, shuffled)));
    }

    private static double[] OfTwins(Comparison comparison, (Activations A, Activations B) twins, string[] shared, ComparisonOptions options, CancellationToken cancellation)
    {
        ComparedPoints points = new(comparison, Only(twins.A, shared), Only(twins.B, shared), options with { Confounder = null });
        object[] first = points.Prepare(points.FirstRows, cancellation), second = points.Prepare(points.SecondRows, cancellation);
        return first.Zip(second, comparison.Compare).ToArray();
    }

    private static Activations Only(Activations activations, string[] points) =>
        new(activations.Pooling, points, points.ToDictionary(p => p, activations.Samples), activations.Provenance);

    private static (double Low, double High) Halves(ComparedPoints points, int i, ComparisonOptions options, CancellationToken cancellation)
    {
        if (options.Halves == 0) return (double.NaN, double.NaN);
        int rows = points.FirstRows[i].Rows;
        int[] order = Enumerable.Range(0, rows).ToArray();
        Random random = new(options.Seed);
        double[] values = new double[options.Halves];
        for (int draw = 0; draw < values.Length; draw++)
        {
            cancellation.ThrowIfCancellationRequested();
            random.Shuffle(order);
            values[draw] = points.OfRows(i, i, order[..(rows / 2)]);
        }

        Array.Sort(values);
        return (Quantile(values, 0.025), Quantile(values, 0.975));
    }

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        return sorted[below] + (place - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
    }

    private static Table ToTable(ComparedPoints points, double[] values, (double Low, double High)[] halves, double[]? shuffled, double[]? random, ComparisonOptions options, IReadOnlyList<string> notes)
    {
        List<Column> columns =
        [
            Column.Text("point", points.First.Points),
            Column.Integer("block", points.First.Points.Select(p => BlockPoint.Of(p)?.Block ?? -1L)),
            Column.Real(points.Comparison.Name, values),
        ];
        if (options.Halves > 0) columns.AddRange([Column.Real("low", halves.Select(h => h.Low)), Column.Real("high", halves.Select(h => h.High))]);
        if (shuffled is not null) columns.Add(Column.Real("shuffled pairing", shuffled));
        if (random is not null) columns.Add(Column.Real("random weights", random));
        string[] more = options.Halves == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"low and high: 2.5 and 97.5 % of the values on {options.Halves} random halves of the rows, each drawn without repetition.")];
        return new Table($"{points.Comparison.Name} of each hook point in two captures", points.Describe(options), [.. columns]) { Notes = [.. notes, .. more] };
    }
}
