namespace Strata.Models;

/// <summary>What the towers of CLIP and SigLIP share: a norm before each half block, heads of the width's even share, and the names of their weights.</summary>
internal static class ClipLayout
{
    /// <summary>Reads the keys that all four towers share, from the part of a pair's configuration that is the tower's, or from its own.</summary>
    /// <param name="config">That part.</param>
    /// <param name="family">Name of the family.</param>
    /// <param name="defaults">What the family takes for absent keys.</param>
    /// <exception cref="InvalidFileException">A value is out of range or asks for what Strata does not compute.</exception>
    public static ModelSpec ReadSpec(ConfigReader config, string family, ClipDefaults defaults)
    {
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? defaults.Width;
        int heads = config.OptionalInt("num_attention_heads", 1, 1 << 16) ?? defaults.Heads;
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into num_attention_heads {heads} heads.");
        return new ModelSpec
        {
            Family = family,
            Causal = false,
            Blocks = config.OptionalInt("num_hidden_layers", 0, LayerPlan.MaxExecutions) ?? 12,
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.OptionalInt("intermediate_size", 1, 1 << 24) ?? defaults.MlpWidth,
            Vocabulary = 0,
            MaxPositions = ImageSpec.MaxTokens,
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_eps", 0) ?? defaults.NormEpsilon,
            Positions = PositionKind.Learned,
            Activation = config.Activation("hidden_act", defaults.Activation),
            GatedMlp = false,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            TiedUnembedding = false,
            HasUnembedding = false,
        };
    }

    /// <summary>The texts' part of what a tower of texts adds to the shared keys.</summary>
    public static ModelSpec WithTexts(ModelSpec spec, ConfigReader config, int vocabulary, int positions) => spec with
    {
        Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? vocabulary,
        MaxPositions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? positions,
        BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
        EosIds = config.Ids("eos_token_id"),
    };

    /// <summary>The blocks of a tower.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="prefix">What the tower's names begin with.</param>
    public static BlockMap[] Blocks(ModelSpec spec, string prefix) => [.. Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}encoder.layers.{i}."))];

    /// <summary>A table of vectors of the stream's width.</summary>
    public static WeightEntry Table(ModelSpec spec, string name, int rows) => new(name, new(rows, spec.Width), WeightRole.Embedding) { Deviation = IsClip(spec) ? null : MathF.Pow(spec.Width, -0.5f) };

    /// <summary>A linear map at the deviation of SigLIP's code (Glorot and Bengio 2010).</summary>
    public static LinearEntry Glorot(LinearEntry linear, int inputs) => linear with { Weight = linear.Weight with { Deviation = MathF.Sqrt(2f / (inputs + linear.Outputs)) } };

    private static bool IsClip(ModelSpec spec) => spec.Family.StartsWith("clip", StringComparison.Ordinal);

    // The deviations of CLIP's code are smaller for maps that write to the stream, by the root of twice the blocks.
    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        float wide = MathF.Pow(spec.Width, -0.5f), deep = wide / MathF.Sqrt(2 * spec.Blocks), hidden = MathF.Pow(2 * spec.Width, -0.5f);
        LinearEntry Linear(string name, int inputs, int outputs, float deviation)
        {
            LinearEntry linear = WeightNames.Linear(prefix + name, inputs, outputs, true);
            return IsClip(spec) ? linear with { Weight = linear.Weight with { Deviation = deviation } } : Glorot(linear, inputs);
        }

        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "layer_norm1"),
            Query = Linear("self_attn.q_proj", spec.Width, spec.Width, deep),
            Key = Linear("self_attn.k_proj", spec.Width, spec.Width, deep),
            Value = Linear("self_attn.v_proj", spec.Width, spec.Width, deep),
            Output = Linear("self_attn.out_proj", spec.Width, spec.Width, wide),
            MlpNorm = WeightNames.Norm(spec, prefix + "layer_norm2"),
            Mlp = new MlpMap(null, Linear("mlp.fc1", spec.Width, spec.MlpWidth, hidden), Linear("mlp.fc2", spec.MlpWidth, spec.Width, deep)),
        };
    }
}

/// <summary>What a tower takes for keys that its configuration lacks.</summary>
internal sealed record ClipDefaults(int Width, int Heads, int MlpWidth, string Activation, float NormEpsilon);
