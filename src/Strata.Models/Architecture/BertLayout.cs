using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// The layout that most encoders since BERT share: positions and token types added to the embedding, a norm behind them and behind each half block, and the head of
/// a masked language model. What differs is data: a family changes the spec that <see cref="ReadSpec"/> gives it and names its weights in <see cref="BertNames"/>.
/// </summary>
internal static class BertLayout
{
    /// <summary>Reads the keys that these families share.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="family">Name of the family.</param>
    /// <param name="defaults">What the family takes for absent keys.</param>
    /// <exception cref="InvalidFileException">A value is out of range or asks for what Strata does not compute.</exception>
    public static ModelSpec ReadSpec(ConfigReader config, string family, BertDefaults defaults)
    {
        config.RefuseIfTrue("is_decoder", "and Strata computes this family as an encoder only.");
        if (config.OptionalString("position_embedding_type") is { } kind && kind != "absolute")
            throw config.Refuse("position_embedding_type", $"is {Excerpt.Quote(kind)}, which Strata does not compute; expected \"absolute\".");
        int width = config.OptionalInt(defaults.WidthKey, 1, 1 << 20) ?? defaults.Width;
        int heads = config.OptionalInt(defaults.HeadsKey, 1, 1 << 16) ?? defaults.Heads;
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"{defaults.WidthKey} {width} does not divide into {defaults.HeadsKey} {heads} heads.");
        int offset = defaults.PositionsBehindPadding ? (defaults.PaddingId ?? config.OptionalInt("pad_token_id", 0, 1 << 20) ?? 1) + 1 : 0;
        int rows = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? 512;
        if (rows <= offset) throw config.Refuse("max_position_embeddings", $"is {rows}, and positions begin at row {offset} (pad_token_id + 1); a larger number is expected.");
        return new ModelSpec
        {
            Family = family,
            Causal = false,
            Blocks = config.OptionalInt(defaults.BlocksKey, 0, LayerPlan.MaxExecutions) ?? defaults.Blocks,
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.OptionalInt(defaults.MlpWidthKey, 1, 1 << 24) ?? defaults.MlpWidth,
            Vocabulary = config.OptionalInt("vocab_size", 1, 1 << 28) ?? defaults.Vocabulary,
            MaxPositions = rows - offset,
            PositionOffset = offset,
            TokenTypes = config.OptionalInt("type_vocab_size", 0, 1 << 16) ?? defaults.TokenTypes,
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_eps", 0) ?? defaults.NormEpsilon,
            NormPlacement = NormPlacement.Stream,
            EmbeddingNorm = true,
            FinalNorm = false,
            Positions = PositionKind.Learned,
            Activation = config.Activation(defaults.ActivationKey, defaults.Activation),
            GatedMlp = false,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? true,
            HasUnembedding = false,
            UnembeddingBias = true,
            ClassLabels = config.ClassLabels(),
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
    }

