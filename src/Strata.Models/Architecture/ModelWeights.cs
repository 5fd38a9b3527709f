using Strata.Tensors;

namespace Strata.Models;

/// <summary>Gain and bias of a normalisation, loaded.</summary>
internal sealed record NormWeights(Tensor? Gain, Tensor? Bias);

/// <summary>An MLP, laid out for the engine.</summary>
internal sealed record MlpWeights(LinearWeight? Gate, LinearWeight In, LinearWeight Out)
{
    public long Bytes => (Gate?.Bytes ?? 0) + In.Bytes + Out.Bytes;
}

/// <summary>A mixture of experts, laid out for the engine.</summary>
internal sealed record ExpertsWeights(LinearWeight Router, IReadOnlyList<MlpWeights> Experts, MlpWeights? Shared, LinearWeight? SharedGate)
{
    public long Bytes => Router.Bytes + Experts.Sum(expert => expert.Bytes) + (Shared?.Bytes ?? 0) + (SharedGate?.Bytes ?? 0);
}

/// <summary>One block's weights, laid out for the engine; the places are those of <see cref="BlockMap"/>.</summary>
internal sealed record BlockWeights
{
    public required NormWeights? AttentionNorm { get; init; }

    public required LinearWeight? Query { get; init; }

    public required LinearWeight? Key { get; init; }

    public required LinearWeight? Value { get; init; }

    public required LinearWeight? Output { get; init; }

    public required StateSpaceWeights? StateSpace { get; init; }

    public required NormWeights? QueryNorm { get; init; }

    public required NormWeights? KeyNorm { get; init; }

    public required LinearWeight? DistanceKey { get; init; }

    public required LinearWeight? DistanceQuery { get; init; }

    /// <summary>What queries are multiplied with at each distance, [twice the span, heads · head width], or null: the same for every input, so made once.</summary>
    public Tensor? DistanceKeys { get; init; }

    /// <summary>What keys are multiplied with at each distance, or null.</summary>
    public Tensor? DistanceQueries { get; init; }

    public required NormWeights? AttentionOutputNorm { get; init; }

    public required NormWeights? MlpNorm { get; init; }

    public required MlpWeights? Mlp { get; init; }

    public required ExpertsWeights? Experts { get; init; }

    public required NormWeights? MlpOutputNorm { get; init; }

    public required Tensor? AttentionScale { get; init; }

    public required Tensor? MlpScale { get; init; }

    public long Bytes => new[] { Query, Key, Value, Output }.Sum(weight => weight?.Bytes ?? 0) + (StateSpace?.Bytes ?? 0) + (Mlp?.Bytes ?? 0) + (Experts?.Bytes ?? 0)
        + (DistanceKeys?.Storage.Bytes ?? 0) + (DistanceQueries?.Storage.Bytes ?? 0);

    /// <summary>The block with what its maps make of the vectors of distances.</summary>
    public BlockWeights With(Tensor? distances, DisentangledSpec? spec)
    {
        if (distances is null || spec is null) return this;
        using TensorScope scope = distances.Engine.OpenScope();
        return this with { DistanceKeys = Made(spec.QueryTerm, (DistanceKey ?? Key)!), DistanceQueries = Made(spec.KeyTerm, (DistanceQuery ?? Query)!) };

        Tensor? Made(bool wanted, LinearWeight map) => wanted ? scope.Keep(scope.Linear(distances, map)) : null;
    }
}

/// <summary>A network's weights, laid out for the engine. Tied embeddings are held once.</summary>
internal sealed class ModelWeights
{
    /// <summary>Null in a network of images, and where the unembedding holds the same numbers.</summary>
    public required Tensor? Embedding { get; init; }

    public required ImageWeights? Image { get; init; }

    public required LinearWeight? EmbeddingProjection { get; init; }

    public required Tensor? PositionEmbedding { get; init; }

    public required Tensor? TypeEmbedding { get; init; }

    /// <summary>[buckets, heads], row-major, or null.</summary>
    public required float[]? RelativeBias { get; init; }

    public required NormWeights? EmbeddingNorm { get; init; }

    public required BlockStore Blocks { get; init; }

    public required NormWeights? FinalNorm { get; init; }

    public required LinearWeight? UnembeddingProjection { get; init; }

    public required LinearWeight? HeadTransform { get; init; }

    public required NormWeights? HeadNorm { get; init; }

