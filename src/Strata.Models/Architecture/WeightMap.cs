using Strata.Tensors;

namespace Strata.Models;

/// <summary>What a weight is for: decides its random initialisation.</summary>
public enum WeightRole
{
    /// <summary>A table of vectors.</summary>
    Embedding,

    /// <summary>A linear map.</summary>
    Linear,

    /// <summary>A linear map that writes to the residual stream; some families start it smaller.</summary>
    ResidualLinear,

    /// <summary>A bias; starts at 0.</summary>
    Bias,

    /// <summary>Gain of a normalisation; starts at 1.</summary>
    Gain,

    /// <summary>Gain of a normalisation, stored less 1; starts at 0.</summary>
    GainLessOne,

    /// <summary>Starts uniform within ±1/√inputs, as PyTorch's layers do (He et al. 2015 with a gain of √⅓).</summary>
    Uniform,

    /// <summary>The same for a map that writes to the residual stream; some families start it smaller.</summary>
    UniformResidual,

    /// <summary>Logarithms of a state space's decays; each row starts at log 1, log 2, log 3 and so on.</summary>
    DecayLog,

    /// <summary>The map of low rank to the step sizes of a state space; starts uniform within ±1/√rank.</summary>
    StepMap,

    /// <summary>Bias of the step sizes of a state space; starts where their softplus is log-uniform in a range.</summary>
    StepBias,
}

/// <summary>One named tensor of a checkpoint.</summary>
/// <param name="Name">Name in the checkpoint.</param>
/// <param name="Shape">Expected shape.</param>
/// <param name="Role">What it is for.</param>
public sealed record WeightEntry(string Name, Shape Shape, WeightRole Role)
{
    /// <summary>Standard deviation of its random initialisation; null for the family's by <see cref="Role"/>.</summary>
    public float? Deviation { get; init; }
}

/// <summary>Gain and bias of a normalisation.</summary>
/// <param name="Gain">[width]; null where the norm has nothing learned.</param>
/// <param name="Bias">[width]; null for RMS norm.</param>
public sealed record NormEntry(WeightEntry? Gain, WeightEntry? Bias)
{
    /// <summary>One gain after another in place of <see cref="Gain"/>, where each head has a tensor of its own.</summary>
    public IReadOnlyList<WeightEntry> HeadGains { get; init; } = [];

    internal IEnumerable<WeightEntry?> Entries => [Gain, Bias, .. HeadGains];
}

/// <summary>Where a linear map lies: some outputs of a weight matrix and its bias.</summary>
/// <param name="Weight">The matrix.</param>
/// <param name="Bias">Bias over all outputs of the matrix, or null.</param>
/// <param name="Orientation">[outputs, inputs] or [inputs, outputs].</param>
/// <param name="FirstOutput">First output that belongs to this map.</param>
/// <param name="Outputs">Number of outputs.</param>
public sealed record LinearEntry(WeightEntry Weight, WeightEntry? Bias, WeightOrientation Orientation, int FirstOutput, int Outputs)
{
    /// <summary>
    /// Outputs that lie side by side; 0 for all of them. Fused maps may hold the queries, keys and values of one head after another: then the next group of
    /// outputs of this map begins <see cref="Stride"/> outputs behind the one before.
    /// </summary>
    public int Group { get; init; }

    /// <summary>From the beginning of one group to that of the next.</summary>
    public int Stride { get; init; }

    internal IEnumerable<WeightEntry?> Entries => [Weight, Bias];
}

/// <summary>The weights of an MLP.</summary>
/// <param name="Gate">The map that the non-linearity is applied to, where the MLP is gated.</param>
/// <param name="In">The map into the hidden layer.</param>
/// <param name="Out">The map back to the stream.</param>
public sealed record MlpMap(LinearEntry? Gate, LinearEntry In, LinearEntry Out)
{
    internal IEnumerable<WeightEntry?> Entries => [.. Gate?.Entries ?? [], .. In.Entries, .. Out.Entries];
}

/// <summary>The weights of a mixture of experts.</summary>
/// <param name="Router">Stream to one logit per expert.</param>
/// <param name="Experts">One MLP each.</param>
/// <param name="Shared">The MLP of all tokens, or null.</param>
/// <param name="SharedGate">Stream to the logit of the shared MLP's weight, or null.</param>
public sealed record ExpertsMap(LinearEntry Router, IReadOnlyList<MlpMap> Experts, MlpMap? Shared, LinearEntry? SharedGate)
{
    internal IEnumerable<WeightEntry?> Entries =>
        [.. Router.Entries, .. Experts.SelectMany(expert => expert.Entries), .. Shared?.Entries ?? [], .. SharedGate?.Entries ?? []];
}

/// <summary>The weights of one block. What the block has no use for is null: norms in places without one, queries, keys, values and output without attention.</summary>
public sealed record BlockMap
{
    /// <summary>The norm before attention or state space; with <see cref="NormPlacement.Stream"/>, that of the stream behind it.</summary>
    public NormEntry? AttentionNorm { get; init; }

    /// <summary>Stream to queries.</summary>
    public LinearEntry? Query { get; init; }

    /// <summary>Stream to keys.</summary>
    public LinearEntry? Key { get; init; }

    /// <summary>Stream to values.</summary>
    public LinearEntry? Value { get; init; }

    /// <summary>Heads to stream.</summary>
    public LinearEntry? Output { get; init; }

    /// <summary>The state space that mixes the tokens in place of attention; null where attention does, or nothing.</summary>
    public StateSpaceMap? StateSpace { get; init; }

    /// <summary>The norm of the queries.</summary>
    public NormEntry? QueryNorm { get; init; }

