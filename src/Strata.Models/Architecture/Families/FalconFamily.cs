namespace Strata.Models;

/// <summary>
/// Falcon (Almazrouei et al. 2023): parallel residual with one norm or two, one or few key heads; rotary positions, or biases of the scores in the sequential
/// variant.
/// </summary>
public sealed class FalconFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "falcon";

    /// <inheritdoc/>
    public override string Networks => "Falcon 7B, 40B, 180B, RW, Falcon 2";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.RequiredInt("hidden_size", 1, 1 << 20);
        int heads = config.OptionalInt("num_attention_heads", 1, 1 << 16) ?? config.OptionalInt("n_head", 1, 1 << 16) ?? config.RequiredInt("num_attention_heads", 1, 1 << 16);
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into num_attention_heads {heads} heads.");
        bool grouped = config.OptionalBool("new_decoder_architecture") ?? false, parallel = config.OptionalBool("parallel_attn") ?? true;
        if (grouped && !parallel) throw config.Refuse("parallel_attn", "is false, which new_decoder_architecture does not go with.");
        int norms = config.OptionalInt("num_ln_in_parallel_attn", 1, 2) ?? (grouped ? 2 : 1);
        if (norms == 2 && parallel && !grouped) throw config.Refuse("num_ln_in_parallel_attn", "is 2, which only new_decoder_architecture goes with.");
        bool alibi = config.OptionalBool("alibi") ?? false, bias = config.OptionalBool("bias") ?? false;
        int positions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? 2048;
        RotarySpec? rotary = alibi ? null : config.Rotary(width / heads, positions);
        return new ModelSpec
        {
            Family = Name,
            Blocks = config.OptionalInt("num_hidden_layers", 0, LayerPlan.MaxExecutions) ?? config.OptionalInt("n_layer", 0, LayerPlan.MaxExecutions) ?? config.RequiredInt("num_hidden_layers", 0, LayerPlan.MaxExecutions),
            Width = width,
            Heads = heads,
            KeyValueHeads = KeyValueHeads(config, heads, grouped),
            HeadWidth = width / heads,
            MlpWidth = config.OptionalInt("ffn_hidden_size", 1, 1 << 24) ?? 4 * width,
            Vocabulary = config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = rotary is null ? positions : RotaryReader.LongestSequence(rotary, positions),
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_epsilon", 0) ?? 1e-5f,
            Positions = alibi ? PositionKind.Bias : PositionKind.Rotary,
            Rotary = rotary,
            Alibi = alibi ? new AlibiSpec(ScaledWithScores: true, BFloat16: true) : null,
            Activation = config.Activation("activation", "gelu"),
            GatedMlp = false,
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = bias,
            ParallelResidual = parallel,
            SharedNorm = parallel && norms == 1,
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
            FinalNorm = WeightNames.Norm(spec, prefix + "ln_f"),
            Unembedding = WeightNames.Unembedding(spec),
        };
    }

    private static int KeyValueHeads(ConfigReader config, int heads, bool grouped)
    {
        if (!grouped) return config.OptionalBool("multi_query") ?? true ? 1 : heads;
        int given = config.OptionalInt("num_kv_heads", 1, 1 << 16) ?? config.OptionalInt("n_head_kv", 1, 1 << 16) ?? heads;
        return heads % given == 0 ? given : throw config.Refuse("num_kv_heads", $"is {given}, and {heads} heads do not divide into groups over it.");
    }

    /// <summary>The fused map holds, for each key head, the queries of its group, the key and the value: in all variants.</summary>
    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        int head = spec.HeadWidth, queries = spec.Heads / spec.KeyValueHeads * head, stride = queries + 2 * head;
        LinearEntry fused = WeightNames.Linear(prefix + "self_attention.query_key_value", spec.Width, stride * spec.KeyValueHeads, spec.AttentionBias);
        bool two = spec.ParallelResidual && !spec.SharedNorm;
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + (two ? "ln_attn" : "input_layernorm")),
            Query = fused.Groups(0, queries, stride, spec.KeyValueHeads),
            Key = fused.Groups(queries, head, stride, spec.KeyValueHeads),
            Value = fused.Groups(queries + head, head, stride, spec.KeyValueHeads),
            Output = WeightNames.Linear(prefix + "self_attention.dense", spec.Width, spec.Width, spec.AttentionOutputBias),
            MlpNorm = spec.SharedNorm ? null : WeightNames.Norm(spec, prefix + (two ? "ln_mlp" : "post_attention_layernorm")),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + "mlp.dense_h_to_4h", spec.Width, spec.MlpWidth, spec.MlpBias), WeightNames.Linear(prefix + "mlp.dense_4h_to_h", spec.MlpWidth, spec.Width, spec.MlpBias)),
        };
    }
}
