using Strata.Models;

namespace Strata.Research;

/// <summary>How the two sequences of a pair differ.</summary>
public enum PairKind
{
    /// <summary>A token n times, and the same n + 1 times.</summary>
    OneMore,

    /// <summary>n tokens that differ in the first.</summary>
    FirstToken,

    /// <summary>n tokens that differ in the one before the last.</summary>
    LastButOne,
}

/// <summary>
/// How far apart the last tokens of two nearly equal sequences are, against their length, at every point and in number formats of less precision: where the distance falls below what a format can hold, nothing that reads the state can
/// tell the sequences apart (Barbero et al. 2024, "Transformers need glasses!").
/// </summary>
public static class PairDistance
{
    /// <summary>Number formats, with the bits of their significands (the leading one included) and their largest number.</summary>
    private static readonly (string Name, int Bits, int LeastExponent, double Largest)[] Formats =
        [("float32", 24, -126, float.MaxValue), ("float16", 11, -14, 65504), ("bfloat16", 8, -126, 3.3895313892515355e38), ("float8-e4m3", 4, -6, 448)];

    /// <summary>Names of the formats.</summary>
    public static IReadOnlyList<string> FormatNames { get; } = Formats.Select(f => f.Name).ToArray();

    /// <summary>Runs pairs of every length and reads their last tokens.</summary>
    /// <param name="model">The network.</param>
    /// <param name="kind">How the sequences of a pair differ.</param>
    /// <param name="lengths">Numbers of tokens n.</param>
    /// <param name="token">The token that is repeated.</param>
    /// <param name="other">The token that stands in one place of the second sequence; not used by <see cref="PairKind.OneMore"/>.</param>
    /// <param name="points">Globs of hook points.</param>
    /// <param name="first">A token that begins every sequence, such as BOS; null for none.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>
    /// One row per point, length and format: <c>point</c>, <c>block</c>, <c>length</c>, <c>format</c>, <c>largest</c> (largest difference of a coordinate after rounding both states), <c>sum</c> (of the differences), <c>spacing</c>
    /// (of the format at the largest coordinate), <c>told apart</c> (1 when any coordinate differs).
    /// </returns>
    /// <exception cref="StrataException">A length is too small or too long for the model, a token is no id, or a glob selects nothing.</exception>
    public static Table Run(Model model, PairKind kind, IReadOnlyList<int> lengths, int token, int other, IReadOnlyList<string>? points = null, int? first = null, CancellationToken cancellation = default)
    {
        if (lengths.Count == 0 || lengths.Any(n => n < 2)) throw new StrataException($"Pairs of {string.Join(", ", lengths)} tokens: give lengths of 2 or more.");
        int[] begin = first is int id ? [id] : [];
        int[][] sequences = lengths.SelectMany(n => new[] { (int[])[.. begin, .. Enumerable.Repeat(token, n)], [.. begin, .. Second(kind, n, token, other)] }).ToArray();
        TokenRows rows = new($"pairs {kind}", sequences);
        Activations last = model.Capture(rows, new CaptureRequest { Points = points ?? ["blocks.*.resid_post"], Pooling = Pooling.Last, Announce = _ => { } }, cancellation);
        (string Point, int Length, string Format, double[] Numbers)[] all = last.Points.SelectMany(point => lengths.SelectMany((n, i) => Formats.Select(format =>
            (point, n, format.Name, Compare(last.Samples(point)[0].Row(2 * i), last.Samples(point)[0].Row(2 * i + 1), format))))).ToArray();
        return new Table(
            "Distance of the last tokens of a pair",
            last.Provenance.With("pair", kind.ToString()).With("token", $"{token}").With("other", $"{other}"),
            Column.Text("point", all.Select(r => r.Point)),
            Column.Integer("block", all.Select(r => BlockPoint.Of(r.Point)?.Block ?? -1L)),
            Column.Integer("length", all.Select(r => (long)r.Length)),
            Column.Text("format", all.Select(r => r.Format)),
            Column.Real("largest", all.Select(r => r.Numbers[0])),
            Column.Real("sum", all.Select(r => r.Numbers[1])),
            Column.Real("spacing", all.Select(r => r.Numbers[2])),
            Column.Integer("told apart", all.Select(r => (long)r.Numbers[3])))
        {
            Notes = ["The network computes in float32; states are rounded where they are read, so a network that computes in the format can only be worse."],
        };
    }

    private static int[] Second(PairKind kind, int n, int token, int other)
    {
        int[] second = Enumerable.Repeat(token, kind == PairKind.OneMore ? n + 1 : n).ToArray();
        if (kind == PairKind.FirstToken) second[0] = other;
        if (kind == PairKind.LastButOne) second[^2] = other;
        return second;
    }

    private static double[] Compare(ReadOnlySpan<float> a, ReadOnlySpan<float> b, (string Name, int Bits, int LeastExponent, double Largest) format)
    {
        double largest = 0, sum = 0, coordinate = 0;
        for (int j = 0; j < a.Length; j++)
        {
            double difference = Math.Abs(Round(a[j], format.Bits, format.LeastExponent, format.Largest) - Round(b[j], format.Bits, format.LeastExponent, format.Largest));
            largest = Math.Max(largest, difference);
            sum += difference;
            coordinate = Math.Max(coordinate, Math.Abs((double)a[j]));
        }

        return [largest, sum, Spacing(coordinate, format.Bits, format.LeastExponent), largest > 0 ? 1 : 0];
    }

    /// <summary>To the nearest number of the format, ties to even, numbers beyond the largest to the largest.</summary>
    internal static double Round(double value, int bits, int leastExponent, double largest)
    {
        if (value == 0) return 0;
        double spacing = Spacing(value, bits, leastExponent);
        return Math.Clamp(Math.Round(value / spacing, MidpointRounding.ToEven) * spacing, -largest, largest);
    }

    private static double Spacing(double value, int bits, int leastExponent) => Math.ScaleB(1, Math.Max(value == 0 ? leastExponent : Math.ILogB(value), leastExponent) - bits + 1);
}
