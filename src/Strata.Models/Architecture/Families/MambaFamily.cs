namespace Strata.Models;

/// <summary>Mamba (Gu and Dao 2023): every block is a selective state space behind a norm, without attention, MLP and positions.</summary>
public sealed class MambaFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "mamba";

    /// <inheritdoc/>
    public override string Networks => "Mamba";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? 768;
        int channels = config.OptionalInt("intermediate_size", 1, 1 << 22) ?? config.Expanded("expand", width);
        return StateSpaceLayout.Spec(config, Name, width) with
        {
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.1f,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? true,
            Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? 50280,
            Blocks = config.OptionalInt("num_hidden_layers", 0, LayerPlan.MaxExecutions) ?? 32,
            StateSpace = config.Bounded(new StateSpaceSpec
            {
                Channels = channels,
                Heads = channels,
                StateSize = config.OptionalInt("state_size", 1, 1 << 16) ?? 16,
                Taps = config.OptionalInt("conv_kernel", 1, 1 << 10) ?? 4,
                ConvolutionBias = config.OptionalBool("use_conv_bias") ?? true,
                ProjectionBias = config.OptionalBool("use_bias") ?? true,
                StepRank = config.StepRank("time_step_rank", width),
                Activation = config.Activation("hidden_act", "silu"),
                Initialisation = config.StateSpaceInitialisation(),
            }),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => StateSpaceLayout.Map(spec, has, (block, prefix) => new BlockMap
    {
        AttentionNorm = WeightNames.Norm(spec, prefix + "norm"),
        StateSpace = StateSpaceLayout.Mamba(spec, spec.Block(block).StateSpace!, prefix + "mixer.", StateSpaceRoles.Mamba),
    });

    /// <inheritdoc/>
    public override float InitialBound(ModelSpec spec, WeightRole role, int inputs) => StateSpaceLayout.InitialBound(spec, role, inputs);
}