    public required LinearWeight? Pooler { get; init; }

    public required LinearWeight? Classifier { get; init; }

    /// <summary>Null where the network has no scores over the vocabulary.</summary>
    public required LinearWeight? Unembedding { get; init; }

    public required ReadoutWeights? Readout { get; init; }

    /// <summary>The embeddings of tokens, [ids, width of the table].</summary>
    public Tensor EmbedTokens(TensorScope scope, ReadOnlySpan<int> ids) => Embedding is Tensor table ? scope.Embed(table, ids) : scope.EmbedOutputs(Unembedding!, ids);

    /// <summary>Bytes of the laid out weights and tables that are in memory now.</summary>
    public long Bytes => Blocks.Bytes + (Embedding?.Storage.Bytes ?? 0) + (Image?.Patch.Bytes ?? 0) + (Readout?.Bytes ?? 0)
        + new[] { EmbeddingProjection, UnembeddingProjection, HeadTransform, Unembedding, Pooler, Classifier }.Sum(weight => weight?.Bytes ?? 0);

    /// <summary>Loads every weight of a map; of the blocks those for which there is room.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="map">What to load.</param>
    /// <param name="memory">From where, and how it stays.</param>
    /// <param name="progress">Told after each block.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">The limit of the memory has no room for one block.</exception>
    public static ModelWeights Load(ModelSpec spec, WeightMap map, WeightMemory memory, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        Func<WeightEntry, Tensor> read = memory.Source.Reader(memory.Engine);
        WeightLayout layout = new(read, memory.Storage) { Shared = memory.Shared };
        Tensor? distances = Distances(spec, map, layout, read);
        BlockWeights Block(WeightLayout own, BlockMap block, BlockSpec facts) => own.Block(block, facts).With(distances, spec.Disentangled);
        (Tensor? embedding, LinearWeight? unembedding) = Vocabulary(spec, map, layout, read);
        return new ModelWeights
        {
            Embedding = embedding,
            Image = map.Image is null ? null : layout.Image(map.Image),
            EmbeddingProjection = layout.Optional(map.EmbeddingProjection),
            PositionEmbedding = layout.Table(map.PositionEmbedding),
            TypeEmbedding = map.TypeEmbedding is null ? null : read(map.TypeEmbedding),
            RelativeBias = map.RelativeBias is null ? null : read(map.RelativeBias).ToArray(),
            EmbeddingNorm = layout.Norm(map.EmbeddingNorm),
            Blocks = new BlockStore(spec, map.Blocks, memory, memory.ForBlocks(map), Block, progress, cancellation),
            FinalNorm = layout.Norm(map.FinalNorm),
            UnembeddingProjection = layout.Optional(map.UnembeddingProjection),
            HeadTransform = layout.Optional(map.HeadTransform),
            HeadNorm = layout.Norm(map.HeadNorm),
            Pooler = layout.Optional(map.Pooler),
            Readout = map.Readout is null ? null : layout.Readout(map.Readout),
            Classifier = layout.Optional(map.Classifier),
            Unembedding = unembedding,
        };
    }

    /// <summary>The two tables over the vocabulary. Tied, they are held once, unless their numbers are kept in another format in the second.</summary>
    private static (Tensor? Embedding, LinearWeight? Unembedding) Vocabulary(ModelSpec spec, WeightMap map, WeightLayout layout, Func<WeightEntry, Tensor> read)
    {
        LinearWeight? unembedding = spec.HasUnembedding ? layout.Unembedding(map) : null;
        Tensor? table = map.Embedding is null ? null : read(map.Embedding);
        bool tied = map.Unembedding is null && unembedding is not null && unembedding.DType == table?.DType;
        return (tied ? null : table, unembedding);
    }

    /// <summary>The vectors of distances, normalised where the network does so.</summary>
    private static Tensor? Distances(ModelSpec spec, WeightMap map, WeightLayout layout, Func<WeightEntry, Tensor> read)
    {
        if (map.DistanceEmbedding is null) return null;
        Tensor table = read(map.DistanceEmbedding);
        using TensorScope scope = table.Engine.OpenScope();
        Tensor plain = scope.Embed(table, Enumerable.Range(0, table.Shape.Rows).ToArray());
        return scope.Keep(map.DistanceNorm is null ? plain : scope.Norm(plain, layout.Norm(map.DistanceNorm), spec));
    }
}