    /// <summary>The architecture with the heads that the checkpoint has: of a masked language model, a pooler, a classifier.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="has">Does the checkpoint have a tensor of this name?</param>
    /// <param name="names">What a family names differently.</param>
    public static ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has, BertNames names)
    {
        string prefix = Prefix(has, names);
        SequenceHead? pooler = has($"{prefix}{names.Pooler}.weight") ? new SequenceHead(Activation.Tanh, null) : null;
        bool classifies = spec.ClassLabels is not null && has(names.Classifier + ".weight") && has(ClassTransform(names, prefix) + ".weight");
        bool unembeds = has(names.HeadTransform + ".weight");
        return spec with
        {
            HasUnembedding = unembeds,
            HeadTransform = unembeds ? new HeadTransform(spec.EmbeddingWidth ?? spec.Width, names.HeadActivation ?? spec.Activation) : null,
            SequenceHead = classifies ? new SequenceHead(names.ClassActivation, spec.ClassLabels) : pooler,
        };
    }

    /// <summary>Names and shapes of the weights.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="has">Does the checkpoint have a tensor of this name?</param>
    /// <param name="names">What a family names differently.</param>
    public static WeightMap Map(ModelSpec spec, Func<string, bool> has, BertNames names)
    {
        string prefix = Prefix(has, names), embeddings = prefix + "embeddings.";
        int embedded = spec.EmbeddedWidth, read = spec.EmbeddingWidth ?? spec.Width;
        WeightEntry Table(string name, int rows, int columns) => new($"{embeddings}{name}_embeddings.weight", new(rows, columns), WeightRole.Embedding);
        Norms norms = new(spec, has(embeddings + "LayerNorm.gamma"));
        bool head = spec.HasUnembedding;
        return new WeightMap(Table("word", spec.Vocabulary, read), Blocks(spec, norms, prefix, names))
        {
            EmbeddingProjection = spec.EmbeddingProjectionLast ? WeightNames.Linear(prefix + names.EmbeddingProjection, read, spec.Width, true) : null,
            RelativeBias = spec.RelativeBias is { } bias ? new($"{prefix}{names.RelativeBias}.weight", new(bias.Buckets, spec.Heads), WeightRole.Embedding) : null,
            DistanceEmbedding = spec.Disentangled is { } distances ? new($"{prefix}{names.DistanceEmbedding}.weight", new(2 * distances.Span, spec.Width), WeightRole.Embedding) : null,
            DistanceNorm = spec.Disentangled is { Norm: true } ? norms.Of(prefix + names.DistanceNorm, spec.Width) : null,
            PositionEmbedding = spec.Positions == PositionKind.Learned ? Table("position", spec.MaxPositions + spec.PositionOffset, embedded) : null,
            TypeEmbedding = spec.TokenTypes > 0 ? Table("token_type", spec.TokenTypes, embedded) : null,
            EmbeddingNorm = norms.Of(embeddings + "LayerNorm", embedded),
            HeadTransform = head ? WeightNames.Linear(names.HeadTransform, spec.Width, read, true) : null,
            HeadNorm = head ? norms.Of(names.HeadNorm, read) : null,
            Pooler = spec.SequenceHead is { } sequence ? WeightNames.Linear(sequence.Labels is null ? prefix + names.Pooler : ClassTransform(names, prefix), spec.Width, spec.Width, true) : null,
            Classifier = spec.SequenceHead?.Labels is { } labels ? WeightNames.Linear(names.Classifier, spec.Width, labels.Count, true) : null,
            Unembedding = head && !spec.TiedUnembedding ? new(names.Unembedding + ".weight", new(spec.Vocabulary, read), WeightRole.Linear) : null,
            UnembeddingBias = head ? new(names.UnembeddingBias, new(spec.Vocabulary), WeightRole.Bias) : null,
        };
    }

    private static string Prefix(Func<string, bool> has, BertNames names) => WeightNames.Prefix(has, "embeddings.word_embeddings.weight", "", names.Prefix);

    /// <summary>The map before the classes: the pooler's, or one of its own.</summary>
    private static string ClassTransform(BertNames names, string prefix) => names.ClassTransform ?? prefix + names.Pooler;

    /// <summary>One map per block; the same one where blocks share their weights.</summary>
    private static BlockMap[] Blocks(ModelSpec spec, Norms norms, string prefix, BertNames names)
    {
        Dictionary<string, BlockMap> made = [];
        return [.. Enumerable.Range(0, spec.Blocks).Select(i =>
        {
            string block = prefix + names.Block(spec, i);
            return made.TryGetValue(block, out BlockMap? map) ? map : made[block] = Block(spec, norms, block, names);
        })];
    }

    private static BlockMap Block(ModelSpec spec, Norms norms, string prefix, BertNames names)
    {
        LinearEntry Attention(string name) => WeightNames.Linear(prefix + name, spec.Width, spec.Width, true);
        return new BlockMap
        {
            Query = Attention(names.Query),
            Key = Attention(names.Key),
            Value = Attention(names.Value),
            Output = Attention(names.AttentionOutput),
            DistanceKey = spec.Disentangled is { QueryTerm: true, SharedMaps: false } ? Attention(names.DistanceKey) : null,
            DistanceQuery = spec.Disentangled is { KeyTerm: true, SharedMaps: false } ? Attention(names.DistanceQuery) : null,
            AttentionNorm = norms.Of(prefix + names.AttentionNorm, spec.Width),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + names.MlpIn, spec.Width, spec.MlpWidth, true), WeightNames.Linear(prefix + names.MlpOut, spec.MlpWidth, spec.Width, true)),
            MlpNorm = norms.Of(prefix + names.MlpNorm, spec.Width),
        };
    }

    /// <summary>Norms under their names: the oldest files have gamma and beta for weight and bias.</summary>
    private sealed record Norms(ModelSpec Spec, bool Greek)
    {
        public NormEntry Of(string name, int width)
        {
            NormEntry norm = WeightNames.Norm(Spec, name, width);
            return Greek ? new NormEntry(norm.Gain! with { Name = $"{name}.gamma" }, norm.Bias! with { Name = $"{name}.beta" }) : norm;
        }
    }
}

