using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// Llama 1 to 3 (Touvron et al. 2023; Grattafiori et al. 2024): RMS norm before each half block, rotary positions, grouped queries, gated MLP.
/// </summary>
public sealed class LlamaFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "llama";

    /// <summary>A Llama of any size, for networks with random weights: untied, rotary base 10,000, not scaled.</summary>
    public static ModelSpec Spec(int blocks, int width, int heads, int keyValueHeads, int mlpWidth, int vocabulary, int positions) => new()
    {
        Family = "llama",
        Blocks = blocks,
        Width = width,
        Heads = heads,
        KeyValueHeads = keyValueHeads,
        HeadWidth = width / heads,
        MlpWidth = mlpWidth,
        Vocabulary = vocabulary,
        MaxPositions = positions,
        Norm = NormKind.RmsNorm,
        NormEpsilon = 1e-6f,
        Positions = PositionKind.Rotary,
        Rotary = new RotarySpec(10_000),
        Activation = Activation.Silu,
        GatedMlp = true,
        AttentionBias = false,
        MlpBias = false,
        TiedUnembedding = false,
    };

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.RequiredInt("hidden_size", 1, 1 << 20);
        int heads = config.RequiredInt("num_attention_heads", 1, 1 << 16);
        int keyValueHeads = config.OptionalInt("num_key_value_heads", 1, 1 << 16) ?? heads;
        int headWidth = config.OptionalInt("head_dim", 2, 1 << 16) ?? width / heads;
        if (heads % keyValueHeads != 0) throw new InvalidFileException(config.Path, $"num_attention_heads {heads} does not divide into groups over num_key_value_heads {keyValueHeads}.");
        if (headWidth < 2 || headWidth % 2 != 0) throw new InvalidFileException(config.Path, $"heads of width {headWidth} cannot turn in pairs; an even head_dim is needed.");
        if ((long)heads * headWidth > 1 << 24) throw new InvalidFileException(config.Path, $"{heads} heads of width {headWidth} are wider together than {1 << 24}, the most that Strata computes.");
        int positions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? 2048;
        bool attentionBias = config.OptionalBool("attention_bias") ?? false;
        return new ModelSpec
        {
            Family = Name,
            Blocks = config.RequiredInt("num_hidden_layers", 0, 100_000),
            Width = width,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadWidth = headWidth,
            MlpWidth = config.RequiredInt("intermediate_size", 1, 1 << 24),
            Vocabulary = config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = positions,
            Norm = NormKind.RmsNorm,
            NormEpsilon = (float)(config.OptionalFloat("rms_norm_eps", 0) ?? 1e-6),
            Positions = PositionKind.Rotary,
            Rotary = ReadRotary(config, positions),
            Activation = config.Activation("hidden_act", "silu"),
            GatedMlp = true,
            AttentionBias = attentionBias,
            MlpBias = config.OptionalBool("mlp_bias") ?? false,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? false,
            InitializerRange = (float)(config.OptionalFloat("initializer_range") ?? 0.02),
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = has("embed_tokens.weight") ? "" : "model.";
        return new WeightMap(
            new($"{prefix}embed_tokens.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            null,
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}layers.{i}.")).ToArray(),
            Norm(spec, $"{prefix}norm"),
            spec.TiedUnembedding ? null : new("lm_head.weight", new(spec.Vocabulary, spec.Width), WeightRole.Linear));
    }

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        int queries = spec.Heads * spec.HeadWidth, keys = spec.KeyValueHeads * spec.HeadWidth;
        LinearEntry Attention(string name, int inputs, int outputs) => Linear($"{prefix}self_attn.{name}", inputs, outputs, spec.AttentionBias);
        LinearEntry Mlp(string name, int inputs, int outputs) => Linear($"{prefix}mlp.{name}", inputs, outputs, spec.MlpBias);
        return new BlockMap(
            Norm(spec, prefix + "input_layernorm"),
            Attention("q_proj", spec.Width, queries),
            Attention("k_proj", spec.Width, keys),
            Attention("v_proj", spec.Width, keys),
            Attention("o_proj", queries, spec.Width),
            Norm(spec, prefix + "post_attention_layernorm"),
            Mlp("gate_proj", spec.Width, spec.MlpWidth),
            Mlp("up_proj", spec.Width, spec.MlpWidth),
            Mlp("down_proj", spec.MlpWidth, spec.Width));
    }

    private static LinearEntry Linear(string name, int inputs, int outputs, bool bias) =>
        new(new($"{name}.weight", new(outputs, inputs), WeightRole.Linear), bias ? new($"{name}.bias", new(outputs), WeightRole.Bias) : null, WeightOrientation.OutputsByInputs, 0, outputs);

    private static NormEntry Norm(ModelSpec spec, string name) => new(new($"{name}.weight", new(spec.Width), WeightRole.Gain), null);

    /// <summary>Reads <c>rope_theta</c> and <c>rope_scaling</c>, or both from <c>rope_parameters</c> as newer exports write them.</summary>
    private static RotarySpec ReadRotary(ConfigReader config, int positions)
    {
        ConfigReader? parameters = config.OptionalObject("rope_parameters");
        ConfigReader? scaling = parameters ?? config.OptionalObject("rope_scaling");
        double theta = parameters?.OptionalPositive("rope_theta") ?? config.OptionalPositive("rope_theta") ?? 10_000;
        string type = scaling?.OptionalString("rope_type") ?? scaling?.OptionalString("type") ?? "default";
        switch (type)
        {
            case "default": return new RotarySpec(theta);
            case "linear": return new RotarySpec(theta, RotaryScaling.Linear, scaling!.RequiredPositive("factor"));
            case "llama3": return Llama3(scaling!, theta, positions);
            default:
                throw new InvalidFileException(config.Path, $"rope scaling \"{type}\" is not one that Strata computes. {NearestNames.Suggest(type, ["default", "linear", "llama3"])}");
        }
    }

    private static RotarySpec Llama3(ConfigReader scaling, double theta, int positions)
    {
        float low = scaling.RequiredPositive("low_freq_factor"), high = scaling.RequiredPositive("high_freq_factor");
        if (high <= low) throw scaling.Refuse("high_freq_factor", $"is {high:R}; it must be above low_freq_factor, {low:R}.");
        return new RotarySpec(theta, RotaryScaling.Llama3, scaling.RequiredPositive("factor"), low, high, scaling.OptionalInt("original_max_position_embeddings", 1, 1 << 28) ?? positions);
    }
}
