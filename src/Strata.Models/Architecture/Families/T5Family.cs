using Strata.Tensors;

namespace Strata.Models;

/// <summary>The encoder of T5 (Raffel et al. 2020): RMS norms before each half block, unscaled scores with a bias by distance that all blocks share, no biases of maps. The decoder is left out.</summary>
/// <param name="name"><c>t5</c> or <c>mt5</c>.</param>
public sealed class T5Family(string name) : ModelFamily
{
    /// <summary>Distances beyond the last bucket share it, so no sequence is too long for the network; this bounds what is asked for.</summary>
    private const int LongestSequence = 1 << 20;

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Networks => name == "t5" ? "T5, T5 v1.1, Flan-T5, Sentence-T5, GTR: their encoders" : "mT5, its encoder";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        bool first = name == "t5";
        int width = config.OptionalInt("d_model", 1, 1 << 20) ?? 512, heads = config.OptionalInt("num_heads", 1, 1 << 16) ?? (first ? 8 : 6);
        (bool gated, Activation activation) = FeedForward(config, first ? "relu" : "gated-gelu");
        int most = config.OptionalInt("relative_attention_max_distance", 1, 1 << 28) ?? 128, buckets = config.RelativeBuckets("relative_attention_num_buckets");
        if (most <= buckets / 4) throw config.Refuse("relative_attention_max_distance", $"is {most}; more than {buckets / 4}, a quarter of the buckets, is expected.");
        return new ModelSpec
        {
            Family = Name,
            Causal = false,
            Blocks = config.OptionalInt("num_layers", 0, LayerPlan.MaxExecutions) ?? (first ? 6 : 8),
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = config.OptionalInt("d_kv", 1, 1 << 16) ?? 64,
            MlpWidth = config.OptionalInt("d_ff", 1, 1 << 24) ?? (first ? 2048 : 1024),
            Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? (first ? 32128 : 250112),
            MaxPositions = LongestSequence,
            Norm = NormKind.RmsNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_epsilon", 0) ?? 1e-6f,
            Positions = PositionKind.Relative,
            RelativeBias = new RelativeBiasSpec(buckets, most),
            AttentionScale = 1,
            Activation = activation,
            GatedMlp = gated,
            AttentionBias = false,
            AttentionOutputBias = false,
            MlpBias = false,
            TiedUnembedding = true,
            HasUnembedding = false,
            InitializerRange = config.OptionalFloat("initializer_factor", 0) ?? 1,
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string embedding = has("shared.weight") || !has("encoder.embed_tokens.weight") ? "shared.weight" : "encoder.embed_tokens.weight";
        return new WeightMap(new(embedding, new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"encoder.block.{i}.layer.")).ToArray())
        {
            RelativeBias = new("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", new(spec.RelativeBias!.Buckets, spec.Heads), WeightRole.Embedding),
            FinalNorm = WeightNames.Norm(spec, "encoder.final_layer_norm"),
        };
    }

    /// <summary>Each map starts by its inputs; that of the queries also does what the scale of the scores does elsewhere.</summary>
    public override float InitialDeviation(ModelSpec spec, WeightEntry entry)
    {
        string part = entry.Name.Split('.')[^2];
        double inputs = part switch
        {
            "shared" or "embed_tokens" => 1,
            "q" => (double)spec.Width * spec.HeadWidth,
            "o" => (double)spec.Heads * spec.HeadWidth,
            "wo" => spec.MlpWidth,
            _ => spec.Width,
        };
        return (float)(spec.InitializerRange / Math.Sqrt(inputs));
    }

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        int inner = spec.Heads * spec.HeadWidth;
        LinearEntry Attention(string part) => WeightNames.Linear($"{prefix}0.SelfAttention.{part}", spec.Width, inner, false);
        LinearEntry Hidden(string part) => WeightNames.Linear($"{prefix}1.DenseReluDense.{part}", spec.Width, spec.MlpWidth, false);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "0.layer_norm"),
            Query = Attention("q"),
            Key = Attention("k"),
            Value = Attention("v"),
            Output = WeightNames.Linear(prefix + "0.SelfAttention.o", inner, spec.Width, false),
            MlpNorm = WeightNames.Norm(spec, prefix + "1.layer_norm"),
            Mlp = new MlpMap(spec.GatedMlp ? Hidden("wi_0") : null, Hidden(spec.GatedMlp ? "wi_1" : "wi"), WeightNames.Linear(prefix + "1.DenseReluDense.wo", spec.MlpWidth, spec.Width, false)),
        };
    }

    /// <summary><c>relu</c>, or <c>gated-</c> and a non-linearity, where <c>gated-gelu</c> means the one with tanh.</summary>
    private static (bool Gated, Activation Activation) FeedForward(ConfigReader config, string absent)
    {
        string given = config.OptionalString("feed_forward_proj") ?? absent;
        if (given == "gated-gelu") return (true, Activation.GeluTanh);
        bool gated = given.StartsWith("gated-", StringComparison.Ordinal);
        return (gated, config.ActivationNamed("feed_forward_proj", gated ? given["gated-".Length..] : given));
    }
}
