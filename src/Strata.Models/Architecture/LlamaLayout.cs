namespace Strata.Models;

/// <summary>
/// The layout that most decoders since Llama share: the keys of their <c>config.json</c> and the names of their weights. What differs is data: a family changes
/// the spec that <see cref="ReadSpec"/> gives it, and the names follow the spec.
/// </summary>
internal static class LlamaLayout
{
    /// <summary>Reads the keys that these families share.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="family">Name of the family.</param>
    /// <param name="defaults">What the family takes for absent keys.</param>
    /// <exception cref="InvalidFileException">A value is missing, out of range or asks for what Strata does not compute.</exception>
    public static ModelSpec ReadSpec(ConfigReader config, string family, LlamaDefaults defaults)
    {
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? defaults.Width ?? config.RequiredInt("hidden_size", 1, 1 << 20);
        int heads = config.OptionalInt("num_attention_heads", 1, 1 << 16) ?? defaults.Heads ?? config.RequiredInt("num_attention_heads", 1, 1 << 16);
        int keyValueHeads = config.IntOr("num_key_value_heads", 1, 1 << 16, defaults.KeyValueHeads) ?? heads;
        int headWidth = config.IntOr("head_dim", 2, 1 << 16, defaults.HeadWidth) ?? width / heads;
        if (heads % keyValueHeads != 0) throw new InvalidFileException(config.Path, $"num_attention_heads {heads} does not divide into groups over num_key_value_heads {keyValueHeads}.");
        if (headWidth < 2 || headWidth % 2 != 0) throw new InvalidFileException(config.Path, $"heads of width {headWidth} cannot turn in pairs; an even head_dim is needed.");
        if ((long)heads * headWidth > 1 << 24) throw new InvalidFileException(config.Path, $"{heads} heads of width {headWidth} are wider together than {1 << 24}, the most that Strata computes.");
        int positions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? defaults.Positions;
        RotarySpec rotary = config.Rotary(headWidth, positions, defaults.Theta, defaults.TurnedShare, trained: defaults.TrainedPositions);
        bool attentionBias = config.OptionalBool("attention_bias") ?? false;
        return new ModelSpec
        {
            Family = family,
            Blocks = config.OptionalInt("num_hidden_layers", 0, LayerPlan.MaxExecutions) ?? defaults.Blocks ?? config.RequiredInt("num_hidden_layers", 0, LayerPlan.MaxExecutions),
            Width = width,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadWidth = headWidth,
            MlpWidth = config.OptionalInt("intermediate_size", 1, 1 << 24) ?? defaults.MlpWidth ?? config.RequiredInt("intermediate_size", 1, 1 << 24),
            Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? defaults.Vocabulary ?? config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = RotaryReader.LongestSequence(rotary, positions),
            Norm = NormKind.RmsNorm,
            NormEpsilon = config.OptionalFloat("rms_norm_eps", 0) ?? defaults.NormEpsilon,
            Positions = PositionKind.Rotary,
            Rotary = rotary,
            Activation = config.Activation(defaults.ActivationKey, defaults.Activation),
            GatedMlp = true,
            AttentionBias = attentionBias,
            AttentionOutputBias = attentionBias,
            MlpBias = false,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? defaults.Tied,
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <summary>Sets the window of each block.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="window">Window of the blocks that have one; null for none.</param>
    /// <param name="slides">Has this block a window?</param>
    public static ModelSpec WithWindows(this ModelSpec spec, int? window, Func<int, bool> slides) => window is null ? spec : spec.WithBlocks((i, block) => slides(i) ? block with { Window = window } : block);

    /// <summary>Changes single blocks.</summary>
    public static ModelSpec WithBlocks(this ModelSpec spec, Func<int, BlockSpec, BlockSpec> change) =>
        spec with { BlockSpecs = new(Enumerable.Range(0, spec.Blocks).Select(i => change(i, spec.Block(i)))) };

    /// <summary>Names and shapes of the weights.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="has">Does the checkpoint have a tensor of this name?</param>
    /// <param name="names">What a family names differently.</param>
    public static WeightMap Map(ModelSpec spec, Func<string, bool> has, LlamaNames? names = null)
    {
        names ??= new LlamaNames();
        string prefix = WeightNames.Prefix(has, "embed_tokens.weight", ["", .. names.Prefixes]);
        return new WeightMap(new($"{prefix}embed_tokens.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, names, i, $"{prefix}layers.{i}.")).ToArray())
        {
            FinalNorm = WeightNames.Norm(spec, prefix + names.FinalNorm),
            Unembedding = WeightNames.Unembedding(spec, Unembedding(has) + "lm_head.weight"),
            UnembeddingBias = spec.UnembeddingBias ? new("lm_head.bias", new(spec.Vocabulary), WeightRole.Bias) : null,
        };
    }

    /// <summary>Prefix of the unembedding: multi-modal checkpoints keep it with the language model.</summary>
    private static string Unembedding(Func<string, bool> has) => has("language_model.lm_head.weight") ? "language_model." : "";

    private static BlockMap Block(ModelSpec spec, LlamaNames names, int block, string prefix)
    {
        string attention = prefix + "self_attn.";
        int queries = spec.Heads * spec.HeadWidth, keys = spec.KeyValueHeads * spec.HeadWidth;
        (LinearEntry q, LinearEntry k, LinearEntry v) = names.FusedMaps
            ? Fused(WeightNames.Linear(attention + "qkv_proj", spec.Width, queries + 2 * keys, spec.AttentionBias), queries, keys)
            : (Attention("q_proj", queries), Attention("k_proj", keys), Attention("v_proj", keys));
        LinearEntry Attention(string name, int outputs) => WeightNames.Linear(attention + name, spec.Width, outputs, spec.AttentionBias);
        NormEntry? HeadNorm(string name, int width) => spec.QueryKeyNorm switch
        {
            QueryKeyNorm.None => null,
            QueryKeyNorm.PerHead => WeightNames.Norm(spec, attention + name, spec.HeadWidth),
            QueryKeyNorm.AllHeads => WeightNames.Norm(spec, attention + name, width),
            _ => new NormEntry(null, null)
            {
                HeadGains = Enumerable.Range(0, width / spec.HeadWidth).Select(h => new WeightEntry($"{attention}{name}.norms.{h}.weight", new(spec.HeadWidth), WeightRole.Gain)).ToArray(),
            },
        };
        BlockSpec facts = spec.Block(block);
        return Norms(spec, prefix, new BlockMap
        {
            Query = q,
            Key = k,
            Value = v,
            QueryNorm = HeadNorm(names.QueryNorm, queries),
            KeyNorm = HeadNorm(names.KeyNorm, keys),
            Output = WeightNames.Linear(attention + names.AttentionOutput, queries, spec.Width, spec.AttentionOutputBias),
            Mlp = facts.Experts is null ? Mlp(spec, names, prefix + "mlp.", facts.MlpWidth) : null,
            Experts = facts.Experts is null ? null : Experts(spec, names, prefix + names.Experts + ".", facts),
        });
    }

    private static (LinearEntry Query, LinearEntry Key, LinearEntry Value) Fused(LinearEntry whole, int queries, int keys) =>
        (whole.Part(0, queries), whole.Part(queries, keys), whole.Part(queries + keys, keys));

    /// <summary>The norms, named by their place in the order of computation.</summary>
    private static BlockMap Norms(ModelSpec spec, string prefix, BlockMap map) => spec.NormPlacement switch
    {
        NormPlacement.InputAndOutput => map with
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "input_layernorm"),
            AttentionOutputNorm = WeightNames.Norm(spec, prefix + "post_attention_layernorm"),
            MlpNorm = WeightNames.Norm(spec, prefix + "pre_feedforward_layernorm"),
            MlpOutputNorm = WeightNames.Norm(spec, prefix + "post_feedforward_layernorm"),
        },
        NormPlacement.Output => map with
        {
            AttentionOutputNorm = WeightNames.Norm(spec, prefix + "post_attention_layernorm"),
            MlpOutputNorm = WeightNames.Norm(spec, prefix + "post_feedforward_layernorm"),
        },
        _ => map with
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "input_layernorm"),
            MlpNorm = spec.SharedNorm ? null : WeightNames.Norm(spec, prefix + "post_attention_layernorm"),
        },
    };

