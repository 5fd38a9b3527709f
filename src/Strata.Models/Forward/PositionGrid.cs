namespace Strata.Models;

/// <summary>
/// Brings a grid of learned positions to another size by cubic interpolation with corners not aligned, as <c>torch.nn.functional.interpolate(mode="bicubic")</c> does, which the families call:
/// four neighbours with a = −¾ (Keys 1981), edges repeated; with averaging, a = −½ and a filter that grows with the reduction and is cut at the edges.
/// </summary>
internal static class PositionGrid
{
    /// <summary>[rows · columns, width] to another grid.</summary>
    public static float[] Resize(float[] table, (int Rows, int Columns) from, (int Rows, int Columns) to, int width, bool antialias)
    {
        (int[] Sources, double[] Factors)[] across = Weights(from.Columns, to.Columns, antialias), down = Weights(from.Rows, to.Rows, antialias);
        double[] wide = new double[from.Rows * to.Columns * width];
        for (int row = 0; row < from.Rows; row++)
            for (int column = 0; column < to.Columns; column++)
                for (int k = 0; k < across[column].Sources.Length; k++)
                    Add(table, (row * from.Columns + across[column].Sources[k]) * width, across[column].Factors[k], wide.AsSpan((row * to.Columns + column) * width, width));
        float[] result = new float[to.Rows * to.Columns * width];
        double[] sum = new double[to.Columns * width];
        for (int row = 0; row < to.Rows; row++)
        {
            Array.Clear(sum);
            for (int k = 0; k < down[row].Sources.Length; k++)
                for (int i = 0, at = down[row].Sources[k] * sum.Length; i < sum.Length; i++) sum[i] += wide[at + i] * down[row].Factors[k];
            for (int i = 0; i < sum.Length; i++) result[row * sum.Length + i] = (float)sum[i];
        }

        return result;
    }

    private static void Add(float[] source, int at, double factor, Span<double> target)
    {
        for (int i = 0; i < target.Length; i++) target[i] += source[at + i] * factor;
    }

    /// <summary>For each place of a line, the places of the source line that it is made of and their factors.</summary>
    private static (int[] Sources, double[] Factors)[] Weights(int from, int to, bool antialias)
    {
        double scale = (double)from / to;
        return [.. Enumerable.Range(0, to).Select(i => antialias ? Averaging(i, from, scale) : Neighbours(i, from, scale))];
    }

    private static (int[] Sources, double[] Factors) Neighbours(int place, int from, double scale)
    {
        double centre = (place + 0.5) * scale - 0.5;
        int first = (int)Math.Floor(centre) - 1;
        return ([.. Enumerable.Range(first, 4).Select(source => Math.Clamp(source, 0, from - 1))], [.. Enumerable.Range(first, 4).Select(source => Cubic(centre - source, -0.75))]);
    }

    private static (int[] Sources, double[] Factors) Averaging(int place, int from, double scale)
    {
        double widening = Math.Max(1, scale), centre = (place + 0.5) * scale;
        int first = Math.Max(0, (int)(centre - 2 * widening + 0.5)), last = Math.Min(from, (int)(centre + 2 * widening + 0.5));
        double[] factors = [.. Enumerable.Range(first, last - first).Select(source => Cubic((source - centre + 0.5) / widening, -0.5))];
        double sum = factors.Sum();
        return ([.. Enumerable.Range(first, factors.Length)], [.. factors.Select(factor => factor / sum)]);
    }

    private static double Cubic(double x, double a)
    {
        x = Math.Abs(x);
        return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
