using Strata.Tensors;

namespace Strata.Research;

/// <summary>What MTEB compares two embeddings by, in float64.</summary>
internal static class PairSimilarities
{
    /// <summary>Names in MTEB's order, and whether a larger value says more alike.</summary>
    public static IReadOnlyList<(string Name, bool Similarity)> Kinds { get; } = [("cosine", true), ("manhattan", false), ("euclidean", false), ("dot", true)];

    /// <summary>Per kind, the value of every pair of rows. The cosine with a row of zeros is 0.</summary>
    public static double[][] Of(FloatMatrix embeddings, IReadOnlyList<(int First, int Second)> pairs)
    {
        double[][] values = Kinds.Select(_ => new double[pairs.Count]).ToArray();
        for (int i = 0; i < pairs.Count; i++) (values[0][i], values[1][i], values[2][i], values[3][i]) = Of(embeddings.Row(pairs[i].First), embeddings.Row(pairs[i].Second));
        return values;
    }

    /// <summary>Cosine, Manhattan and Euclidean distance, and dot product of two rows.</summary>
    public static (double Cosine, double Manhattan, double Euclidean, double Dot) Of(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double dot = 0, xx = 0, yy = 0, manhattan = 0, square = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double a = x[i], b = y[i], difference = a - b;
            dot += a * b;
            xx += a * a;
            yy += b * b;
            manhattan += Math.Abs(difference);
            square += difference * difference;
        }

        return (Cosine(x, y, Math.Sqrt(xx), Math.Sqrt(yy)), manhattan, Math.Sqrt(square), dot);
    }

    /// <summary>1 − ½·‖x/‖x‖ − y/‖y‖‖²: exactly 1 for equal rows, so that copies of a text are ties.</summary>
    private static double Cosine(ReadOnlySpan<float> x, ReadOnlySpan<float> y, double xLength, double yLength)
    {
        if (!(xLength > 0 && yLength > 0)) return 0;
        double square = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double difference = x[i] / xLength - y[i] / yLength;
            square += difference * difference;
        }

        return 1 - 0.5 * square;
    }
}
