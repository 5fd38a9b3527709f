using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>What must not change a measure does not: a rotation of the space, a scale, a shift of all states, the order of the tokens or of the prompts.</summary>
public class InvarianceTests
{
    private const string Rotation = "rotation", Scale = "scale", Shift = "shift", Tokens = "order of tokens", Prompts = "order of prompts";

    private static readonly Dictionary<string, string[]> Invariances = new()
    {
        ["prompt-entropy"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["dataset-entropy"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["vne"] = [Rotation, Scale, Tokens, Prompts],
        ["effective-rank"] = [Rotation, Scale, Tokens, Prompts],
        ["participation-ratio"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["stable-rank"] = [Rotation, Scale, Tokens, Prompts],
        ["pca-dimension"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["alpha-req"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["gram-rank"] = [Rotation, Scale, Tokens, Prompts],
        ["two-nn"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["two-nn-ml"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["mle"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["gride"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["curvature"] = [Rotation, Scale, Shift, Prompts],
        ["anisotropy"] = [Rotation, Scale, Tokens, Prompts],
        ["anisotropy-centred"] = [Rotation, Scale, Shift],
        ["drift"] = [Rotation, Scale, Tokens, Prompts],
        ["norm"] = [Rotation, Tokens, Prompts],
        ["activation-variance"] = [Tokens, Prompts],
        ["max-activation"] = [Tokens, Prompts],
        ["massive-ratio"] = [Scale, Tokens, Prompts],
        ["token-homogeneity"] = [Rotation, Scale, Tokens, Prompts],
        ["token-variance"] = [Rotation, Scale, Tokens, Prompts],
        ["rank-one-residual"] = [Scale, Tokens, Prompts],
        ["intra-sentence"] = [Rotation, Scale, Tokens, Prompts],
        ["self-similarity"] = [Rotation, Scale],
        ["mev"] = [Rotation, Scale],
        ["position-share"] = [Rotation, Scale, Shift, Prompts],
        ["context-share"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["incoherence"] = [Rotation, Scale, Shift, Prompts],
        ["coding-rate"] = [Rotation, Scale, Tokens, Prompts],
        ["sparsity"] = [Tokens, Prompts],
        ["seq-vcr"] = [Shift, Prompts],
        ["synchronised-units"] = [Scale, Tokens, Prompts],
        ["infonce"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["lidar"] = [Rotation, Scale, Shift, Tokens, Prompts],
        ["dime"] = [Rotation, Scale, Shift, Tokens],
        ["relative-error"] = [Rotation, Scale, Prompts],
        ["cdnv"] = [Rotation, Scale, Shift, Prompts],
        ["nearest-centre"] = [Rotation, Scale, Shift],
        ["nc1"] = [Rotation, Scale, Shift, Prompts],
        ["nc2-norm"] = [Rotation, Scale, Shift, Prompts],
        ["nc2-angle"] = [Rotation, Scale, Shift, Prompts],
        ["nc3"] = [Scale, Shift, Prompts],
        ["nc4"] = [Rotation, Scale, Shift, Prompts],
        ["davies-bouldin"] = [Rotation, Scale, Shift, Prompts],
        ["dunn"] = [Rotation, Scale, Shift, Prompts],
        ["xie-beni"] = [Rotation, Scale, Shift, Prompts],
        ["calinski-harabasz"] = [Rotation, Scale, Shift, Prompts],
        ["silhouette"] = [Rotation, Scale, Shift, Prompts],
        ["label-variance"] = [Rotation, Scale, Shift, Prompts],
        ["additive-r2"] = [Rotation, Scale, Shift, Prompts],
        ["additive-r2-unseen"] = [Rotation, Scale, Shift, Prompts],
    };

    /// <summary>Values that move by whole steps where a rounding of the input moves a row over an edge.</summary>
    private static readonly string[] Steps = ["pca-dimension", "gram-rank", "nearest-centre", "nc4", "sparsity"];

    public static TheoryData<string> Names => [.. Invariances.Keys];

    [Fact]
    public void EveryMeasureOfOnePointIsListed() =>
        Assert.Equal(["block-influence", "coding-rate-heads", "utilized-rank"], Research.Measures.All.Select(m => m.Name).Except(Invariances.Keys).Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Hold(string name)
    {
        Measure measure = Research.Measures.Get(name);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(4), Prop.ForAll(Gen.Choose(0, 100000).ToArbitrary(), seed =>
        {
            Case before = Case.Make(seed);
            double value = before.Compute(measure);
            foreach (string change in Invariances[name])
            {
                double after = before.Changed(change, seed).Compute(measure), tolerance = Steps.Contains(name) ? 1.01 : 2e-3;
                if (!(Math.Abs(after - value) <= tolerance * Math.Max(1, Math.Abs(value)))) throw new InvalidOperationException($"{name} under {change}, seed {seed}: {value:R} became {after:R}");
            }

            return true;
        }));
    }

    /// <summary>Prompts with what belongs to each.</summary>
    private sealed record Case(FloatMatrix[] Data, FloatMatrix[] View, int[] Labels, int[] Factor, int[][] Ids)
    {
        private const int Count = 18, Length = 7, Width = 8;

        public static Case Make(int seed)
        {
            Random random = new(seed);
            FloatMatrix[] data = Enumerable.Range(0, Count).Select(i => Samples.Make(Length, Width, (_, j) => (Samples.Normal(random) + (j == i % 3 ? 2 : 0)) / Math.Sqrt(1 + j) + (j == 2 ? 1.5 : 0))).ToArray();
            FloatMatrix[] view = data.Select(p => Samples.Make(Length, Width, (i, j) => p[i, j] + 0.3 * Samples.Normal(random))).ToArray();
            return new Case(data, view, Enumerable.Range(0, Count).Select(i => i % 3).ToArray(), Enumerable.Range(0, Count).Select(i => i / 3 % 2).ToArray(), data.Select(_ => Enumerable.Range(0, Length).Select(_ => random.Next(6)).ToArray()).ToArray());
        }

        public double Compute(Measure measure) => measure.Compute(Samples.Tokens(Data), Samples.Point, new MeasureOptions { Bootstrap = 0, FitFrom = 1, FitTo = 8, Neighbours = 5, MinContexts = 3 }, new MeasureInputs
        {
            Labels = Labels.Select(l => new[] { l }).ToArray(),
            Factors = [Labels, Factor],
            Tokens = new TokenRows("ids", Ids),
            Views = [Samples.Tokens(View)],
            Predictions = Labels.Select(l => l == 2 ? 0 : l).ToArray(),
            Classifier = Samples.Gaussian(3, Width, 11),
        }).Value;

        public Case Changed(string change, int seed)
        {
            Matrix<double> turn = Samples.Rotation(Width, seed + 1);
            FloatMatrix shift = Samples.Gaussian(1, Width, seed + 2);
            int[] prompts = Order(Count, seed + 3);
            return change switch
            {
                Rotation => Each(p => Samples.FromMathNet(Samples.ToMathNet(p) * turn)),
                Scale => Each(p => Samples.Make(p.Rows, p.Columns, (i, j) => 2.5 * p[i, j])),
                Shift => Each(p => Samples.Make(p.Rows, p.Columns, (i, j) => p[i, j] + shift[0, j])),
                Tokens => Each(p => p.Select(Order(Length, seed + 4))),
                _ => new Case(Of(Data, prompts), Of(View, prompts), Of(Labels, prompts), Of(Factor, prompts), Of(Ids, prompts)),
            };
        }

        private Case Each(Func<FloatMatrix, FloatMatrix> change) => this with { Data = Array.ConvertAll(Data, p => change(p)), View = Array.ConvertAll(View, p => change(p)) };

        private static T[] Of<T>(T[] items, int[] order) => Array.ConvertAll(order, i => items[i]);

        private static int[] Order(int count, int seed)
        {
            int[] order = Enumerable.Range(0, count).ToArray();
            new Random(seed).Shuffle(order);
            return order;
        }
    }
}
