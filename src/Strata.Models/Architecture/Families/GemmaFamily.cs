namespace Strata.Models;

/// <summary>Gemma (Gemma Team 2024): Llama with scaled embeddings and gains stored less 1.</summary>
public sealed class GemmaFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "gemma";

    /// <inheritdoc/>
    public override string Networks => "Gemma";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        config.RefuseIfTrue("use_bidirectional_attention", "and Strata computes this family with causal attention only.");
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 16, HeadWidth = 256, Positions = 8192, Tied = true, Activation = "gelu_pytorch_tanh" });
        return spec with { GainLessOne = true, EmbeddingScale = MathF.Sqrt(spec.Width), Activation = ReadActivation(config) };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);

    /// <summary>First exports say <c>hidden_act: gelu</c> and mean the tanh form, which <c>hidden_activation</c> names since.</summary>
    private static Strata.Tensors.Activation ReadActivation(ConfigReader config)
    {
        bool ambiguous = !config.Has("hidden_activation") && config.OptionalString("hidden_act") == "gelu";
        return ambiguous ? Strata.Tensors.Activation.GeluTanh : config.Activation(config.Has("hidden_activation") ? "hidden_activation" : "hidden_act", "gelu_pytorch_tanh");
    }
}
