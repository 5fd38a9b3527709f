using System.Runtime.InteropServices;
using System.Text.Json;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Every comparison against numpy, scipy and scikit-learn.</summary>
public class ComparisonReferenceTests
{
    private static readonly string[] Names =
    [
        "cka-kernel=linear-hsic=gretton", "cka-kernel=linear-hsic=song", "cka-kernel=rbf-hsic=gretton", "cka-kernel=rbf-bandwidth=median-all-hsic=song", "cka-kernel=rbf-bandwidth=fixed-sigma=3-hsic=gretton",
        "cka-hsic=song-batch=20", "cka-kernel=rbf-hsic=song-batch=16", "cka-confounder=input", "cka-kernel=rbf-hsic=song-confounder=input",
        "rsa-rdm=correlation-compare=spearman", "rsa-rdm=cosine-compare=pearson", "rsa-rdm=euclidean-compare=cosine", "rsa-rdm=squared-euclidean-compare=spearman", "rsa-confounder=input", "rsa-rdm=euclidean-compare=pearson-confounder=input",
        "cca-aggregate=mean", "cca-aggregate=mean-squared", "cca-aggregate=google", "svcca-keep=0.99", "svcca-keep=0.8-aggregate=mean-squared", "svcca-dims=5", "pwcca-weights=first", "cka-kernel=linear-hsic=gretton-guard=0.5", "cka-hsic=song-guard=0.001", "cka-kernel=rbf-bandwidth=fixed-sigma=3-hsic=song-guard=1e-6",
        "procrustes-distance=squared", "procrustes-distance=angular",
        "mutual-knn-k=10-metric=cosine", "mutual-knn-k=5-metric=inner", "mutual-knn-k=7-metric=euclidean-clamp=0.95", "cknna-k=10-metric=cosine", "cknna-k=12-metric=inner-guard=1e-6",
        "relative-anchors=12", "relative-anchors=12-similarity=euclidean", "relative-anchors=12-similarity=l1-compare=mrr", "relative-anchors=12-similarity=linf-compare=jaccard", "relative-anchors=12-similarity=product",
        "unit-match-assignment=one-to-one", "unit-match-assignment=one-to-one-correlation=absolute", "unit-match-assignment=one-to-many",
        "linear-map-lambda=0.001", "linear-map-lambda=0.1-test=0", "subspace-angle-dims=6", "subspace-angle-dims=4-aggregate=max", "subspace-angle-dims=4-aggregate=projection",
    ];

    private static readonly string[] EqualWidths = ["cosine", "subspace-angle-dims=5-space=features"];

    /// <summary>Neighbours and ranks move by whole steps when an input is rounded.</summary>
    private static readonly string[] Steps = ["mutual-knn", "cknna", "rsa-rdm=correlation", "rsa-rdm=squared", "rsa-confounder", "relative-anchors=12-similarity=l1", "relative-anchors=12-similarity=linf"];

    [SkippableFact]
    public void AgreeWithScipyAndScikitLearn()
    {
        Python.Require("sklearn", "python3-sklearn");
        string folder = Directory.CreateTempSubdirectory("strata").FullName;
        try
        {
            (string Name, double[][] X, double[][] Y, double[][] Z)[] cases = [Case("wide", 48, 60, 33, 1), Case("tall", 150, 16, 11, 2), Case("square", 90, 12, 12, 3), Case("one-wider", 60, 20, 70, 4)];
            object[] requests = cases.Select(c => (object)new { name = c.Name, x = Write(folder, c.Name + ".x", c.X), y = Write(folder, c.Name + ".y", c.Y), z = Write(folder, c.Name + ".z", c.Z), order = Order(c.X.Length), names = NamesOf(c.Name) }).ToArray();
            File.WriteAllText(Path.Combine(folder, "in.json"), JsonSerializer.Serialize(new { cases = requests }));
            Python.RunReference("comparisons.py", Path.Combine(folder, "in.json"), Path.Combine(folder, "out.json"));
            using JsonDocument results = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "out.json")));
            List<string> wrong = [];
            foreach (var (name, x, y, z) in cases)
            {
                foreach (string comparison in NamesOf(name))
                {
                    double[] expected = results.RootElement.GetProperty(name).GetProperty(comparison).EnumerateArray().Select(v => v.GetDouble()).ToArray();
                    double value = Research.Comparisons.Get(comparison).Compute(Rows(x), Rows(y), Rows(z));
                    if (!(Math.Abs(value - expected[0]) <= 1e-6 * Math.Max(Math.Abs(expected[0]), 1e-2))) wrong.Add($"{name} {comparison}: {value:R}, reference {expected[0]:R}");
                    double loose = Steps.Any(comparison.StartsWith) ? 0.05 : 2e-5;
                    if (!(Math.Abs(value - expected[1]) <= loose)) wrong.Add($"{name} {comparison} in float64: {value:R}, reference {expected[1]:R}");
                }
            }

            Assert.Empty(wrong);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static string[] NamesOf(string @case) => @case == "square" ? [.. Names, .. EqualWidths] : Names;

    private static int[] Order(int rows)
    {
        int[] order = Enumerable.Range(0, rows).ToArray();
        new Random(0).Shuffle(order);
        return order;
    }

    /// <summary>Two sides that share some directions and a third that both depend on; a mean away from zero.</summary>
    private static (string, double[][], double[][], double[][]) Case(string name, int n, int d1, int d2, int seed)
    {
        Random random = new(seed);
        double[][] shared = Gaussian(n, 6, random), z = Gaussian(n, 5, random);
        double[][] Side(int width)
        {
            double[][] mixing = Gaussian(6, width, random), confounding = Gaussian(5, width, random), noise = Gaussian(n, width, random);
            return Enumerable.Range(0, n).Select(i => Enumerable.Range(0, width).Select(j => 0.7 + Dot(shared[i], mixing, j) + 0.8 * Dot(z[i], confounding, j) + noise[i][j]).ToArray()).ToArray();
        }

        return (name, Side(d1), Side(d2), z);
    }

    private static double Dot(double[] row, double[][] matrix, int column) => row.Select((v, k) => v * matrix[k][column]).Sum();

    private static double[][] Gaussian(int rows, int columns, Random random) =>
        Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, columns).Select(_ => Samples.Normal(random)).ToArray()).ToArray();

    private static FloatMatrix Rows(double[][] rows) => Samples.Make(rows.Length, rows[0].Length, (i, j) => rows[i][j]);

    private static object Write(string folder, string name, double[][] rows)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, MemoryMarshal.AsBytes(rows.SelectMany(r => r).ToArray().AsSpan()).ToArray());
        return new { rows = rows.Length, columns = rows[0].Length, file = path };
    }
}
