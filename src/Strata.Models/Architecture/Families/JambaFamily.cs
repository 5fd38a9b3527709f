namespace Strata.Models;

/// <summary>Jamba (Lieber et al. 2024): one block in eight attends, without positions, the others are Mamba; every second block has experts.</summary>
public sealed class JambaFamily : ModelFamily
{
    private static readonly LlamaNames Names = new() { Router = "router" };

    /// <inheritdoc/>
    public override string Name => "jamba";

    /// <inheritdoc/>
    public override string Networks => "Jamba";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        if (config.Has("sliding_window")) throw config.Refuse("sliding_window", "is given, and only some of this family's attention implementations obey it.");
        LlamaDefaults absent = new() { Width = 4096, Blocks = 32, Heads = 32, KeyValueHeads = 8, MlpWidth = 14336, Vocabulary = 65536 };
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, absent) with { Positions = PositionKind.None, Rotary = null, MaxPositions = int.MaxValue, AttentionBias = false, AttentionOutputBias = false };
        if (spec.Width % spec.Heads != 0 || spec.HeadWidth != spec.Width / spec.Heads)
            throw new InvalidFileException(config.Path, $"hidden_size {spec.Width} does not divide into num_attention_heads {spec.Heads} heads.");
        int channels = config.Expanded("mamba_expand", spec.Width);
        StateSpaceSpec mamba = config.Bounded(new StateSpaceSpec
        {
            Channels = channels,
            Heads = channels,
            StateSize = config.OptionalInt("mamba_d_state", 1, 1 << 16) ?? 16,
            Taps = config.OptionalInt("mamba_d_conv", 1, 1 << 10) ?? 4,
            ConvolutionBias = config.OptionalBool("mamba_conv_bias") ?? true,
            ProjectionBias = config.OptionalBool("mamba_proj_bias") ?? false,
            StepRank = config.StepRank("mamba_dt_rank", spec.Width),
            NormalisedParameters = true,
            Activation = spec.Activation,
        });
        ExpertSpec? experts = config.OptionalInt("num_experts", 1, 1 << 16) == 1 ? null : config.Experts(spec.Blocks, "num_experts", 16, 2, normalise: false);
        Func<int, bool> attends = config.Rhythm("attn_layer", 8, 4), routes = config.Rhythm("expert_layer", 2, 1);
        return (spec with { StateSpace = mamba }).WithBlocks((i, block) => block with
        {
            StateSpace = attends(i) ? null : mamba,
            Experts = routes(i) ? experts : null,
        });
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => new(new("model.embed_tokens.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
        Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, spec.Block(i), $"model.layers.{i}.")).ToArray())
    {
        FinalNorm = WeightNames.Norm(spec, "model.final_layernorm"),
        Unembedding = WeightNames.Unembedding(spec),
    };

    private static BlockMap Block(ModelSpec spec, BlockSpec facts, string prefix)
    {
        BlockMap map = facts.StateSpace is StateSpaceSpec mamba
            ? new BlockMap { StateSpace = StateSpaceLayout.Mamba(spec, mamba, prefix + "mamba.", StateSpaceRoles.Plain) }
            : StateSpaceLayout.Attention(spec, prefix + "self_attn.");
        return map with
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "input_layernorm"),
            MlpNorm = WeightNames.Norm(spec, prefix + "pre_ff_layernorm"),
            Mlp = facts.Experts is null ? LlamaLayout.Mlp(spec, Names, prefix + "feed_forward.", facts.MlpWidth) : null,
            Experts = facts.Experts is null ? null : LlamaLayout.Experts(spec, Names, prefix + "feed_forward.", facts),
        };
    }
}
