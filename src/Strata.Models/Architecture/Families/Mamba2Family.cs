namespace Strata.Models;

/// <summary>Mamba-2 (Dao and Gu 2024): heads of channels share step size and decay, B and C come from the stream, the gated output is normalised.</summary>
public sealed class Mamba2Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "mamba2";

    /// <inheritdoc/>
    public override string Networks => "Mamba-2, Codestral Mamba";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? 4096;
        (float min, float max) = config.StepLimits("time_step_limit");
        StateSpaceSpec facts = config.Heads(new StateSpaceSpec
        {
            Channels = 0,
            Heads = 0,
            StateSize = config.OptionalInt("state_size", 1, 1 << 16) ?? 128,
            Taps = config.OptionalInt("conv_kernel", 1, 1 << 10) ?? 4,
            ConvolutionBias = config.OptionalBool("use_conv_bias") ?? true,
            ProjectionBias = config.OptionalBool("use_bias") ?? false,
            MinStep = min,
            MaxStep = max,
            Activation = config.Activation("hidden_act", "silu"),
            Initialisation = config.StateSpaceInitialisation(),
        }, "num_heads", 128, "head_dim", 64);
        int channels = config.Expanded("expand", width);
        if (facts.Channels != channels) throw config.Refuse("num_heads", $"is {facts.Heads}: heads of width {facts.HeadWidth} are {facts.Channels} channels together, and the expanded width is {channels}.");
        return StateSpaceLayout.Spec(config, Name, width) with
        {
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.1f,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? false,
            Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? 32768,
            Blocks = config.OptionalInt("num_hidden_layers", 0, LayerPlan.MaxExecutions) ?? 64,
            StateSpace = config.Bounded(facts with { OutputNormWidth = channels }),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => StateSpaceLayout.Map(spec, has, (block, prefix) => new BlockMap
    {
        AttentionNorm = WeightNames.Norm(spec, prefix + "norm"),
        StateSpace = StateSpaceLayout.Mamba2(spec, spec.Block(block).StateSpace!, prefix + "mixer.", StateSpaceRoles.Mamba),
    });

    /// <inheritdoc/>
    public override float InitialBound(ModelSpec spec, WeightRole role, int inputs) => StateSpaceLayout.InitialBound(spec, role, inputs);
}