    /// <summary>The MLP of a module.</summary>
    public static MlpMap Mlp(ModelSpec spec, LlamaNames names, string prefix, int hidden)
    {
        if (names.FusedMaps)
        {
            LinearEntry whole = WeightNames.Linear(prefix + "gate_up_proj", spec.Width, 2 * hidden, spec.MlpBias);
            return new MlpMap(whole.Part(0, hidden), whole.Part(hidden, hidden), WeightNames.Linear(prefix + names.MlpOut, hidden, spec.Width, spec.MlpBias));
        }

        return new MlpMap(
            spec.GatedMlp ? WeightNames.Linear(prefix + names.MlpGate, spec.Width, hidden, spec.MlpBias) : null,
            WeightNames.Linear(prefix + names.MlpIn, spec.Width, hidden, spec.MlpBias),
            WeightNames.Linear(prefix + names.MlpOut, hidden, spec.Width, spec.MlpBias));
    }

    /// <summary>The experts of a module.</summary>
    public static ExpertsMap Experts(ModelSpec spec, LlamaNames names, string prefix, BlockSpec facts)
    {
        ExpertSpec experts = facts.Experts!;
        LlamaNames inner = names with { MlpGate = names.ExpertGate, MlpIn = names.ExpertIn, MlpOut = names.ExpertOut };
        return new ExpertsMap(
            WeightNames.Linear(prefix + names.Router, spec.Width, experts.Count, false),
            Enumerable.Range(0, experts.Count).Select(e => Mlp(spec, inner, $"{prefix}experts.{e}.", facts.MlpWidth)).ToArray(),
            experts.SharedWidth is int width ? Mlp(spec, names, prefix + "shared_expert.", width) : null,
            experts.SharedWidth is null ? null : WeightNames.Linear(prefix + "shared_expert_gate", spec.Width, 1, false));
    }
}

