using Strata.Models.Tests.Reference;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>Routing as hook points: what is done to router and weights decides which experts work.</summary>
[Collection(PytorchCollection.Name)]
public class ExpertTests(PytorchSuite suite)
{
    private static readonly TokenRows Rows = TestModels.RowsOf(24);

    [SkippableTheory]
    [InlineData("mixtral-base", 4, true)]
    [InlineData("olmoe-base", 5, false)]
    [InlineData("qwen3_moe-base", 5, true)]
    public void WeightsAreTheProbabilitiesOfTheChosenExperts(string variant, int experts, bool normalised)
    {
        Model model = suite.Load(variant);
        ExpertSpec spec = model.Spec.Block(1).Experts!;
        Assert.Equal((experts, normalised), (spec.Count, spec.NormaliseWeights));
        Activations acts = model.Capture(Rows, TestModels.Quiet("blocks.1.mlp.router", "blocks.1.mlp.weights"));
        for (int token = 0; token < 24; token++)
        {
            double[] exponentials = [.. acts.Rows("blocks.1.mlp.router").Row(token).ToArray().Select(logit => Math.Exp(logit))];
            int[] chosen = [.. Enumerable.Range(0, experts).OrderByDescending(e => exponentials[e]).Take(spec.PerToken)];
            double divisor = normalised ? chosen.Sum(e => exponentials[e]) : exponentials.Sum();
            for (int expert = 0; expert < experts; expert++)
                Assert.Equal(chosen.Contains(expert) ? exponentials[expert] / divisor : 0, acts.Rows("blocks.1.mlp.weights")[token, expert], 1e-6);
        }
    }

    [SkippableFact]
    public void AnExpertWhoseWeightIsProjectedOutIsMissingFromTheSum()
    {
        Model model = suite.Load("mixtral-base");
        const string weights = "blocks.1.mlp.weights", output = "blocks.1.mlp_out";
        Activations whole = model.Capture(Rows, TestModels.Quiet(weights, output));
        float[] sum = new float[24 * model.Spec.Width];
        for (int expert = 0; expert < 4; expert++)
        {
            float[] unit = [.. Enumerable.Range(0, 4).Select(e => e == expert ? 1f : 0f)];
            Activations without = model.Capture(Rows, TestModels.Quiet(weights, output) with { Interventions = [Intervention.ProjectOut(weights, unit)] });
            for (int token = 0; token < 24; token++)
            {
                Assert.Equal(0, without.Rows(weights)[token, expert]);
                bool worked = whole.Rows(weights)[token, expert] != 0;
                Assert.Equal(!worked, whole.Rows(output).Row(token).SequenceEqual(without.Rows(output).Row(token)));
                for (int i = 0; i < model.Spec.Width; i++) sum[token * model.Spec.Width + i] += whole.Rows(output)[token, i] - without.Rows(output)[token, i];
            }
        }

        // What the experts contribute one by one is all there is.
        for (int i = 0; i < sum.Length; i++) Assert.Equal(whole.Rows(output).Values[i], sum[i], 1e-5f);
    }

    [SkippableFact]
    public void AnExpertThatTheRouterIsKeptFromIsReplacedByTheNext()
    {
        Model model = suite.Load("qwen2_moe-base");
        float[] never = [.. Enumerable.Range(0, 5).Select(e => e == 2 ? -1e9f : 0f)];
        Activations acts = model.Capture(Rows, TestModels.Quiet("blocks.*.mlp.weights") with { Interventions = [Intervention.Add("blocks.*.mlp.router", never)] });
        foreach (string point in acts.Points)
        {
            for (int token = 0; token < 24; token++)
            {
                Assert.Equal(0, acts.Rows(point)[token, 2]);
                Assert.Equal(2, acts.Rows(point).Row(token).ToArray().Count(weight => weight > 0));
            }
        }
    }
}
