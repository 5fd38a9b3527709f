using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>What encoders have that decoders have not: token types, shared blocks, classes.</summary>
[Collection(PytorchCollection.Name)]
public class EncoderTests(PytorchSuite suite)
{
    [SkippableFact]
    public void TokenTypesBelongToTheirTokensInABatchAndPadded()
    {
        Model model = suite.Load("bert-base");
        int[][] ids = [[5, 9, 1, 30], [7, 8]], types = [[0, 0, 1, 1], [0, 1]];
        Activations together = model.Capture(new TokenRows("pairs", ids, types), TestModels.Quiet("logits"));
        for (int row = 0; row < 2; row++)
        {
            Activations alone = model.Capture(new TokenRows("pair", [ids[row]], [types[row]]), TestModels.Quiet("logits"));
            Assert.Equal(alone.Rows("logits").Values, together.Samples("logits")[row].Values);
            Assert.NotEqual(alone.Rows("logits").Values, model.Capture(new TokenRows("plain", [ids[row]]), TestModels.Quiet("logits")).Rows("logits").Values);
        }

        Assert.NotEqual(new TokenRows("pairs", ids).Hash, new TokenRows("pairs", ids, types).Hash);
        Assert.Equal(types[..1], new TokenRows("pairs", ids, types).Take(1).Types);
    }

    [SkippableFact]
    public void TypesThatDoNotExistAreRefused()
    {
        Assert.Contains("the types 0 to 1", Assert.Throws<StrataException>(() => suite.Load("bert-base").Capture(new TokenRows("pair", [[1, 2]], [[0, 2]]), TestModels.Quiet("logits"))).Message);
        Assert.Contains("no token types", Assert.Throws<StrataException>(() => suite.Load("distilbert-base").Capture(new TokenRows("pair", [[1, 2]], [[0, 1]]), TestModels.Quiet("logits"))).Message);
        Assert.Throws<StrataException>(() => new TokenRows("pair", [[1, 2]], [[0]]));
        Assert.Throws<StrataException>(() => new TokenBatch([[1, 2]], [[0], [0]]));
    }

    [SkippableFact]
    public void BlocksThatShareTheirWeightsHoldThemOnceAndAreDistinctInPlans()
    {
        Model one = suite.Load("albert-base"), two = suite.Load("albert-groups");
        Assert.Equal(4, one.Spec.Blocks);
        Assert.Equal(1, Different(one));
        Assert.Equal(2, Different(two));
        Assert.Equal(new int?[] { 0, 0, 1, 1 }, Enumerable.Range(0, 4).Select(i => two.Spec.Block(i).Group));
        TokenRows rows = TestModels.RowsOf(9);
        Activations zeroed = one.Capture(rows, TestModels.Quiet("blocks.*.mlp_out") with { Interventions = [Intervention.Zero("blocks.2.mlp_out")] });
        Assert.All(zeroed.Points, point => Assert.Equal(point == "blocks.2.mlp_out", zeroed.Rows(point).Values.All(value => value == 0)));
        // One set of weights: the order of the blocks does not matter, their number does.
        float[] Run(string plan) => one.Capture(rows, TestModels.Quiet("logits") with { Plan = one.Plans.Parse(plan) }).Rows("logits").Values;
        Assert.Equal(Run(".."), Run("3, 1, 0, 2"));
        Assert.NotEqual(Run(".."), Run("0..3"));

        static int Different(Model model) => Enumerable.Range(0, model.Spec.Blocks).Select(i => model.Weights.Blocks[i]).Distinct(ReferenceEqualityComparer.Instance).Count();
    }

    [SkippableFact]
    public void ClassesHaveTheNamesOfTheConfigurationAndScoresThatPlansAndInterventionsChange()
    {
        Model model = suite.Load("bert-classifier");
        Assert.Equal(["negative", "neutral", "positive"], model.Spec.SequenceHead!.Labels!);
        Assert.Equal("LABEL_4", suite.Load("roberta-classifier").Spec.SequenceHead!.Labels![^1]);
        TokenRows rows = TestModels.RowsOf(7, 1, 12);
        FloatMatrix scores = model.Classify(rows);
        Assert.Equal((3, 3), (scores.Rows, scores.Columns));
        Activations acts = model.Capture(rows, TestModels.Quiet("class_logits", "pooled") with { Pooling = Pooling.Mean });
        Dictionary<string, float[]> streamed = [];
        model.PlanCapture(rows, TestModels.Quiet("class_logits", "pooled")).Stream(batch => streamed[batch.Point.Name] = [.. batch.Samples.SelectMany(sample => sample.Values)]);
        foreach (string point in acts.Points) Assert.Equal(acts.Rows(point).Values, streamed[point]);
        Assert.Equal(scores.Values, acts.Rows("class_logits").Values);
        Assert.NotEqual(scores.Values, model.Classify(rows, model.Plans.Skip(1..2)).Values);
        float[] shifted = model.Classify(rows, null, [Intervention.Add("class_logits", [0, 0, 5])]).Values;
        for (int i = 0; i < 9; i++) Assert.Equal(scores.Values[i] + (i % 3 == 2 ? 5 : 0), shifted[i], 1e-5f);
        Assert.Contains("without positions", Assert.Throws<StrataException>(() => model.Classify(rows, null, [Intervention.Zero("pooled").At(PositionSelection.Last)])).Message);
        Assert.Contains("no classifier", Assert.Throws<StrataException>(() => suite.Load("bert-no-head").Classify(rows)).Message);
    }

    [Theory]
    [InlineData(32, 128)]
    [InlineData(8, 20)]
    public void BucketsOfDistancesGrowOutwardsAndMirrorEachOther(int buckets, int most)
    {
        RelativeBiasSpec spec = new(buckets, most);
        int[] before = [.. Enumerable.Range(0, 200).Select(distance => spec.Bucket(-distance))];
        Assert.Equal(Enumerable.Range(0, buckets / 4), before.Take(buckets / 4));
        Assert.Equal(buckets / 2 - 1, before[^1]);
        Assert.All(before.Zip(before.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0, 1));
        Assert.All(Enumerable.Range(1, 199), distance => Assert.Equal(before[distance] + buckets / 2, spec.Bucket(distance)));
    }

    [Fact]
    public void RowsOfDistancesAreOddAndStayInTheTable()
    {
        DisentangledSpec shared = new(256, 256, 512, true, true, true, true), plain = new(12, 0, 12, true, true, true, true);
        Assert.All(Enumerable.Range(0, 600), distance => Assert.True(distance > 511 || shared.Row(distance) - 256 == 256 - shared.Row(-distance) || shared.Row(distance) == 511));
        Assert.Equal((256 + 128, 256 + 255, 511, 0), (shared.Row(128), shared.Row(511), shared.Row(5_000), shared.Row(-5_000)));
        Assert.Equal((12, 23, 23, 0, 0), (plain.Row(0), plain.Row(11), plain.Row(40), plain.Row(-12), plain.Row(-40)));
    }
}