/// <summary>What a family takes for keys that its configuration lacks.</summary>
internal sealed record BertDefaults
{
    public string WidthKey { get; init; } = "hidden_size";

    public string BlocksKey { get; init; } = "num_hidden_layers";

    public string HeadsKey { get; init; } = "num_attention_heads";

    public string MlpWidthKey { get; init; } = "intermediate_size";

    public string ActivationKey { get; init; } = "hidden_act";

    public int Width { get; init; } = 768;

    public int Blocks { get; init; } = 12;

    public int Heads { get; init; } = 12;

    public int MlpWidth { get; init; } = 3072;

    public int Vocabulary { get; init; } = 30522;

    public string Activation { get; init; } = "gelu";

    public int TokenTypes { get; init; } = 2;

    public float NormEpsilon { get; init; } = 1e-12f;

    /// <summary>Rows of the position table up to that of the padding's id are unused (RoBERTa).</summary>
    public bool PositionsBehindPadding { get; init; }

    /// <summary>The padding's id where the family's code does not ask the configuration.</summary>
    public int? PaddingId { get; init; }
}

/// <summary>What families of the layout name differently.</summary>
internal sealed record BertNames
{
    /// <summary>Prefix of all tensors but the heads.</summary>
    public string Prefix { get; init; } = "bert.";

    /// <summary>Prefix of a block.</summary>
    public Func<ModelSpec, int, string> Block { get; init; } = (_, block) => $"encoder.layer.{block}.";

    /// <summary>The map from the embedding to the stream, where they are not equally wide.</summary>
    public string EmbeddingProjection { get; init; } = "";

    public string Query { get; init; } = "attention.self.query";

    public string Key { get; init; } = "attention.self.key";

    public string Value { get; init; } = "attention.self.value";

    public string DistanceKey { get; init; } = "";

    public string DistanceQuery { get; init; } = "";

    public string DistanceEmbedding { get; init; } = "";

    public string DistanceNorm { get; init; } = "";

    public string RelativeBias { get; init; } = "";

    public string AttentionOutput { get; init; } = "attention.output.dense";

    public string AttentionNorm { get; init; } = "attention.output.LayerNorm";

    public string MlpIn { get; init; } = "intermediate.dense";

    public string MlpOut { get; init; } = "output.dense";

    public string MlpNorm { get; init; } = "output.LayerNorm";

    public string HeadTransform { get; init; } = "cls.predictions.transform.dense";

    public string HeadNorm { get; init; } = "cls.predictions.transform.LayerNorm";

    public string Unembedding { get; init; } = "cls.predictions.decoder";

    public string UnembeddingBias { get; init; } = "cls.predictions.bias";

    /// <summary>The map of the pooler, behind the prefix.</summary>
    public string Pooler { get; init; } = "pooler.dense";

    /// <summary>The map before the classes; null where that is the pooler's.</summary>
    public string? ClassTransform { get; init; }

    /// <summary>The non-linearity before the classes.</summary>
    public Activation ClassActivation { get; init; } = Activation.Tanh;

    public string Classifier { get; init; } = "classifier";

    /// <summary>The non-linearity of the head; null for that of the blocks.</summary>
    public Activation? HeadActivation { get; init; }
}
