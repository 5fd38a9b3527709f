using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>knn</c>: the most frequent class among the nearest training rows.</summary>
public sealed class NearestNeighbourProbe : Probe
{
    /// <inheritdoc/>
    public override string Name => "knn";

    /// <inheritdoc/>
    public override string Summary =>
        "The most frequent class among the k nearest training rows in Euclidean distance, on features standardised by the training rows; of equally frequent classes the first. k is chosen on held-out training groups; the grid is k. Cost grows with training times test rows.";

    /// <inheritdoc/>
    public override IReadOnlyList<double> DefaultGrid { get; } = [50, 20, 10, 5, 1];

    private protected override IEnumerable<double> StrongestFirst(IEnumerable<double> grid) => grid.OrderDescending();

    private protected override IEnumerable<ProbeFit[]> FitPath(RealMatrix train, IReadOnlyList<(int[] Labels, int Classes)> sets, IReadOnlyList<double> grid, CancellationToken cancellation)
    {
        double odd = grid.FirstOrDefault(k => k != Math.Floor(k) || k > 100_000);
        if (odd != 0) throw new StrataException($"The grid of knn holds {odd}; give whole numbers of neighbours.");
        NeighbourTable table = new(train, (int)grid.Max());
        foreach (double k in grid) yield return sets.Select(s => (ProbeFit)new Fitted(table, s.Labels, s.Classes, (int)k)).ToArray();
    }

    /// <summary>Training rows and the neighbours of the rows that were asked for last, which all label sets and all k share.</summary>
    private sealed class NeighbourTable(RealMatrix train, int most)
    {
        private const int Panel = 256;

        private readonly double[] _lengths = Enumerable.Range(0, train.Rows).Select(i => TensorPrimitives.SumOfSquares<double>(train.Row(i))).ToArray();
        private RealMatrix? _rows;
        private int[][] _nearest = [];

        public int Width => train.Columns;

        /// <summary>Per row, training rows from the nearest on.</summary>
        public int[][] Nearest(RealMatrix rows)
        {
            lock (_lengths)
            {
                if (ReferenceEquals(rows, _rows)) return _nearest;
                int[][] nearest = new int[rows.Rows][];
                for (int first = 0; first < rows.Rows; first += Panel) Fill(rows, first, Math.Min(Panel, rows.Rows - first), nearest);
                (_rows, _nearest) = (rows, nearest);
                return nearest;
            }
        }

        private void Fill(RealMatrix rows, int first, int count, int[][] nearest)
        {
            RealMatrix products = Products.TimesTransposed(new RealMatrix(rows.Values.AsSpan(first * rows.Columns, count * rows.Columns).ToArray(), count, rows.Columns), train);
            ParallelWork.For(count, CancellationToken.None, i =>
            {
                double[] keys = new double[train.Rows];
                TensorPrimitives.MultiplyAdd(products.Row(i), -2, _lengths, keys);
                int[] order = Enumerable.Range(0, keys.Length).ToArray();
                Array.Sort(keys, order);
                nearest[first + i] = order[..Math.Min(most, order.Length)];
            });
        }
    }

    private sealed class Fitted(NeighbourTable table, int[] labels, int classes, int k) : ProbeFit
    {
        public int Classes => classes;

        public int Width => table.Width;

        public override int[] Read(RealMatrix rows) => table.Nearest(rows).Select(near =>
        {
            int[] votes = new int[classes];
            foreach (int i in near.AsSpan(0, Math.Min(k, near.Length))) votes[labels[i]]++;
            return Array.IndexOf(votes, votes.Max());
        }).ToArray();

        public override Readout ToReadout(Standardisation standardisation) => new NeighbourReadout(this, standardisation);
    }

    private sealed class NeighbourReadout(Fitted fitted, Standardisation standardisation) : Readout
    {
        public override int Classes => fitted.Classes;

        public override int Width => fitted.Width;

        public override int[] Predict(FloatMatrix rows)
        {
            if (rows.Columns != Width) throw new StrataException($"The readout reads rows of width {Width}; these are {rows.Columns} wide.");
            return fitted.Read(standardisation.Apply(rows, Enumerable.Range(0, rows.Rows).ToArray()));
        }
    }
}
