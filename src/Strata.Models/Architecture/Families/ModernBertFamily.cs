namespace Strata.Models;

/// <summary>
/// ModernBERT (Warner et al. 2024): an encoder of Llama's parts. Norms before each half block, rotary positions, gated MLPs; most blocks see a window only and turn by
/// a base of their own.
/// </summary>
public sealed class ModernBertFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "modernbert";

    /// <inheritdoc/>
    public override string Networks => "ModernBERT, Ettin's encoders";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? 768, heads = config.OptionalInt("num_attention_heads", 1, 1 << 16) ?? 12;
        if (width % (2 * heads) != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into num_attention_heads {heads} heads whose columns turn in pairs.");
        bool attentionBias = config.OptionalBool("attention_bias") ?? false;
        return WithLocalBlocks(config, new ModelSpec
        {
            Family = Name,
            Causal = false,
            Blocks = config.OptionalInt("num_hidden_layers", 0, LayerPlan.MaxExecutions) ?? 22,
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.OptionalInt("intermediate_size", 1, 1 << 24) ?? 1152,
            Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? 50368,
            MaxPositions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? 8192,
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("norm_eps", 0) ?? 1e-5f,
            NormBias = config.OptionalBool("norm_bias") ?? false,
            EmbeddingNorm = true,
            Positions = PositionKind.Rotary,
            Activation = config.Activation("hidden_activation", "gelu"),
            GatedMlp = true,
            AttentionBias = attentionBias,
            AttentionOutputBias = attentionBias,
            MlpBias = config.OptionalBool("mlp_bias") ?? false,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? true,
            HasUnembedding = false,
            UnembeddingBias = config.OptionalBool("decoder_bias") ?? true,
            HeadTransform = new HeadTransform(width, config.Activation("classifier_activation", "gelu"), config.OptionalBool("classifier_bias") ?? false),
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        });
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => spec with { HasUnembedding = has("head.dense.weight") && !has("classifier.weight") };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = WeightNames.Prefix(has, "embeddings.tok_embeddings.weight", "", "model.");
        bool head = spec.HasUnembedding;
        return new WeightMap(new(prefix + "embeddings.tok_embeddings.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, spec.Block(i), $"{prefix}layers.{i}.")).ToArray())
        {
            EmbeddingNorm = WeightNames.Norm(spec, prefix + "embeddings.norm"),
            FinalNorm = WeightNames.Norm(spec, prefix + "final_norm"),
            HeadTransform = head ? WeightNames.Linear("head.dense", spec.Width, spec.Width, spec.HeadTransform!.Bias, WeightRole.ResidualLinear) : null,
            HeadNorm = head ? WeightNames.Norm(spec, "head.norm") : null,
            Unembedding = head && !spec.TiedUnembedding ? new("decoder.weight", new(spec.Vocabulary, spec.Width), WeightRole.ResidualLinear) : null,
            UnembeddingBias = head && spec.UnembeddingBias ? new("decoder.bias", new(spec.Vocabulary), WeightRole.Bias) : null,
        };
    }

    /// <summary>Maps that write to the residual stream start smaller by √(2·blocks).</summary>
    public override float InitialDeviation(ModelSpec spec, WeightRole role) =>
        role == WeightRole.ResidualLinear ? spec.InitializerRange / MathF.Sqrt(2 * spec.Blocks) : spec.InitializerRange;

    private static BlockMap Block(ModelSpec spec, BlockSpec block, string prefix)
    {
        LinearEntry attention = WeightNames.Linear(prefix + "attn.Wqkv", spec.Width, 3 * spec.Width, spec.AttentionBias);
        LinearEntry mlp = WeightNames.Linear(prefix + "mlp.Wi", spec.Width, 2 * spec.MlpWidth, spec.MlpBias);
        return new BlockMap
        {
            AttentionNorm = block.PlainAttentionInput ? null : WeightNames.Norm(spec, prefix + "attn_norm"),
            Query = attention.Part(0, spec.Width),
            Key = attention.Part(spec.Width, spec.Width),
            Value = attention.Part(2 * spec.Width, spec.Width),
            Output = WeightNames.Linear(prefix + "attn.Wo", spec.Width, spec.Width, spec.AttentionOutputBias, WeightRole.ResidualLinear),
            MlpNorm = WeightNames.Norm(spec, prefix + "mlp_norm"),
            Mlp = new MlpMap(mlp.Part(0, spec.MlpWidth), mlp.Part(spec.MlpWidth, spec.MlpWidth), WeightNames.Linear(prefix + "mlp.Wo", spec.MlpWidth, spec.Width, spec.MlpBias, WeightRole.ResidualLinear)),
        };
    }

    /// <summary>The window counts both sides in the configuration, and from the token to each side here.</summary>
    private static ModelSpec WithLocalBlocks(ConfigReader config, ModelSpec spec)
    {
        int window = (config.OptionalInt("local_attention", 1, 1 << 28) ?? 128) / 2 + 1;
        int every = config.OptionalInt("global_attn_every_n_layers", 1, 1 << 28) ?? 3;
        string[]? kinds = config.BlockKinds("layer_types", spec.Blocks, "full_attention", "sliding_attention");
        RotarySpec global = Rotary(config, spec, "full_attention", "global_rope_theta", 160_000), local = Rotary(config, spec, "sliding_attention", "local_rope_theta", 10_000);
        return (spec with { Rotary = global }).WithBlocks((i, block) => block with
        {
            PlainAttentionInput = i == 0,
            Window = IsLocal(i) ? window : null,
            Rotary = IsLocal(i) ? local : global,
        });

        bool IsLocal(int block) => kinds is null ? block % every != 0 : kinds[block] == "sliding_attention";
    }

    private static RotarySpec Rotary(ConfigReader config, ModelSpec spec, string kind, string key, double theta)
    {
        theta = config.OptionalPositive(key) ?? theta;
        return config.OptionalObject("rope_parameters")?.OptionalObject(kind) is { } parameters
            ? config.Rotary(spec.HeadWidth, spec.MaxPositions, theta, 1, parameters)
            : config.Rotary(spec.HeadWidth, spec.MaxPositions, theta);
    }
}
