using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research.Tests;

/// <summary>Matrices and activations made from seeds.</summary>
internal static class Samples
{
    public const string Point = "blocks.0.resid_post";

    public static FloatMatrix Gaussian(int rows, int columns, int seed, double scale = 1)
    {
        Random random = new(seed);
        return Make(rows, columns, (_, _) => scale * Normal(random));
    }

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static FloatMatrix Make(int rows, int columns, Func<int, int, double> value)
    {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.Length; i++) values[i] = (float)value(i / columns, i % columns);
        return new FloatMatrix(values, rows, columns);
    }

    public static Matrix<double> ToMathNet(FloatMatrix m) => Matrix<double>.Build.Dense(m.Rows, m.Columns, (i, j) => m[i, j]);

    public static FloatMatrix FromMathNet(Matrix<double> m) => Make(m.RowCount, m.ColumnCount, (i, j) => m[i, j]);

    /// <summary>A random orthogonal matrix.</summary>
    public static Matrix<double> Rotation(int size, int seed) => ToMathNet(Gaussian(size, size, seed)).QR().Q;

    /// <summary>scale · X · rotation + shift, the same shift for all rows.</summary>
    public static FloatMatrix Moved(FloatMatrix x, int seed, double scale, double shift) =>
        FromMathNet(ToMathNet(x).Multiply(Rotation(x.Columns, seed)).Multiply(scale).Add(shift));

    public static Activations Tokens(params FloatMatrix[] prompts) => Of(Pooling.None, (Point, prompts));

    public static Activations Pooled(FloatMatrix rows) => Of(Pooling.Mean, (Point, [rows]));

    public static Activations Of(Pooling pooling, params (string Point, FloatMatrix[] Samples)[] points) =>
        new(pooling, points.Select(p => p.Point).ToArray(), points.ToDictionary(p => p.Point, p => (IReadOnlyList<FloatMatrix>)p.Samples), new Provenance { Model = "test" });
}
