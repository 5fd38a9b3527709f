using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>What a family takes for keys that its configuration lacks: the defaults of its public configuration class.</summary>
public class FamilyDefaultsTests
{
    private const string Sizes = "'hidden_size':48,'num_hidden_layers':2,'num_attention_heads':4,'head_dim':12,'intermediate_size':30,'vocab_size':9";

    /// <summary>Phi-3's class trains on 4096 positions where nothing is said, however long the longest sequence is.</summary>
    [Fact]
    public void Phi3StartsItsScalingAtItsOwnDefault()
    {
        const string LongRope = ",'num_key_value_heads':4,'max_position_embeddings':131072,'rope_scaling':{'type':'longrope','short_factor':[1,1,1,1,1,1],'long_factor':[2,2,2,2,2,2]}";
        RotarySpec rotary = Spec("phi3", Sizes + LongRope).Rotary!;
        Assert.Equal(4096, rotary.OriginalPositions);
        Assert.Equal(Math.Sqrt(1 + (Math.Log(32) / Math.Log(4096))), rotary.Magnitude, 1e-12);
        Assert.Equal(8192, Spec("phi3", Sizes + LongRope + ",'original_max_position_embeddings':8192").Rotary!.OriginalPositions);
    }

    /// <summary>Newer exports write the number of experts under one key for all families.</summary>
    [Theory]
    [InlineData("qwen3_moe", 128, 8)]
    [InlineData("qwen2_moe", 60, 4)]
    [InlineData("olmoe", 64, 8)]
    [InlineData("mixtral", 8, 2)]
    public void ExpertsHaveTheCountOfEitherKey(string family, int count, int perToken)
    {
        const string Heads = ",'num_key_value_heads':4,'max_position_embeddings':64";
        ExpertSpec byDefault = Spec(family, Sizes + Heads).Block(0).Experts!, given = Spec(family, Sizes + Heads + ",'num_local_experts':16").Block(0).Experts!;
        Assert.Equal((count, perToken, 16), (byDefault.Count, byDefault.PerToken, given.Count));
    }

    [Theory]
    [InlineData("llama", 2048, 1e-6, 4, 10_000, false)]
    [InlineData("mistral", 131_072, 1e-6, 4, 10_000, false)]
    [InlineData("mixtral", 131_072, 1e-5, 4, 1_000_000, false)]
    [InlineData("qwen2", 32_768, 1e-6, 4, 10_000, false)]
    [InlineData("qwen3", 32_768, 1e-6, 4, 10_000, false)]
    [InlineData("gemma", 8192, 1e-6, 4, 10_000, true)]
    [InlineData("gemma2", 8192, 1e-6, 4, 10_000, true)]
    [InlineData("gemma3_text", 131_072, 1e-6, 4, 1_000_000, true)]
    [InlineData("phi", 2048, 1e-5, 4, 10_000, false)]
    [InlineData("phi3", 4096, 1e-5, 4, 10_000, false)]
    [InlineData("olmo2", 2048, 1e-5, 4, 10_000, false)]
    [InlineData("olmoe", 4096, 1e-5, 4, 10_000, false)]
    [InlineData("stablelm", 4096, 1e-5, 4, 10_000, false)]
    [InlineData("smollm3", 32_768, 1e-6, 4, 2_000_000, true)]
    [InlineData("granite", 2048, 1e-6, 4, 10_000, false)]
    public void PositionsNormsAndBasesAreThoseOfTheClass(string family, int positions, double epsilon, int heads, double theta, bool tied)
    {
        // With half of each head's columns turned, an even number of them turn in every family.
        ModelSpec spec = Spec(family, $"{Sizes},'num_key_value_heads':{heads},'partial_rotary_factor':0.5");
        Assert.Equal((positions, (float)epsilon, theta, tied), (spec.MaxPositions, spec.NormEpsilon, spec.Rotary!.Theta, spec.TiedUnembedding));
    }

    private static ModelSpec Spec(string family, string values)
    {
        using JsonDocument document = JsonDocument.Parse($"{{'model_type':'{family}',{values}}}".Replace('\'', '"'));
        ConfigReader config = new(document.RootElement, "config.json");
        return ModelFamily.Of(config).ReadSpec(config);
    }
}
