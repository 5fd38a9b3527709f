namespace Strata.Models;

/// <summary>Gemma 2 (Gemma Team 2024): norms before and behind each half block, capped scores and logits, a window in every other block.</summary>
public sealed class Gemma2Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "gemma2";

    /// <inheritdoc/>
    public override string Networks => "Gemma 2";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        config.RefuseIfTrue("use_bidirectional_attention", "and Strata computes this family with causal attention only.");
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 4, HeadWidth = 256, Positions = 8192, Tied = true, ActivationKey = "hidden_activation", Activation = "gelu_pytorch_tanh" });
        string[]? kinds = config.BlockKinds("layer_types", spec.Blocks, "full_attention", "sliding_attention");
        return (spec with
        {
            NormPlacement = NormPlacement.InputAndOutput,
            GainLessOne = true,
            EmbeddingScale = MathF.Sqrt(spec.Width),
            AttentionScale = 1f / MathF.Sqrt(config.OptionalPositive("query_pre_attn_scalar") ?? 256),
            AttentionSoftCap = config.PositiveOr("attn_logit_softcapping", 50),
            LogitSoftCap = config.PositiveOr("final_logit_softcapping", 30),
        }).WithWindows(config.IntOr("sliding_window", 1, 1 << 28, 4096), i => kinds is null ? i % 2 == 0 : kinds[i] == "sliding_attention");
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);
}
