using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using Strata.Models;

namespace Strata.Research;

/// <summary><c>k-sparse</c>: least squares on the k features that differ most between a class and the rest.</summary>
public sealed class SparseProbe : LinearProbe
{
    /// <summary>Keeps the small systems solvable where two chosen features are equal.</summary>
    private const double Penalty = 1e-3;

    /// <inheritdoc/>
    public override string Name => "k-sparse";

    /// <inheritdoc/>
    public override string Summary =>
        "Per class, ridge (λ = 0.001) to ±1 on the k features whose standardised means differ most between the class and the rest; the highest score is read. k is chosen on held-out training groups; the grid is k, "
        + "and one k at a time gives accuracy against the number of units (Fong and Vedaldi 2018; Gurnee et al. 2023).";

    /// <inheritdoc/>
    public override IReadOnlyList<double> DefaultGrid { get; } = [1, 2, 5, 10, 20, 50];

    private protected override IEnumerable<double> StrongestFirst(IEnumerable<double> grid) => grid.Order();

    private protected override IEnumerable<ProbeFit[]> FitPath(RealMatrix train, IReadOnlyList<(int[] Labels, int Classes)> sets, IReadOnlyList<double> grid, CancellationToken cancellation)
    {
        double odd = grid.FirstOrDefault(k => k != Math.Floor(k) || k > 100_000);
        if (odd != 0) throw new StrataException($"The grid of k-sparse holds {odd}; give whole numbers of features.");
        RealMatrix covariance = Products.ColumnGram(train);
        TensorPrimitives.Divide(covariance.Values, train.Rows, covariance.Values);
        (RealMatrix Sides, double[] Constants)[] sides = sets.Select(s => RidgeProbe.ClassSides(train, s.Labels, s.Classes)).ToArray();
        foreach (double k in grid)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return sides.Select(side => (ProbeFit)new LinearFit(Weights(covariance, side.Sides, side.Constants, (int)k))).ToArray();
        }
    }

    private static RealMatrix Weights(RealMatrix covariance, RealMatrix sides, double[] constants, int k)
    {
        int width = covariance.Rows;
        RealMatrix weights = new(constants.Length, width + 1);
        for (int c = 0; c < constants.Length; c++)
        {
            // Zᵀy/n is the difference of means times a constant of the class, so its size orders the features.
            double[] side = sides.Row(c).ToArray();
            int[] chosen = Enumerable.Range(0, width).OrderByDescending(j => Math.Abs(side[j])).ThenBy(j => j).Take(k).ToArray();
            DenseMatrix system = DenseMatrix.Create(chosen.Length, chosen.Length, (i, j) => covariance[chosen[i], chosen[j]] + (i == j ? Penalty : 0));
            Vector<double> solved = system.Cholesky().Solve(DenseVector.Create(chosen.Length, i => side[chosen[i]]));
            for (int i = 0; i < chosen.Length; i++) weights.Row(c)[chosen[i]] = solved[i];
            weights.Row(c)[width] = constants[c];
        }

        return weights;
    }
}
