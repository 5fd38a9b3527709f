using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"): layer norm before each half block, learned positions,
/// fused query-key-value map, weights of linear maps stored as [inputs, outputs].
/// </summary>
public sealed class Gpt2Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "gpt2";

    /// <inheritdoc/>
    public override string Networks => "GPT-2, DistilGPT-2";

    /// <summary>A GPT-2 of any size, for networks with random weights: GPT-2 small is <c>Spec(12, 768, 12, 50257, 1024)</c>.</summary>
    public static ModelSpec Spec(int blocks, int width, int heads, int vocabulary, int positions) => new()
    {
        Family = "gpt2",
        Blocks = blocks,
        Width = width,
        Heads = heads,
        KeyValueHeads = heads,
        HeadWidth = width / heads,
        MlpWidth = 4 * width,
        Vocabulary = vocabulary,
        MaxPositions = positions,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-5f,
        Positions = PositionKind.Learned,
        Activation = Activation.GeluTanh,
        GatedMlp = false,
        AttentionBias = true,
        AttentionOutputBias = true,
        MlpBias = true,
        TiedUnembedding = true,
    };

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.RequiredInt("n_embd", 1, 1 << 20);
        int heads = config.RequiredInt("n_head", 1, 1 << 16);
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"n_embd {width} does not divide into n_head {heads} heads.");
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
            MaxPositions = config.RequiredInt("n_positions", 1, 1 << 28),
            Norm = NormKind.LayerNorm,
            NormEpsilon = (float)(config.OptionalFloat("layer_norm_epsilon", 0) ?? 1e-5),
            Positions = PositionKind.Learned,
            Activation = config.Activation("activation_function", "gelu_new"),
            GatedMlp = false,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? true,
            AttentionScale = config.OptionalBool("scale_attn_weights") ?? true ? null : 1,
            ScaleAttentionByInverseBlock = config.OptionalBool("scale_attn_by_inverse_layer_idx") ?? false,
            InitializerRange = (float)(config.OptionalFloat("initializer_range") ?? 0.02),
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = has("wte.weight") ? "" : "transformer.";
        return new WeightMap(new($"{prefix}wte.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}h.{i}.")).ToArray())
        {
            PositionEmbedding = new($"{prefix}wpe.weight", new(spec.MaxPositions, spec.Width), WeightRole.Embedding),
            FinalNorm = WeightNames.Norm(spec, $"{prefix}ln_f"),
            Unembedding = WeightNames.Unembedding(spec),
        };
    }

    /// <summary>Maps that write to the residual stream start smaller by √(2·blocks).</summary>
    public override float InitialDeviation(ModelSpec spec, WeightRole role) =>
        role == WeightRole.ResidualLinear ? spec.InitializerRange / MathF.Sqrt(2 * spec.Blocks) : spec.InitializerRange;

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        int width = spec.Width;
        LinearEntry fused = Linear(prefix + "attn.c_attn", width, 3 * width, WeightRole.Linear);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "ln_1"),
            Query = fused.Part(0, width),
            Key = fused.Part(width, width),
            Value = fused.Part(2 * width, width),
            Output = Linear(prefix + "attn.c_proj", width, width, WeightRole.ResidualLinear),
            MlpNorm = WeightNames.Norm(spec, prefix + "ln_2"),
            Mlp = new MlpMap(null, Linear(prefix + "mlp.c_fc", width, spec.MlpWidth, WeightRole.Linear), Linear(prefix + "mlp.c_proj", spec.MlpWidth, width, WeightRole.ResidualLinear)),
        };
    }

    /// <summary>A linear map stored [inputs, outputs].</summary>
    private static LinearEntry Linear(string name, int inputs, int outputs, WeightRole role) =>
        new(new($"{name}.weight", new(inputs, outputs), role), new($"{name}.bias", new(outputs), WeightRole.Bias), WeightOrientation.InputsByOutputs, 0, outputs);
}
