using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Eigenvalues, Gram matrices and neighbours against closed forms, MathNet and plain loops.</summary>
public class LinearAlgebraTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(150)]
    public void EigenvaluesOfAStringOfMasses(int n)
    {
        // 2 on the diagonal and −1 beside it: 2 − 2 cos(kπ / (n + 1)). It is tridiagonal already, so no row is reflected.
        double[] values = SymmetricEigenvalues.Of(Make(n, n, (i, j) => i == j ? 2 : Math.Abs(i - j) == 1 ? -1 : 0));
        for (int k = 1; k <= n; k++) Assert.Equal(2 - 2 * Math.Cos((n + 1 - k) * Math.PI / (n + 1)), values[k - 1], tolerance: 1e-13);
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(2, 1.0)]
    [InlineData(3, 1e120)]
    [InlineData(33, 1e-120)]
    [InlineData(70, 1.0)]
    public void EigenvaluesAreThoseOfMathNet(int n, double scale)
    {
        Random random = new(n);
        Matrix<double> a = Matrix<double>.Build.Dense(n, n, (_, _) => random.NextDouble() - 0.5);
        Matrix<double> symmetric = a + a.Transpose();
        // A block without couplings to the rest leaves rows without anything to reflect.
        for (int i = 0; i < n / 2; i++) for (int j = n / 2; j < n; j++) symmetric[i, j] = symmetric[j, i] = 0;
        double[] expected = symmetric.Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real).OrderDescending().ToArray();
        double[] values = SymmetricEigenvalues.Of(Make(n, n, (i, j) => scale * symmetric[i, j]));
        for (int k = 0; k < n; k++) Assert.Equal(expected[k], values[k] / scale, tolerance: 1e-12);
        // What lies above the diagonal is not read.
        Assert.Equal(values, SymmetricEigenvalues.Of(Make(n, n, (i, j) => j > i ? double.NaN : scale * symmetric[i, j])));
    }

    [Fact]
    public void EigenvaluesOfFewRanksAreZeroBeyondThem()
    {
        Assert.Empty(SymmetricEigenvalues.Of(new RealMatrix(0, 0)));
        Assert.Equal(new double[5], SymmetricEigenvalues.Of(new RealMatrix(5, 5)));
        double[] values = SymmetricEigenvalues.OfGram(Products.RowGram(Make(40, 3, (i, j) => Math.Sin(i * (j + 1)))));
        Assert.All(values[..3], v => Assert.True(v > 1));
        Assert.All(values[3..], v => Assert.Equal(0, v));
        Assert.Throws<StrataException>(() => SymmetricEigenvalues.Of(Make(4, 4, (i, j) => i == j ? double.NaN : 1)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    [InlineData(61, 128)]
    [InlineData(200, 37)]
    [InlineData(517, 66)]
    public void GramMatricesAreSumsOfProducts(int rows, int columns)
    {
        RealMatrix a = Make(rows, columns, (i, j) => Math.Sin(1 + 3 * i + 7 * j)), b = Make(rows, columns + 3, (i, j) => Math.Cos(2 * i + 5 * j));
        RealMatrix byRows = Products.RowGram(a), byColumns = Products.ColumnGram(a), mixed = new(columns, columns + 3);
        PanelProducts.AddColumns(a, b, rows, mixed);
        for (int i = 0; i < rows; i++) for (int j = 0; j < rows; j++) Assert.Equal(Enumerable.Range(0, columns).Sum(k => a[i, k] * a[j, k]), byRows[i, j], tolerance: 1e-10);
        for (int i = 0; i < columns; i++) for (int j = 0; j < columns; j++) Assert.Equal(Enumerable.Range(0, rows).Sum(k => a[k, i] * a[k, j]), byColumns[i, j], tolerance: 1e-10);
        for (int i = 0; i < columns; i++) for (int j = 0; j < columns + 3; j++) Assert.Equal(Enumerable.Range(0, rows).Sum(k => a[k, i] * b[k, j]), mixed[i, j], tolerance: 1e-10);
    }

    [Theory]
    [InlineData("even", 2)]
    [InlineData("even", 40)]
    [InlineData("tight clusters", 3)]
    [InlineData("one far out", 2)]
    [InlineData("equal rows", 2)]
    [InlineData("too large for float32", 2)]
    public void NeighboursAreThoseOfFloat64(string cloud, int neighbours)
    {
        Random random = new(5);
        RealMatrix points = Make(300, 19, (i, j) => cloud switch
        {
            // Clusters far apart whose width float32 products cannot resolve.
            "tight clusters" => 100 * Math.Sin(i % 3 + j) + 1e-4 * random.NextDouble(),
            "one far out" => (i == 17 ? 1e6 : 1) * (random.NextDouble() - 0.5),
            "equal rows" => Math.Sin(i % 40 * (j + 1)),
            "too large for float32" => 1e30 * random.NextDouble(),
            _ => random.NextDouble() - 0.5,
        });
        RealMatrix found = NearestRows.Distances(points, neighbours, CancellationToken.None);
        for (int i = 0; i < points.Rows; i++)
        {
            double[] expected = Enumerable.Range(0, points.Rows).Where(j => j != i).Select(j => Math.Sqrt(Enumerable.Range(0, points.Columns).Sum(k => Math.Pow(points[i, k] - points[j, k], 2)))).Order().Take(neighbours).ToArray();
            for (int n = 0; n < neighbours; n++) Assert.True(Math.Abs(expected[n] - found[i, n]) <= 1e-12 * expected[n], $"row {i}: {found[i, n]}, expected {expected[n]}");
        }
    }

    [Fact]
    public void InnerProductsOfKernelsByTilesAreThoseOfFeatures()
    {
        // More rows than a tile, and a last tile that is not full; means far from zero are taken away before.
        FloatMatrix[] sides = [.. new[] { 20, 33, 50 }.Select(width => new FloatMatrix([.. Enumerable.Range(0, 700 * width).Select(i => (float)(3 + Math.Sin(i * 0.37 * width) + Math.Cos(i % 91)))], 700, width))];
        double[][] means = [.. sides.Select(RealMatrix.ColumnMeans)];
        double[,] products = KernelProducts.OfAll([.. sides.Zip(means)], CancellationToken.None);
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                double expected = Products.ColumnProduct(sides[i], means[i], sides[j], means[j]).Values.Sum(v => v * v);
                Assert.InRange(products[i, j] / expected, 1 - 1e-6, 1 + 1e-6);
            }
        }

        Assert.True(KernelProducts.Pays(13, 91, 4096, 768, 768));
        Assert.False(KernelProducts.Pays(2, 3, 100_000, 64, 64));
    }

    private static RealMatrix Make(int rows, int columns, Func<int, int, double> value)
    {
        RealMatrix matrix = new(rows, columns);
        for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) matrix.Values[i * columns + j] = value(i, j);
        return matrix;
    }
}
