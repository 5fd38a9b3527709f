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
}

/// <summary>One named tensor of a checkpoint.</summary>
/// <param name="Name">Name in the checkpoint.</param>
/// <param name="Shape">Expected shape.</param>
/// <param name="Role">What it is for.</param>
public sealed record WeightEntry(string Name, Shape Shape, WeightRole Role);

/// <summary>Gain and bias of a normalisation.</summary>
/// <param name="Gain">[width].</param>
/// <param name="Bias">[width]; null for RMS norm.</param>
public sealed record NormEntry(WeightEntry Gain, WeightEntry? Bias);

/// <summary>Where a linear map lies: some outputs of a weight matrix and its bias.</summary>
/// <param name="Weight">The matrix.</param>
/// <param name="Bias">Bias over all outputs of the matrix, or null.</param>
/// <param name="Orientation">[outputs, inputs] or [inputs, outputs].</param>
/// <param name="FirstOutput">First output that belongs to this map.</param>
/// <param name="Outputs">Number of outputs.</param>
public sealed record LinearEntry(WeightEntry Weight, WeightEntry? Bias, WeightOrientation Orientation, int FirstOutput, int Outputs);

/// <summary>The weights of one block.</summary>
public sealed record BlockMap(NormEntry AttentionNorm, LinearEntry Query, LinearEntry Key, LinearEntry Value, LinearEntry Output, NormEntry MlpNorm, LinearEntry? MlpGate, LinearEntry MlpIn, LinearEntry MlpOut);

/// <summary>Where each part of a network lies in its checkpoint: names, shapes, orientation.</summary>
/// <param name="Embedding">[vocabulary, width].</param>
/// <param name="PositionEmbedding">[positions, width], or null.</param>
/// <param name="Blocks">One map per block.</param>
/// <param name="FinalNorm">The norm before the unembedding.</param>
/// <param name="Unembedding">[vocabulary, width]; null when tied to the embedding.</param>
public sealed record WeightMap(WeightEntry Embedding, WeightEntry? PositionEmbedding, IReadOnlyList<BlockMap> Blocks, NormEntry FinalNorm, WeightEntry? Unembedding)
{
    /// <summary>All distinct entries.</summary>
    public IEnumerable<WeightEntry> Entries => All().OfType<WeightEntry>().DistinctBy(entry => entry.Name);

    private IEnumerable<WeightEntry?> All()
    {
        yield return Embedding;
        yield return PositionEmbedding;
        foreach (BlockMap block in Blocks)
        {
            foreach (NormEntry norm in new[] { block.AttentionNorm, block.MlpNorm })
            {
                yield return norm.Gain;
                yield return norm.Bias;
            }

            foreach (LinearEntry? linear in new[] { block.Query, block.Key, block.Value, block.Output, block.MlpGate, block.MlpIn, block.MlpOut })
            {
                yield return linear?.Weight;
                yield return linear?.Bias;
            }
        }

        yield return FinalNorm.Gain;
        yield return FinalNorm.Bias;
        yield return Unembedding;
    }
}
