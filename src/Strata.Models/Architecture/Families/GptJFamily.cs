namespace Strata.Models;

/// <summary>GPT-J (Wang and Komatsuzaki 2021): parallel residual with one norm, rotary positions that turn neighbouring columns, an unembedding with a bias.</summary>
public sealed class GptJFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "gptj";

    /// <inheritdoc/>
    public override string Networks => "GPT-J";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.RequiredInt("n_embd", 1, 1 << 20), heads = config.RequiredInt("n_head", 1, 1 << 16);
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"n_embd {width} does not divide into n_head {heads} heads.");
        int turned = config.IntOr("rotary_dim", 2, 1 << 16, 64) ?? throw config.Refuse("rotary_dim", "is null; the number of columns of a head that turn is needed.");
        return new ModelSpec
        {
            Family = Name,
            Blocks = config.RequiredInt("n_layer", 0, LayerPlan.MaxExecutions),
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.OptionalInt("n_inner", 1, 1 << 24) ?? 4 * width,
            Vocabulary = config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = config.OptionalInt("n_positions", 1, 1 << 28) ?? 2048,
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_epsilon", 0) ?? 1e-5f,
            Positions = PositionKind.Rotary,
            Rotary = new RotarySpec(10_000) { Width = RotaryReader.Even(config, turned, width / heads), Interleaved = true },
            Activation = config.Activation("activation_function", "gelu_new"),
            GatedMlp = false,
            AttentionBias = false,
            AttentionOutputBias = false,
            MlpBias = true,
            ParallelResidual = true,
            SharedNorm = true,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? false,
            UnembeddingBias = true,
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = WeightNames.Prefix(has, "wte.weight", "", "transformer.");
        return new WeightMap(new(prefix + "wte.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}h.{i}.")).ToArray())
        {
            FinalNorm = WeightNames.Norm(spec, prefix + "ln_f"),
            Unembedding = WeightNames.Unembedding(spec),
            UnembeddingBias = new("lm_head.bias", new(spec.Vocabulary), WeightRole.Bias),
        };
    }

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        LinearEntry Attention(string name) => WeightNames.Linear(prefix + "attn." + name, spec.Width, spec.Width, false);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "ln_1"),
            Query = Attention("q_proj"),
            Key = Attention("k_proj"),
            Value = Attention("v_proj"),
            Output = Attention("out_proj"),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + "mlp.fc_in", spec.Width, spec.MlpWidth, true), WeightNames.Linear(prefix + "mlp.fc_out", spec.MlpWidth, spec.Width, true)),
        };
    }
}