/// <summary>What a family takes for keys that its configuration lacks; null where the key must be there.</summary>
internal sealed record LlamaDefaults
{
    public int? Width { get; init; }

    public int? Blocks { get; init; }

    public int? Heads { get; init; }

    /// <summary>Null: as many as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Null: the width divided by the heads.</summary>
    public int? HeadWidth { get; init; }

    public int? MlpWidth { get; init; }

    public int? Vocabulary { get; init; }

    public int Positions { get; init; } = 2048;

    /// <summary>Positions of training, from which scalings start; null: <see cref="Positions"/> or what the configuration gives.</summary>
    public int? TrainedPositions { get; init; }

    public float NormEpsilon { get; init; } = 1e-6f;

    public double Theta { get; init; } = 10_000;

    /// <summary>Share of a head's columns that turns.</summary>
    public double TurnedShare { get; init; } = 1;

    public bool Tied { get; init; }

    public string ActivationKey { get; init; } = "hidden_act";

    public string Activation { get; init; } = "silu";
}

/// <summary>What families of the layout name differently.</summary>
internal sealed record LlamaNames
{
    /// <summary>Prefixes of all tensors but the unembedding, the usual one last.</summary>
    public string[] Prefixes { get; init; } = ["model."];

    /// <summary>Queries, keys and values lie in one matrix, and so do gate and input of the MLP (Phi-3).</summary>
    public bool FusedMaps { get; init; }

    public string AttentionOutput { get; init; } = "o_proj";

    public string QueryNorm { get; init; } = "q_norm";

    public string KeyNorm { get; init; } = "k_norm";

    public string MlpGate { get; init; } = "gate_proj";

    public string MlpIn { get; init; } = "up_proj";

    public string MlpOut { get; init; } = "down_proj";

    /// <summary>Module of the experts.</summary>
    public string Experts { get; init; } = "mlp";

    public string Router { get; init; } = "gate";

    public string ExpertGate { get; init; } = "gate_proj";

    public string ExpertIn { get; init; } = "up_proj";

    public string ExpertOut { get; init; } = "down_proj";

    public string FinalNorm { get; init; } = "norm";
}
