using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace Strata.Research;

/// <summary>(ZᵀZ/n + λI)·W = R for standardised training rows Z: one Cholesky factorisation per λ, any number of right-hand sides.</summary>
internal sealed class RidgeSystem
{
    private readonly RealMatrix _covariance;

    private RidgeSystem(RealMatrix covariance) => _covariance = covariance;

    /// <summary>The system of training rows, which have mean zero.</summary>
    public static RidgeSystem OfRows(RealMatrix train)
    {
        RealMatrix covariance = Products.ColumnGram(train);
        TensorPrimitives.Divide(covariance.Values, train.Rows, covariance.Values);
        return new RidgeSystem(covariance);
    }

    /// <summary>The system of a second moment: (C + λI)·W = R.</summary>
    public static RidgeSystem OfMoment(RealMatrix moment) => new(moment);

    /// <summary>Solutions as rows, for right-hand sides as rows: [targets, width].</summary>
    public RealMatrix Solve(RealMatrix rightHandSides, double lambda)
    {
        int width = _covariance.Rows;
        DenseMatrix system = new(width, width, [.. _covariance.Values]);
        for (int j = 0; j < width; j++) system[j, j] += lambda;

        // Rows of a row-major matrix lie in memory as the columns of a MathNet one.
        DenseMatrix right = new(width, rightHandSides.Rows, rightHandSides.Values);
        Matrix<double> solved = system.Cholesky().Solve(right);
        return new RealMatrix(solved.AsColumnMajorArray() ?? solved.ToColumnMajorArray(), rightHandSides.Rows, width);
    }
}
