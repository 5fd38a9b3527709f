using Strata.Tensors;

namespace Strata.Models;

/// <summary>Where the map of an image's patches and its learned tokens lie.</summary>
/// <param name="Patch">Weight [width, 3, side, side] and bias.</param>
/// <param name="Prefix">The tokens of <see cref="ImageSpec.Prefix"/>, one tensor or more, in order.</param>
public sealed record ImageMap(LinearEntry Patch, IReadOnlyList<WeightEntry> Prefix)
{
    internal IEnumerable<WeightEntry?> Entries => [.. Patch.Entries, .. Prefix];
}

/// <summary>Where the parts of a <see cref="SequenceHead"/> lie that few networks have.</summary>
/// <param name="Projection">The map of <see cref="SequenceHead.Projection"/>, or null.</param>
/// <param name="SecondClassifier">The map to classes of the second token with <see cref="PooledRows.FirstTwo"/>, or null.</param>
/// <param name="Attention">The parts of <see cref="PooledRows.Attention"/>, or null.</param>
public sealed record ReadoutMap(LinearEntry? Projection, LinearEntry? SecondClassifier, AttentionReadoutMap? Attention)
{
    internal IEnumerable<WeightEntry?> Entries => [.. Projection?.Entries ?? [], .. SecondClassifier?.Entries ?? [], .. Attention?.Entries ?? []];
}

/// <summary>A learned query, its attention, and a norm and an MLP behind it.</summary>
/// <param name="Probe">The query, [1, 1, width].</param>
/// <param name="Query">Its map.</param>
/// <param name="Key">Stream to keys.</param>
/// <param name="Value">Stream to values.</param>
/// <param name="Output">Heads to stream.</param>
/// <param name="Norm">The norm before the MLP.</param>
/// <param name="Mlp">The MLP.</param>
public sealed record AttentionReadoutMap(WeightEntry Probe, LinearEntry Query, LinearEntry Key, LinearEntry Value, LinearEntry Output, NormEntry Norm, MlpMap Mlp)
{
    internal IEnumerable<WeightEntry?> Entries => [Probe, .. new[] { Query, Key, Value, Output }.SelectMany(linear => linear.Entries), .. Norm.Entries, .. Mlp.Entries];
}

/// <summary>The map of patches and the learned tokens, [tokens, width], laid out for the engine.</summary>
internal sealed record ImageWeights(LinearWeight Patch, Tensor? Prefix);

/// <summary>What stands behind the pooling, laid out for the engine.</summary>
internal sealed record ReadoutWeights(LinearWeight? Projection, LinearWeight? SecondClassifier, AttentionReadoutWeights? Attention)
{
    public long Bytes => (Projection?.Bytes ?? 0) + (SecondClassifier?.Bytes ?? 0) + (Attention?.Bytes ?? 0);
}

/// <summary>An attention readout, laid out for the engine.</summary>
internal sealed record AttentionReadoutWeights(Tensor Probe, LinearWeight Query, LinearWeight Key, LinearWeight Value, LinearWeight Output, NormWeights? Norm, MlpWeights Mlp)
{
    public long Bytes => Query.Bytes + Key.Bytes + Value.Bytes + Output.Bytes + Mlp.Bytes;
}
