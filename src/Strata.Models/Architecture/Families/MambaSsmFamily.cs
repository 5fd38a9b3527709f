namespace Strata.Models;

/// <summary>
/// Mamba and Mamba-2 as their makers publish them (<c>state-spaces/mamba-130m</c>, <c>mamba2-130m</c>): the <c>config.json</c> has no <c>model_type</c>, and the options
/// of the state space lie in <c>ssm_cfg</c>.
/// </summary>
public sealed class MambaSsmFamily : ModelFamily
{
    /// <summary>What the family is called where <c>config.json</c> says nothing.</summary>
    public const string Unnamed = "mamba_ssm";

    /// <inheritdoc/>
    public override string Name => Unnamed;

    /// <inheritdoc/>
    public override string Networks => "Mamba and Mamba-2 in the layout of their makers";

    /// <summary>Is a configuration without a <c>model_type</c> one of these?</summary>
    public static bool Recognises(ConfigReader config) => config.Has("ssm_cfg") && config.Has("d_model") && config.Has("n_layer");

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        if (config.OptionalInt("d_intermediate", 0, 1 << 24) > 0) throw config.Refuse("d_intermediate", "is above 0: MLPs between the state spaces, which Strata does not compute in this layout.");
        if (config.Items("attn_layer_idx").Any()) throw config.Refuse("attn_layer_idx", "names blocks of attention, which Strata does not compute in this layout.");
        int width = config.RequiredInt("d_model", 1, 1 << 20), blocks = config.RequiredInt("n_layer", 0, LayerPlan.MaxExecutions);
        ConfigReader options = config.Object("ssm_cfg");
        string layer = options.OptionalString("layer") ?? "Mamba1";
        StateSpaceSpec facts = layer switch
        {
            "Mamba1" => First(options, width),
            "Mamba2" => Second(options, width),
            _ => throw options.Refuse("layer", $"is {Excerpt.Quote(layer)}; expected Mamba1 or Mamba2."),
        };
        bool rms = config.OptionalBool("rms_norm") ?? true;
        return StateSpaceLayout.Spec(config, Name, width) with
        {
            Norm = rms ? NormKind.RmsNorm : NormKind.LayerNorm,
            Blocks = blocks,
            Vocabulary = Padded(config.RequiredInt("vocab_size", 1, 1 << 28), config.OptionalInt("pad_vocab_size_multiple", 1, 1 << 16) ?? 8),
            TiedUnembedding = config.OptionalBool("tie_embeddings") ?? true,
            StateSpace = options.Bounded(facts),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => StateSpaceLayout.Map(spec, has, (block, prefix) =>
    {
        StateSpaceSpec facts = spec.Block(block).StateSpace!;
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "norm"),
            StateSpace = facts.StepRank is null
                ? StateSpaceLayout.Mamba2(spec, facts, prefix + "mixer.", StateSpaceRoles.Makers)
                : StateSpaceLayout.Mamba(spec, facts, prefix + "mixer.", StateSpaceRoles.Makers),
        };
    });

    /// <inheritdoc/>
    public override float InitialBound(ModelSpec spec, WeightRole role, int inputs) => StateSpaceLayout.InitialBound(spec, role, inputs);

    private static StateSpaceSpec First(ConfigReader options, int width)
    {
        int channels = options.Expanded("expand", width);
        return new StateSpaceSpec
        {
            Channels = channels,
            Heads = channels,
            StateSize = options.OptionalInt("d_state", 1, 1 << 16) ?? 16,
            Taps = options.OptionalInt("d_conv", 1, 1 << 10) ?? 4,
            ConvolutionBias = options.OptionalBool("conv_bias") ?? true,
            ProjectionBias = options.OptionalBool("bias") ?? false,
            StepRank = options.StepRank("dt_rank", width),
            Initialisation = Initialisation(options),
        };
    }

    private static StateSpaceSpec Second(ConfigReader options, int width)
    {
        options.RefuseIfTrue("D_has_hdim", "a skip connection per channel, which Strata does not compute.");
        options.RefuseIfTrue("norm_before_gate", "the norm before the gate, which Strata does not compute.");
        if (options.Has("d_ssm")) throw options.Refuse("d_ssm", "is given: a state space beside an MLP in one block, which Strata does not compute.");
        int channels = options.Expanded("expand", width), head = options.OptionalInt("headdim", 1, 1 << 20) ?? 64, groups = options.OptionalInt("ngroups", 1, 1 << 16) ?? 1;
        if (channels % head != 0 || channels / head % groups != 0) throw options.Refuse("headdim", $"is {head}: {channels} channels do not divide into heads of that width in {groups} groups.");
        (float min, float max) = options.StepLimits("dt_limit");
        return new StateSpaceSpec
        {
            Channels = channels,
            Heads = channels / head,
            Groups = groups,
            StateSize = options.OptionalInt("d_state", 1, 1 << 16) ?? 128,
            Taps = options.OptionalInt("d_conv", 1, 1 << 10) ?? 4,
            ConvolutionBias = options.OptionalBool("conv_bias") ?? true,
            ProjectionBias = options.OptionalBool("bias") ?? false,
            OutputNormWidth = options.OptionalBool("rmsnorm") ?? true ? channels / groups : null,
            MinStep = min,
            MaxStep = max,
            Initialisation = Initialisation(options),
        };
    }

    private static StateSpaceInitialisation Initialisation(ConfigReader options)
    {
        StateSpaceInitialisation absent = new();
        return new StateSpaceInitialisation(
            options.OptionalPositive("dt_min") ?? absent.MinStep,
            options.OptionalPositive("dt_max") ?? absent.MaxStep,
            options.OptionalFloat("dt_init_floor", 0) ?? absent.StepFloor,
            options.OptionalFloat("dt_scale") ?? absent.StepScale,
            options.OptionalString("dt_init") == "constant",
            ScaledOutput: true,
            UniformDecays: true);
    }

    private static int Padded(int count, int multiple) => (int)Math.Min(((long)count + multiple - 1) / multiple * multiple, int.MaxValue);
}
