using Strata.Tensors;

namespace Strata.Models;

/// <summary>Gain and bias of a normalisation, loaded.</summary>
internal sealed record NormWeights(Tensor Gain, Tensor? Bias);

/// <summary>One block's weights, laid out for the engine.</summary>
internal sealed record BlockWeights(NormWeights AttentionNorm, LinearWeight Query, LinearWeight Key, LinearWeight Value, LinearWeight Output, NormWeights MlpNorm, LinearWeight? MlpGate, LinearWeight MlpIn, LinearWeight MlpOut);

/// <summary>A network's weights, laid out for the engine. Tied embeddings share their source.</summary>
internal sealed class ModelWeights
{
    public required Tensor Embedding { get; init; }

    public required Tensor? PositionEmbedding { get; init; }

    public required IReadOnlyList<BlockWeights> Blocks { get; init; }

    public required NormWeights FinalNorm { get; init; }

    public required LinearWeight Unembedding { get; init; }

    /// <summary>Bytes of the laid out weights and tables.</summary>
    public long Bytes => Blocks.Sum(b => new[] { b.Query, b.Key, b.Value, b.Output, b.MlpGate, b.MlpIn, b.MlpOut }.Sum(w => w?.Bytes ?? 0)) + Unembedding.Bytes + Embedding.Storage.Bytes;

    /// <summary>Loads every weight of a map.</summary>
    /// <param name="map">What to load.</param>
    /// <param name="read">Reads a tensor and checks its shape.</param>
    /// <param name="storage">Format of the linear maps in memory; null keeps the source's.</param>
    /// <param name="progress">Told after each block.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static ModelWeights Load(WeightMap map, Func<WeightEntry, Tensor> read, DType? storage, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        LinearWeight Linear(LinearEntry entry)
        {
            Tensor weight = read(entry.Weight);
            Tensor? bias = entry.Bias is null ? null : read(entry.Bias);
            return weight.Engine.PrepareLinear(weight, entry.Orientation, entry.FirstOutput, entry.Outputs, bias, storage ?? weight.DType);
        }

        // Gains and biases are few: they are widened, so that only linear maps and tables stay in a storage format.
        Tensor Vector(WeightEntry entry) => read(entry) is { DType: not DType.Float32 } stored ? stored.Engine.FromHost(stored.ToArray(), stored.Shape) : read(entry);

        NormWeights Norm(NormEntry entry) => new(Vector(entry.Gain), entry.Bias is null ? null : Vector(entry.Bias));

        List<BlockWeights> blocks = [];
        foreach (BlockMap block in map.Blocks)
        {
            cancellation.ThrowIfCancellationRequested();
            blocks.Add(new BlockWeights(Norm(block.AttentionNorm), Linear(block.Query), Linear(block.Key), Linear(block.Value), Linear(block.Output),
                Norm(block.MlpNorm), block.MlpGate is null ? null : Linear(block.MlpGate), Linear(block.MlpIn), Linear(block.MlpOut)));
            progress?.Report(new WorkProgress("Loading weights", blocks.Count, map.Blocks.Count, "blocks"));
        }

        WeightEntry unembedding = map.Unembedding ?? map.Embedding;
        int vocabulary = unembedding.Shape[0];
        return new ModelWeights
        {
            Embedding = read(map.Embedding),
            PositionEmbedding = map.PositionEmbedding is null ? null : read(map.PositionEmbedding),
            Blocks = blocks,
            FinalNorm = Norm(map.FinalNorm),
            Unembedding = Linear(new LinearEntry(unembedding, null, WeightOrientation.OutputsByInputs, 0, vocabulary)),
        };
    }
}
