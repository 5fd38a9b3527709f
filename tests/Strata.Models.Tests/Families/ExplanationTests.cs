using Strata.Models.Tests.Reference;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>What <c>model.Explain()</c> says of architectures whose blocks differ or that lack a point.</summary>
[Collection(PytorchCollection.Name)]
public class ExplanationTests(PytorchSuite suite)
{
    [SkippableTheory]
    [InlineData("gemma3_text-base", "window", "6 positions in blocks 0, 1, 3")]
    [InlineData("gemma3_text-base", "positions", "theta 1000000, default in block 2")]
    [InlineData("smollm3-windows", "positions", "none in blocks 1, 3")]
    [InlineData("qwen2_moe-sparse-step", "experts", "5, 2 per token, and one of width 40 for all tokens in blocks 1, 3")]
    [InlineData("qwen2_moe-sparse-step", "MLP width", "72 in blocks 0, 2, 24 in blocks 1, 3; gated")]
    [InlineData("granite-base", "factors and caps", "embeddings times 6, scores times 0.4, attention and MLP times 0.3, logits times 0.2")]
    [InlineData("gemma2-base", "factors and caps", "scores capped at 3, logits capped at 5")]
    [InlineData("gpt_neox-base", "positions", "4 of 16 columns")]
    [InlineData("gpt_neox-base", "blocks", "4, attention and MLP on the same stream")]
    [InlineData("opt-projected", "width", "48, embeddings 20")]
    [InlineData("olmo2-base", "queries and keys", "normalised over all heads")]
    [InlineData("bloom-base", "positions", "biases of the scores, 64")]
    public void FactsAreThoseOfTheConfiguration(string variant, string name, string value) =>
        Assert.Contains(value, Assert.Single(suite.Load(variant).Explain().Facts, fact => fact.Name == name).Value);

    [SkippableTheory]
    [InlineData("gpt_neox-base", "resid_mid does not exist")]
    [InlineData("gptj-base", "ln2.normalized does not exist")]
    [InlineData("olmo2-base", "ln1.normalized and ln2.normalized do not exist")]
    [InlineData("opt-no-final-norm", "ln_final.normalized does not exist")]
    [InlineData("mixtral-base", "mlp.pre and mlp.post do not exist")]
    [InlineData("bloom-base", "positions bias the scores")]
    public void MissingPointsAreMissingAndSaidToBe(string variant, string limit)
    {
        ModelExplanation explanation = suite.Load(variant).Explain();
        Assert.Contains(explanation.Limits, line => line.Contains(limit, StringComparison.Ordinal));
        foreach (string point in limit.Split(' ').TakeWhile(word => word != "do" && word != "does").Where(word => word.Contains('.') || word.Contains('_')))
            Assert.DoesNotContain(explanation.Points, p => p.Name == point || p.Name == $"blocks.0.{point}");
    }

    [SkippableFact]
    public void PointsThatSomeBlocksLackAreMissingThere()
    {
        ModelExplanation explanation = suite.Load("smollm3-base").Explain();
        Assert.Contains(explanation.Limits, line => line.Contains("attn.rot_q and attn.rot_k do not exist in some blocks", StringComparison.Ordinal));
        Assert.Equal([0, 1, 2], explanation.Points.Where(p => p.Kind == HookKind.RotaryQuery).Select(p => p.Block));
    }

    [SkippableFact]
    public void TextListsEachKindOfBlockOnce()
    {
        string text = suite.Load("qwen2_moe-sparse-step").Explain().ToString();
        Assert.Contains("  ... the same for block 2", text);
        Assert.Contains("  blocks.1.mlp.router", text);
        Assert.DoesNotContain("blocks.2.", text);
    }
}
