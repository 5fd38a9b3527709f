using System.Numerics.Tensors;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// k-means of weighted rows: Lloyd's iterations over all rows until no row changes its cluster. Rows that were drawn several times count as often, which gives what their copies would.
/// </summary>
internal static class KMeans
{
    private const int MaxIterations = 300;

    /// <summary>
    /// Centres to begin with, drawn one after another with probability in proportion to the squared distance from those before (k-means++, Arthur and Vassilvitskii 2007); each time the best
    /// of 2 + ⌊ln k⌋ draws is kept.
    /// </summary>
    public static RealMatrix Begin(RealMatrix rows, double[] weights, int count, SeededRandom random)
    {
        RealMatrix centres = new(count, rows.Columns);
        double[] nearest = new double[rows.Rows], trial = new double[rows.Rows], best = new double[rows.Rows];
        Array.Fill(nearest, double.PositiveInfinity);
        int trials = 2 + (int)Math.Log(count);
        for (int k = 0; k < count; k++)
        {
            double least = double.PositiveInfinity;
            for (int t = 0; t < (k == 0 ? 1 : trials); t++)
            {
                int drawn = Draw(k == 0 ? null : nearest, weights, random);
                double total = Distances(rows, rows.Row(drawn), weights, nearest, trial);
                if (!(total < least)) continue;
                least = total;
                rows.Row(drawn).CopyTo(centres.Row(k));
                (best, trial) = (trial, best);
            }

            best.CopyTo(nearest, 0);
        }

        return centres;
    }

    /// <summary>The cluster of every row. A cluster that lost its rows takes the row that is farthest from its centre.</summary>
    /// <param name="rows">[n, width].</param>
    /// <param name="weights">How often each row counts.</param>
    /// <param name="centres">Centres to begin with, [k, width]; changed.</param>
    /// <param name="cancellation">Stops between iterations.</param>
    public static int[] Run(RealMatrix rows, double[] weights, RealMatrix centres, CancellationToken cancellation = default)
    {
        int[] clusters = new int[rows.Rows], before = new int[rows.Rows];
        Array.Fill(before, -1);
        RealMatrix products = new(rows.Rows, centres.Rows);
        for (int iteration = 0; iteration < MaxIterations; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            Assign(rows, centres, products, clusters);
            if (clusters.AsSpan().SequenceEqual(before)) break;
            clusters.CopyTo(before, 0);
            Move(rows, weights, clusters, centres);
        }

        return clusters;
    }

    private static int Draw(double[]? squares, double[] weights, SeededRandom random)
    {
        double total = 0;
        for (int i = 0; i < weights.Length; i++) total += weights[i] * (squares is null ? 1 : squares[i]);

        // Where every row lies on a centre already there is nothing to choose by.
        if (!(total > 0)) return random.NextInt(weights.Length);
        double target = random.NextDouble() * total;
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            double share = weights[i] * (squares is null ? 1 : squares[i]);
            if (share > 0) last = i;
            if ((target -= share) < 0) return i;
        }

        return last;
    }

    /// <summary>The squared distance of every row to its nearest centre if this one were added, and their weighted sum.</summary>
    private static double Distances(RealMatrix rows, ReadOnlySpan<double> centre, double[] weights, double[] nearest, double[] result)
    {
        double total = 0;
        for (int i = 0; i < rows.Rows; i++)
        {
            double distance = TensorPrimitives.Distance<double>(rows.Row(i), centre);
            result[i] = Math.Min(nearest[i], distance * distance);
            total += weights[i] * result[i];
        }

        return total;
    }

    private static void Assign(RealMatrix rows, RealMatrix centres, RealMatrix products, int[] clusters)
    {
        Products.TimesTransposed(rows, centres, products);
        double[] halves = new double[centres.Rows];
        for (int k = 0; k < halves.Length; k++) halves[k] = 0.5 * TensorPrimitives.SumOfSquares<double>(centres.Row(k));
        for (int i = 0; i < rows.Rows; i++)
        {
            Span<double> row = products.Row(i);
            TensorPrimitives.Subtract(row, halves, row);
            clusters[i] = TensorPrimitives.IndexOfMax<double>(row);
        }
    }

    private static void Move(RealMatrix rows, double[] weights, int[] clusters, RealMatrix centres)
    {
        RealMatrix sums = new(centres.Rows, centres.Columns);
        double[] sizes = new double[centres.Rows];
        for (int i = 0; i < rows.Rows; i++)
        {
            Span<double> sum = sums.Row(clusters[i]);
            TensorPrimitives.MultiplyAdd(rows.Row(i), weights[i], sum, sum);
            sizes[clusters[i]] += weights[i];
        }

        if (sizes.Contains(0)) FillEmpty(rows, weights, clusters, centres, sums, sizes);
        for (int k = 0; k < sizes.Length; k++)
        {
            if (sizes[k] > 0) TensorPrimitives.Divide(sums.Row(k), sizes[k], centres.Row(k));
        }
    }

    private static void FillEmpty(RealMatrix rows, double[] weights, int[] clusters, RealMatrix centres, RealMatrix sums, double[] sizes)
    {
        double[] far = Enumerable.Range(0, rows.Rows).Select(i => -TensorPrimitives.Distance<double>(rows.Row(i), centres.Row(clusters[i]))).ToArray();
        int[] order = Enumerable.Range(0, rows.Rows).ToArray();
        Array.Sort(far, order);
        int next = 0;
        for (int k = 0; k < sizes.Length && next < order.Length; k++)
        {
            if (sizes[k] > 0) continue;
            int row = order[next++], old = clusters[row];
            Span<double> from = sums.Row(old);
            TensorPrimitives.MultiplyAdd(rows.Row(row), -weights[row], from, from);
            TensorPrimitives.Multiply(rows.Row(row), weights[row], sums.Row(k));
            (sizes[old], sizes[k]) = (sizes[old] - weights[row], weights[row]);
        }
    }
}
