namespace Strata.Models;

/// <summary>OPT (Zhang et al. 2022): GPT-2 with ReLU, positions that start at row 2 of their table and, in one size, norms behind each half block.</summary>
public sealed class OptFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "opt";

    /// <inheritdoc/>
    public override string Networks => "OPT, Galactica";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? config.OptionalInt("d_model", 1, 1 << 20) ?? config.RequiredInt("hidden_size", 1, 1 << 20);
        int heads = config.RequiredInt("num_attention_heads", 1, 1 << 16);
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into num_attention_heads {heads} heads.");
        bool before = config.OptionalBool("do_layer_norm_before") ?? true, bias = config.OptionalBool("enable_bias") ?? true;
        int embedding = config.OptionalInt("word_embed_proj_dim", 1, 1 << 20) ?? width;
        return new ModelSpec
        {
            Family = Name,
            Blocks = config.RequiredInt("num_hidden_layers", 0, LayerPlan.MaxExecutions),
            Width = width,
            EmbeddingWidth = embedding == width ? null : embedding,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.RequiredInt("ffn_dim", 1, 1 << 24),
            Vocabulary = config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? 2048,
            Norm = NormKind.LayerNorm,
            NormEpsilon = 1e-5f,
            NormPlacement = before ? NormPlacement.Input : NormPlacement.Stream,
            LearnedNorms = config.OptionalBool("layer_norm_elementwise_affine") ?? true,
            FinalNorm = before && config.OptionalBool("_remove_final_layer_norm") != true,
            Positions = PositionKind.Learned,
            PositionOffset = 2,
            Activation = config.Activation("activation_function", "relu"),
            GatedMlp = false,
            AttentionBias = bias,
            AttentionOutputBias = bias,
            MlpBias = bias,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? true,
            InitializerRange = config.OptionalFloat("init_std") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = WeightNames.Prefix(has, "embed_tokens.weight", "decoder.", "model.decoder.");
        int embedding = spec.EmbeddingWidth ?? spec.Width;
        return new WeightMap(new(prefix + "embed_tokens.weight", new(spec.Vocabulary, embedding), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}layers.{i}.")).ToArray())
        {
            EmbeddingProjection = spec.EmbeddingWidth is null ? null : WeightNames.Linear(prefix + "project_in", embedding, spec.Width, false),
            PositionEmbedding = new(prefix + "embed_positions.weight", new(spec.MaxPositions + spec.PositionOffset, spec.Width), WeightRole.Embedding),
            FinalNorm = spec.FinalNorm ? WeightNames.Norm(spec, prefix + "final_layer_norm") : null,
            UnembeddingProjection = spec.EmbeddingWidth is null ? null : WeightNames.Linear(prefix + "project_out", spec.Width, embedding, false),
            Unembedding = WeightNames.Unembedding(spec, width: embedding),
        };
    }

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        LinearEntry Attention(string name) => WeightNames.Linear(prefix + "self_attn." + name, spec.Width, spec.Width, spec.AttentionBias);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "self_attn_layer_norm"),
            Query = Attention("q_proj"),
            Key = Attention("k_proj"),
            Value = Attention("v_proj"),
            Output = Attention("out_proj"),
            MlpNorm = WeightNames.Norm(spec, prefix + "final_layer_norm"),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + "fc1", spec.Width, spec.MlpWidth, spec.MlpBias), WeightNames.Linear(prefix + "fc2", spec.MlpWidth, spec.Width, spec.MlpBias)),
        };
    }
}
