namespace Strata.Models;

/// <summary>GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023): parallel residual, rotary positions on a part of each head.</summary>
public sealed class GptNeoXFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "gpt_neox";

    /// <inheritdoc/>
    public override string Networks => "GPT-NeoX, Pythia";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.RequiredInt("hidden_size", 1, 1 << 20), heads = config.RequiredInt("num_attention_heads", 1, 1 << 16);
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into num_attention_heads {heads} heads.");
        int positions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? 2048;
        RotarySpec rotary = config.Rotary(width / heads, positions, config.OptionalPositive("rotary_emb_base") ?? 10_000, config.OptionalPositive("rotary_pct") ?? 0.25f);
        bool attentionBias = config.OptionalBool("attention_bias") ?? true;
        return new ModelSpec
        {
            Family = Name,
            Blocks = config.RequiredInt("num_hidden_layers", 0, LayerPlan.MaxExecutions),
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.RequiredInt("intermediate_size", 1, 1 << 24),
            Vocabulary = config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = RotaryReader.LongestSequence(rotary, positions),
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_eps", 0) ?? 1e-5f,
            Positions = PositionKind.Rotary,
            Rotary = rotary,
            Activation = config.Activation("hidden_act", "gelu"),
            GatedMlp = false,
            AttentionBias = attentionBias,
            AttentionOutputBias = attentionBias,
            MlpBias = true,
            ParallelResidual = config.OptionalBool("use_parallel_residual") ?? true,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? false,
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = WeightNames.Prefix(has, "embed_in.weight", "", "gpt_neox.");
        return new WeightMap(new(prefix + "embed_in.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}layers.{i}.")).ToArray())
        {
            FinalNorm = WeightNames.Norm(spec, prefix + "final_layer_norm"),
            Unembedding = WeightNames.Unembedding(spec, "embed_out.weight"),
        };
    }

    /// <summary>The fused map holds queries, keys and values of one head after another.</summary>
    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        int head = spec.HeadWidth;
        LinearEntry fused = WeightNames.Linear(prefix + "attention.query_key_value", spec.Width, 3 * spec.Width, spec.AttentionBias);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "input_layernorm"),
            Query = fused.Groups(0, head, 3 * head, spec.Heads),
            Key = fused.Groups(head, head, 3 * head, spec.Heads),
            Value = fused.Groups(2 * head, head, 3 * head, spec.Heads),
            Output = WeightNames.Linear(prefix + "attention.dense", spec.Width, spec.Width, spec.AttentionOutputBias),
            MlpNorm = WeightNames.Norm(spec, prefix + "post_attention_layernorm"),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + "mlp.dense_h_to_4h", spec.Width, spec.MlpWidth, true), WeightNames.Linear(prefix + "mlp.dense_4h_to_h", spec.MlpWidth, spec.Width, true)),
        };
    }
}
