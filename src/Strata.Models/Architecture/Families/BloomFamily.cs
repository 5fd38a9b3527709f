using Strata.Tensors;

namespace Strata.Models;

/// <summary>BLOOM (BigScience 2022): biases of the scores by position (ALiBi), a normalised embedding.</summary>
public sealed class BloomFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "bloom";

    /// <inheritdoc/>
    public override string Networks => "BLOOM, BLOOMZ";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        config.RefuseIfTrue("apply_residual_connection_post_layernorm", "and Strata computes a residual stream that is not normalised between blocks.");
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? config.RequiredInt("n_embed", 1, 1 << 20);
        int heads = config.OptionalInt("n_head", 1, 1 << 16) ?? config.RequiredInt("num_attention_heads", 1, 1 << 16);
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into n_head {heads} heads.");
        return new ModelSpec
        {
            Family = Name,
            Blocks = config.OptionalInt("n_layer", 0, LayerPlan.MaxExecutions) ?? config.RequiredInt("num_hidden_layers", 0, LayerPlan.MaxExecutions),
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = 4 * width,
            Vocabulary = config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = config.OptionalInt("seq_length", 1, 1 << 28) ?? 2048,
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_epsilon", 0) ?? 1e-5f,
            EmbeddingNorm = true,
            Positions = PositionKind.Bias,
            Alibi = new AlibiSpec(),
            Activation = Activation.GeluTanh,
            GatedMlp = false,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? true,
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = WeightNames.Prefix(has, "word_embeddings.weight", "", "transformer.");
        return new WeightMap(new(prefix + "word_embeddings.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}h.{i}.")).ToArray())
        {
            EmbeddingNorm = WeightNames.Norm(spec, prefix + "word_embeddings_layernorm"),
            FinalNorm = WeightNames.Norm(spec, prefix + "ln_f"),
            Unembedding = WeightNames.Unembedding(spec),
        };
    }

    /// <summary>The fused map holds queries, keys and values of one head after another.</summary>
    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        int head = spec.HeadWidth;
        LinearEntry fused = WeightNames.Linear(prefix + "self_attention.query_key_value", spec.Width, 3 * spec.Width, true);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "input_layernorm"),
            Query = fused.Groups(0, head, 3 * head, spec.Heads),
            Key = fused.Groups(head, head, 3 * head, spec.Heads),
            Value = fused.Groups(2 * head, head, 3 * head, spec.Heads),
            Output = WeightNames.Linear(prefix + "self_attention.dense", spec.Width, spec.Width, true),
            MlpNorm = WeightNames.Norm(spec, prefix + "post_attention_layernorm"),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + "mlp.dense_h_to_4h", spec.Width, spec.MlpWidth, true), WeightNames.Linear(prefix + "mlp.dense_4h_to_h", spec.MlpWidth, spec.Width, true)),
        };
    }
}
