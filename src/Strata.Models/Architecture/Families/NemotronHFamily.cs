using System.Text.Json;

namespace Strata.Models;

/// <summary>Nemotron-H (NVIDIA 2025): every block is one thing alone, a Mamba-2 state space, an attention without positions, or an MLP, in an order that the configuration spells out.</summary>
public sealed class NemotronHFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "nemotron_h";

    /// <inheritdoc/>
    public override string Networks => "Nemotron-H, Nemotron Nano 2";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        if (config.Has("sliding_window")) throw config.Refuse("sliding_window", "is given, and the releases of this family's code do not agree on what it does.");
        Part[] parts = Parts(config);
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? 4096, heads = config.OptionalInt("num_attention_heads", 1, 1 << 16) ?? 32;
        int groups = config.IntOr("num_key_value_heads", 1, 1 << 16, 8) ?? heads, mlp = config.OptionalInt("intermediate_size", 1, 1 << 24) ?? 21504;
        if (heads % groups != 0) throw new InvalidFileException(config.Path, $"num_attention_heads {heads} does not divide into groups over num_key_value_heads {groups}.");
        bool attentionBias = config.OptionalBool("attention_bias") ?? false;
        StateSpaceSpec mamba = Mamba(config);
        return StateSpaceLayout.Spec(config, Name, width) with
        {
            Blocks = parts.Length,
            Heads = heads,
            KeyValueHeads = groups,
            HeadWidth = config.OptionalInt("head_dim", 1, 1 << 12) ?? config.OptionalInt("attention_head_dim", 1, 1 << 12) ?? 128,
            MlpWidth = mlp,
            MlpBias = config.OptionalBool("mlp_bias") ?? false,
            Activation = config.Activation("mlp_hidden_act", "relu2"),
            AttentionBias = attentionBias,
            AttentionOutputBias = attentionBias,
            Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? 131072,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? false,
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            StateSpace = mamba,
            BlockSpecs = new(parts.Select(part => new BlockSpec(part == Part.Mlp ? mlp : 0) { StateSpace = part == Part.StateSpace ? mamba : null, MixesTokens = part != Part.Mlp })),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => StateSpaceLayout.Map(spec, has, (block, prefix) =>
    {
        BlockSpec facts = spec.Block(block);
        NormEntry norm = WeightNames.Norm(spec, prefix + "norm");
        string mixer = prefix + "mixer.";
        if (facts.HasMlp)
        {
            return new BlockMap
            {
                MlpNorm = norm,
                Mlp = new MlpMap(null, WeightNames.Linear(mixer + "up_proj", spec.Width, facts.MlpWidth, spec.MlpBias), WeightNames.Linear(mixer + "down_proj", facts.MlpWidth, spec.Width, spec.MlpBias)),
            };
        }

        if (facts.StateSpace is not StateSpaceSpec mamba) return StateSpaceLayout.Attention(spec, mixer) with { AttentionNorm = norm };
        StateSpaceRoles roles = StateSpaceRoles.Plain with { StepBias = WeightRole.StepBias, Output = mamba.Initialisation.ScaledOutput ? WeightRole.UniformResidual : WeightRole.ResidualLinear };
        return new BlockMap { AttentionNorm = norm, StateSpace = StateSpaceLayout.Mamba2(spec, mamba, mixer, roles) };
    });

    /// <inheritdoc/>
    public override float InitialBound(ModelSpec spec, WeightRole role, int inputs) => StateSpaceLayout.InitialBound(spec, role, inputs);

    private static StateSpaceSpec Mamba(ConfigReader config)
    {
        (float min, float max) = config.StepLimits("time_step_limit");
        StateSpaceSpec facts = config.Heads(new StateSpaceSpec
        {
            Channels = 0,
            Heads = 0,
            StateSize = config.OptionalInt("ssm_state_size", 1, 1 << 16) ?? 128,
            Taps = config.OptionalInt("conv_kernel", 1, 1 << 10) ?? config.OptionalInt("mamba_d_conv", 1, 1 << 10) ?? 4,
            ConvolutionBias = config.OptionalBool("use_conv_bias") ?? config.OptionalBool("mamba_conv_bias") ?? true,
            ProjectionBias = config.OptionalBool("use_bias") ?? false,
            MinStep = min,
            MaxStep = max,
            Activation = config.Activation("mamba_hidden_act", "silu"),
            Initialisation = config.StateSpaceInitialisation(scaledOutput: true),
        }, "mamba_num_heads", 128, "mamba_head_dim", 64);
        return config.Bounded(facts with { OutputNormWidth = facts.Channels / facts.Groups });
    }

    /// <summary>What each block is: a list of words, or in older files a letter each.</summary>
    private static Part[] Parts(ConfigReader config)
    {
        string? key = new[] { "layers_block_type", "layer_types", "hybrid_override_pattern" }.FirstOrDefault(config.Has);
        if (key is null) throw config.Refuse("layers_block_type", "is missing; a list of what each block is, is expected.");
        string[] words = key == "hybrid_override_pattern"
            ? [.. config.RequiredString(key).Select(letter => letter.ToString())]
            : [.. config.Items(key).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw config.Refuse(key, "lists something that is not a word."))];
        if (words.Length > LayerPlan.MaxExecutions) throw config.Refuse(key, $"lists {words.Length} blocks; at most {LayerPlan.MaxExecutions} are read.");
        return [.. words.Select(word => word switch
        {
            "mamba" or "linear_attention" or "M" => Part.StateSpace,
            "attention" or "full_attention" or "*" => Part.Attention,
            "mlp" or "-" => Part.Mlp,
            "moe" or "E" => throw config.Refuse(key, $"lists {Excerpt.Quote(word)}: experts that are chosen in groups with a correction of their scores, which Strata does not compute."),
            _ => throw config.Refuse(key, $"lists {Excerpt.Quote(word)}, which Strata does not compute; expected mamba, attention or mlp."),
        })];
    }

    private enum Part
    {
        StateSpace,
        Attention,
        Mlp,
    }
}