    /// <summary>The norm of the keys.</summary>
    public NormEntry? KeyNorm { get; init; }

    /// <summary>Distances to what queries are multiplied with; null where that is the map of the keys, or there is no such term.</summary>
    public LinearEntry? DistanceKey { get; init; }

    /// <summary>Distances to what keys are multiplied with; null where that is the map of the queries, or there is no such term.</summary>
    public LinearEntry? DistanceQuery { get; init; }

    /// <summary>The norm of what attention gives.</summary>
    public NormEntry? AttentionOutputNorm { get; init; }

    /// <summary>Factors of what attention adds, [width] (<see cref="ModelSpec.LayerScale"/>).</summary>
    public WeightEntry? AttentionScale { get; init; }

    /// <summary>Factors of what the MLP adds, [width].</summary>
    public WeightEntry? MlpScale { get; init; }

    /// <summary>The norm before the MLP; with <see cref="NormPlacement.Stream"/>, that of the stream behind it.</summary>
    public NormEntry? MlpNorm { get; init; }

    /// <summary>The MLP; null where there are experts, or no MLP.</summary>
    public MlpMap? Mlp { get; init; }

    /// <summary>The experts; null where there is one MLP.</summary>
    public ExpertsMap? Experts { get; init; }

    /// <summary>The norm of what the MLP gives.</summary>
    public NormEntry? MlpOutputNorm { get; init; }

    internal IEnumerable<WeightEntry?> Entries =>
    [
        .. new[] { AttentionNorm, QueryNorm, KeyNorm, AttentionOutputNorm, MlpNorm, MlpOutputNorm }.SelectMany(norm => norm?.Entries ?? []),
        .. new[] { Query, Key, Value, Output, DistanceKey, DistanceQuery }.SelectMany(linear => linear?.Entries ?? []),
        AttentionScale, MlpScale,
        .. StateSpace?.Entries ?? [],
        .. Mlp?.Entries ?? [],
        .. Experts?.Entries ?? [],
    ];
}

/// <summary>Where each part of a network lies in its checkpoint: names, shapes, orientation.</summary>
/// <param name="Embedding">[vocabulary, embedding width]; null in a network of images.</param>
/// <param name="Blocks">One map per block.</param>
public sealed record WeightMap(WeightEntry? Embedding, IReadOnlyList<BlockMap> Blocks)
{
    /// <summary>Token embedding to stream, where they are not equally wide.</summary>
    public LinearEntry? EmbeddingProjection { get; init; }

    /// <summary>[positions, width], or null.</summary>
    public WeightEntry? PositionEmbedding { get; init; }

    /// <summary>[types, width], or null.</summary>
    public WeightEntry? TypeEmbedding { get; init; }

    /// <summary>Biases by distance, [buckets, heads], or null.</summary>
    public WeightEntry? RelativeBias { get; init; }

    /// <summary>Vectors of distances, [twice the span, width], or null.</summary>
    public WeightEntry? DistanceEmbedding { get; init; }

    /// <summary>The norm of the vectors of distances, or null.</summary>
    public NormEntry? DistanceNorm { get; init; }

    /// <summary>The norm of the embedding, or null.</summary>
    public NormEntry? EmbeddingNorm { get; init; }

    /// <summary>The norm before the unembedding, or null.</summary>
    public NormEntry? FinalNorm { get; init; }

    /// <summary>Stream to the width of the unembedding, where they are not equally wide.</summary>
    public LinearEntry? UnembeddingProjection { get; init; }

    /// <summary>The map before the unembedding of a masked language model, or null.</summary>
    public LinearEntry? HeadTransform { get; init; }

    /// <summary>The norm behind that map, or null.</summary>
    public NormEntry? HeadNorm { get; init; }

    /// <summary>The pooler's map, or null.</summary>
    public LinearEntry? Pooler { get; init; }

    /// <summary>Pooled sequence to a score per class, or null.</summary>
    public LinearEntry? Classifier { get; init; }

    /// <summary>[vocabulary, embedding width]; null when tied to the embedding.</summary>
    public WeightEntry? Unembedding { get; init; }

    /// <summary>[vocabulary], or null.</summary>
    public WeightEntry? UnembeddingBias { get; init; }

    /// <summary>Patches and learned tokens of a network of images, or null.</summary>
    public ImageMap? Image { get; init; }

    /// <summary>What stands behind the pooling of a sequence, or null.</summary>
    public ReadoutMap? Readout { get; init; }

    /// <summary>All distinct entries.</summary>
    public IEnumerable<WeightEntry> Entries => All().OfType<WeightEntry>().DistinctBy(entry => entry.Name);

    /// <summary>The entries that belong to no block, wherever their names put them.</summary>
    public IEnumerable<WeightEntry> OutsideBlocks => Outside().OfType<WeightEntry>();

    private IEnumerable<WeightEntry?> All() => [.. Outside(), .. Blocks.SelectMany(block => block.Entries)];

    private IEnumerable<WeightEntry?> Outside() =>
    [
        Embedding, .. Image?.Entries ?? [], PositionEmbedding, TypeEmbedding, RelativeBias, DistanceEmbedding, .. DistanceNorm?.Entries ?? [], .. EmbeddingProjection?.Entries ?? [], .. EmbeddingNorm?.Entries ?? [],
        .. FinalNorm?.Entries ?? [], .. UnembeddingProjection?.Entries ?? [], .. HeadTransform?.Entries ?? [], .. HeadNorm?.Entries ?? [],
        .. Pooler?.Entries ?? [], .. Readout?.Entries ?? [], .. Classifier?.Entries ?? [], Unembedding, UnembeddingBias,
    ];
}
