using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Constructed inputs whose values are known without computing.</summary>
public class ClosedFormTests
{
    private static double Value(string name, Activations activations, MeasureInputs? inputs = null, MeasureOptions? options = null) =>
        Research.Measures.Get(name).Compute(activations, Samples.Point, options, inputs).Value;

    private static MeasureInputs Classes(params int[] labels) => new() { Labels = labels.Select(l => new[] { l }).ToArray() };

    /// <summary>Rows at the corners of a simplex, several of each, at a distance <paramref name="spread"/> about the corner along an axis of its own.</summary>
    private static (FloatMatrix Rows, int[] Labels) Simplex(int classes, double spread)
    {
        int[] labels = Enumerable.Range(0, 2 * classes).Select(i => i / 2).ToArray();
        return (Samples.Make(2 * classes, classes + 1, (i, j) => j == classes ? (i % 2 == 0 ? spread : -spread) : j == labels[i] ? 1 : 0), labels);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void CollapseOntoASimplexIsCollapse(int classes)
    {
        (FloatMatrix rows, int[] labels) = Simplex(classes, 0);
        foreach (string name in new[] { "cdnv", "nc1", "nc2-norm", "nc2-angle", "davies-bouldin", "xie-beni" }) Assert.Equal(0, Value(name, Samples.Pooled(rows), Classes(labels)), 9);
        Assert.Equal(1, Value("silhouette", Samples.Pooled(rows), Classes(labels)), 9);
        Assert.Equal(1, Value("label-variance", Samples.Pooled(rows), Classes(labels)), 9);
        MeasureInputs inputs = Classes(labels) with { Classifier = Samples.Make(classes, classes + 1, (i, j) => j < classes ? (i == j ? 3 : 0) - 3.0 / classes : 0), Predictions = labels };
        Assert.Equal(0, Value("nc3", Samples.Pooled(rows), inputs), 9);
        Assert.Equal(0, Value("nc4", Samples.Pooled(rows), inputs), 9);
    }

    [Fact]
    public void ASpreadOffTheSimplexCountsAgainstItsEdges()
    {
        (FloatMatrix rows, int[] labels) = Simplex(4, 0.5);
        // Variance 1/4 in each class, squared distance 2 of every two means, all spread orthogonal to the means.
        Assert.Equal(0.25 / 2, Value("cdnv", Samples.Pooled(rows), Classes(labels)), 9);
        Assert.Equal(0.25 / 2, Value("xie-beni", Samples.Pooled(rows), Classes(labels)), 9);
        Assert.Equal(1 / Math.Sqrt(2), Value("davies-bouldin", Samples.Pooled(rows), Classes(labels)), 9);
        Assert.Equal(Math.Sqrt(2) / 1, Value("dunn", Samples.Pooled(rows), Classes(labels)), 9);
        Assert.Equal(0, Value("nc1", Samples.Pooled(rows), Classes(labels)), 9);
        // tr B = 8·3/4, tr W = 8/4.
        Assert.Equal(6.0 / 3 / (2.0 / 4), Value("calinski-harabasz", Samples.Pooled(rows), Classes(labels)), 9);
        Assert.Equal(6.0 / 8, Value("label-variance", Samples.Pooled(rows), Classes(labels)), 9);
    }

    [Fact]
    public void FactorsThatAddUpAddUp()
    {
        int[] a = Enumerable.Range(0, 24).Select(i => i % 4).ToArray(), b = Enumerable.Range(0, 24).Select(i => i / 4 % 3).ToArray();
        FloatMatrix sum = Samples.Make(24, 5, (i, j) => Math.Sin(a[i] * 3 + j) + Math.Cos(b[i] * 5 + 2 * j)), each = Samples.Make(24, 5, (i, j) => Samples.Gaussian(1, 5, 100 + 3 * a[i] + b[i])[0, j]);
        MeasureInputs factors = new() { Factors = [a, b] };
        Assert.Equal(1, Value("additive-r2", Samples.Pooled(sum), factors), 6);
        Assert.Equal(1, Value("additive-r2-unseen", Samples.Pooled(sum), factors), 6);
        Assert.True(Value("additive-r2-unseen", Samples.Pooled(each), factors) < 0.5);
    }

    [Fact]
    public void EqualTokensAreHomogeneousOrthonormalOnesAreNot()
    {
        Activations equal = Samples.Tokens(Samples.Make(6, 8, (_, j) => j + 1)), orthonormal = Samples.Tokens(Samples.Make(6, 8, (i, j) => i == j ? 1 : 0));
        Assert.Equal((1.0, 0.0), (Math.Round(Value("token-homogeneity", equal), 9), Math.Round(Value("token-homogeneity", orthonormal), 9)));
        Assert.Equal(0, Value("token-variance", equal), 9);
        Assert.Equal(1 - 1.0 / 6, Value("token-variance", orthonormal), 9);
        Assert.Equal(0, Value("rank-one-residual", equal), 9);
        Assert.Equal(1, Value("intra-sentence", equal), 9);
        Assert.Equal(1 / Math.Sqrt(6), Value("intra-sentence", orthonormal), 9);
        Assert.Equal(Math.Log(6), Value("vne", orthonormal), 9);
        // ½ log det(I + 8/(6·0.25) I₆).
        Assert.Equal(3 * Math.Log(1 + 8 / (6 * 0.25)), Value("coding-rate", orthonormal), 9);
        Assert.Equal(42.0 / 48, Value("sparsity", orthonormal), 9);
        Assert.Equal((6.0, 1.0), (Value("gram-rank", orthonormal), Value("gram-rank", equal)));
    }

    [Fact]
    public void APowerLawHasItsExponentAndItsDimension()
    {
        // Rows ± along each axis: the covariance is diagonal, with eigenvalues i^−1.5.
        FloatMatrix rows = Samples.Make(200, 100, (i, j) => i / 2 == j ? (i % 2 == 0 ? 1 : -1) * Math.Pow(j + 1, -0.75) : 0);
        Assert.Equal(1.5, Value("alpha-req", Samples.Pooled(rows)), 5);
        Assert.Equal(1.5, Value("alpha-req", Samples.Pooled(rows), options: new MeasureOptions { Form = MeasureForm.Reference }), 5);
        double[] lambda = Enumerable.Range(1, 100).Select(i => Math.Pow(i, -1.5)).ToArray();
        int expected = Enumerable.Range(1, 100).First(k => lambda.Take(k).Sum() >= 0.9 * lambda.Sum());
        Assert.Equal(expected, Value("pca-dimension", Samples.Pooled(rows), options: new MeasureOptions { VarianceShare = 0.9 }));
        MeasureValue curve = Research.Measures.Get("alpha-req").Compute(Samples.Pooled(rows), Samples.Point);
        Assert.Equal(100, curve.Curve!.X.Count);
    }

    [Theory]
    [InlineData("two-nn-ml", 2, 0.25)]
    [InlineData("mle", 2, 0.25)]
    [InlineData("gride", 2, 0.2)]
    [InlineData("two-nn-ml", 5, 0.6)]
    [InlineData("gride", 5, 0.7)]
    public void ACubeHasItsDimension(string name, int dimension, double tolerance)
    {
        Random random = new(3);
        FloatMatrix turned = Samples.Moved(Samples.Make(1500, 12, (_, j) => j < dimension ? random.NextDouble() : 0), 5, 3, 1);
        Assert.InRange(Value(name, Samples.Pooled(turned)), dimension - tolerance, dimension + tolerance);
    }

    [Fact]
    public void GrideHasAPlotOverScales()
    {
        MeasureValue value = Research.Measures.Get("gride").Compute(Samples.Pooled(Samples.Gaussian(400, 3, 1)), Samples.Point, new MeasureOptions { GrideScale = 4 });
        Assert.Equal(7, value.Curve!.X.Count);
        Assert.Equal(value.Value, value.Curve.Y[2], 9);
        Assert.True(value.Curve.X.Zip(value.Curve.X.Skip(1)).All(p => p.First < p.Second));
    }

    [Fact]
    public void PositionAloneAndContextAloneExplainEverything()
    {
        FloatMatrix[] byPosition = Enumerable.Range(0, 4).Select(_ => Samples.Make(5, 3, (t, j) => Math.Sin(t * 2 + j))).ToArray();
        FloatMatrix[] byPrompt = Enumerable.Range(0, 4).Select(c => Samples.Make(5, 3, (_, j) => Math.Sin(c * 2 + j))).ToArray();
        Assert.Equal((1.0, 0.0), (Math.Round(Value("position-share", Samples.Tokens(byPosition)), 9), Math.Round(Value("context-share", Samples.Tokens(byPosition)), 9)));
        Assert.Equal((0.0, 1.0), (Math.Round(Value("position-share", Samples.Tokens(byPrompt)), 9), Math.Round(Value("context-share", Samples.Tokens(byPrompt)), 9)));
    }

    [Fact]
    public void ALargestActivationSaysWhereItSits()
    {
        FloatMatrix[] prompts = [Samples.Make(3, 4, (i, j) => i + j), Samples.Make(3, 4, (i, j) => i == 2 && j == 1 ? -900 : 1)];
        MeasureValue value = Research.Measures.Get("max-activation").Compute(Samples.Tokens(prompts), Samples.Point);
        Assert.Equal((900, "sequence 1, position 2, dimension 1"), (value.Value, value.Where));
        Assert.Equal((900 + 5 / 2.5) / 2, Value("massive-ratio", Samples.Tokens(prompts)), 9);
        // Row 0: 0 1 2 3 has variance 1.25; the others have the same, but for the massive one.
        Assert.Equal(1.25, Value("activation-variance", Samples.Tokens(prompts[0])), 9);
    }

    [Fact]
    public void AWordThatNeverChangesIsNotContextual()
    {
        FloatMatrix[] prompts = Enumerable.Range(0, 6).Select(c => Samples.Make(2, 6, (t, j) => t == 0 ? j + 1 : j == c ? 1 : 0)).ToArray();
        MeasureInputs tokens = new() { Tokens = new TokenRows("ids", prompts.Select(_ => new[] { 3, 4 }).ToArray()) };
        // Token 3 is the same everywhere, token 4 orthogonal from prompt to prompt.
        Assert.Equal(0.5, Value("self-similarity", Samples.Tokens(prompts), tokens), 9);
        Assert.Equal((1 + 1.0 / 6) / 2, Value("mev", Samples.Tokens(prompts), tokens), 9);
    }

    [Fact]
    public void EqualViewsAreToldApartAndConstantOnesAreNot()
    {
        FloatMatrix rows = Samples.Make(20, 24, (i, j) => i == j ? 1 : 0), constant = Samples.Make(20, 24, (_, _) => 1);
        MeasureInputs same = new() { Views = [Samples.Pooled(rows)] }, nothing = new() { Views = [Samples.Pooled(constant)] };
        // e^{10} for the partner against 38 others at cosine 0.
        Assert.Equal(Math.Log(1 + 38 * Math.Exp(-10)), Value("infonce", Samples.Pooled(rows), same), 6);
        Assert.Equal(Math.Log(39), Value("infonce", Samples.Pooled(constant), nothing), 6);
        // K_A ∘ K_B = I when paired or not, so nothing is gained; against a constant view nothing is lost either.
        Assert.Equal(0, Value("dime", Samples.Pooled(rows), same), 9);
        Assert.Equal(0, Value("dime", Samples.Pooled(rows), nothing), 9);
        // Two clusters: paired the Hadamard product keeps 2 directions, shuffled it has more.
        FloatMatrix clusters = Samples.Make(20, 2, (i, j) => i % 2 == j ? 1 : 0);
        MeasureInputs pairs = new() { Views = [Samples.Pooled(clusters)] };
        double gain = Value("dime", Samples.Pooled(clusters), pairs);
        Assert.InRange(gain, 0.3, Math.Log(4) - Math.Log(2) + 1e-9);
    }

    [Fact]
    public void APerturbationOfKnownSizeHasItsRelativeError()
    {
        FloatMatrix x = Samples.Gaussian(6, 5, 1), longer = Samples.Make(6, 5, (i, j) => 1.25 * x[i, j]);
        MeasureValue value = Research.Measures.Get("relative-error").Compute(Samples.Tokens(x, x), Samples.Point, null, new MeasureInputs { Views = [Samples.Tokens(longer, Samples.Gaussian(4, 5, 2))] });
        Assert.Equal(0.25, value.Value, 6);
        Assert.Equal((1, 1), (value.Count, value.LeftOut));
    }

    [Fact]
    public void SequencesThatDifferInKDirectionsAndViewsThatDoNotHaveRankK()
    {
        // Two tokens ± along one of 4 axes per sequence would cancel in the mean: three tokens leave a direction.
        FloatMatrix Prompt(int c) => Samples.Make(3, 6, (t, j) => t == 0 ? (j == c % 4 ? 2 : 0) : j == 4 ? (t == 1 ? 1 : -1) : 0);
        FloatMatrix[] prompts = Enumerable.Range(0, 16).Select(Prompt).ToArray();
        MeasureInputs same = new() { Views = [Samples.Tokens(prompts), Samples.Tokens(prompts)] };
        // Four equal directions about their mean: three.
        Assert.Equal(3, Value("lidar", Samples.Tokens(prompts), same), 0.05);
        Assert.Equal(Math.Log(3), Value("lidar", Samples.Tokens(prompts), same, new MeasureOptions { Form = MeasureForm.Reference }), 0.02);
    }

    [Fact]
    public void UnitsThatFireTogetherAreCounted()
    {
        FloatMatrix x = Samples.Make(40, 6, (i, j) => j switch { 0 or 3 => i % 3 == 0 ? 1 + j : 0, 5 => -1, _ => (i * (j + 8) * 31 % 11) - 5 });
        MeasureValue value = Research.Measures.Get("synchronised-units").Compute(Samples.Pooled(x), Samples.Point);
        Assert.Equal(2.0 / 6, value.Value, 9);
        Assert.Contains("1 of 6 units never fire", value.Where);
    }

    [Fact]
    public void AMapThatReadsTwoDirectionsIsUsedInTwo()
    {
        FloatMatrix read = Samples.Make(60, 12, (i, j) => j < 2 ? Math.Sin(i * (j + 1.3)) : 0), written = Samples.Make(60, 8, (i, j) => j < 2 ? read[i, j] : j == 2 ? read[i, 0] - read[i, 1] : 0);
        Activations both = Samples.Of(Pooling.None, ("blocks.1.mlp.post", [read]), ("blocks.1.mlp_out", [written]));
        Assert.Equal(2.0 / 8, Research.Measures.Get("utilized-rank").Compute(both, "blocks.1.mlp_out", new MeasureOptions { VarianceShare = 0.999 }).Value, 9);
    }

    [Fact]
    public void UncorrelatedUnitVariancesHaveNoCollapse()
    {
        // Four prompts whose states at each position are (±a, ±a): variance 4a²/3, no covariance.
        double a = Math.Sqrt(0.75);
        FloatMatrix[] prompts = Enumerable.Range(0, 4).Select(c => Samples.Make(3, 2, (_, j) => (j == 0 ? c % 2 : c / 2) == 0 ? a : -a)).ToArray();
        Assert.Equal(0, Value("seq-vcr", Samples.Tokens(prompts)), 6);
        FloatMatrix[] collapsed = Enumerable.Range(0, 4).Select(_ => Samples.Make(3, 2, (_, _) => 1)).ToArray();
        Assert.Equal(1 - Math.Sqrt(0.001), Value("seq-vcr", Samples.Tokens(collapsed)), 6);
    }

    [Fact]
    public void AClusterFarFromTheOriginIsAllDrift()
    {
        Assert.Equal(1, Value("drift", Samples.Pooled(Samples.Make(10, 4, (i, _) => 2 + i))), 9);
        Assert.Equal(0, Value("drift", Samples.Pooled(Samples.Make(10, 4, (i, j) => (i % 2 == 0 ? 1 : -1) * (j + 1)))), 9);
        Assert.InRange(Value("anisotropy-centred", Samples.Pooled(Samples.Moved(Samples.Gaussian(300, 40, 1), 2, 1, 50))), -0.05, 0.05);
    }
}
