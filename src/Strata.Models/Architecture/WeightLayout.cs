using Strata.Tensors;

namespace Strata.Models;

/// <summary>Lays weights out for the engine that holds their source.</summary>
/// <param name="read">Reads a tensor and checks its shape.</param>
/// <param name="storage">Format of the linear maps in memory; null keeps the source's.</param>
/// <param name="laidOut">Told of each linear map that was laid out.</param>
internal sealed class WeightLayout(Func<WeightEntry, Tensor> read, DType? storage, Action<LinearEntry, LinearWeight>? laidOut = null)
{
    /// <summary>Linear maps that nobody needs any more: those of the right shape and format are laid out anew, the others stay in the list.</summary>
    public List<LinearWeight> Spares { get; init; } = [];

    /// <summary>From where and for which engine maps are laid out that other models may share; null where they may be overwritten.</summary>
    public (ModelSource Source, TensorEngine Engine)? Shared { get; init; }

    public BlockWeights Block(BlockMap map, BlockSpec facts) => new()
    {
        AttentionNorm = Norm(map.AttentionNorm),
        Query = Optional(map.Query),
        Key = Optional(map.Key),
        Value = Optional(map.Value),
        Output = Optional(map.Output),
        StateSpace = map.StateSpace is null ? null : StateSpaceWeights.Load(map.StateSpace, facts.StateSpace!, this),
        QueryNorm = Norm(map.QueryNorm),
        KeyNorm = Norm(map.KeyNorm),
        DistanceKey = Optional(map.DistanceKey),
        DistanceQuery = Optional(map.DistanceQuery),
        AttentionOutputNorm = Norm(map.AttentionOutputNorm),
        MlpNorm = Norm(map.MlpNorm),
        Mlp = map.Mlp is null ? null : Mlp(map.Mlp),
        Experts = map.Experts is null ? null : Experts(map.Experts),
        MlpOutputNorm = Norm(map.MlpOutputNorm),
        AttentionScale = map.AttentionScale is null ? null : Vector(map.AttentionScale),
        MlpScale = map.MlpScale is null ? null : Vector(map.MlpScale),
    };

    public ImageWeights Image(ImageMap map) => new(Linear(map.Patch), map.Prefix.Count == 0 ? null : Joined(map.Prefix, map.Patch.Outputs));

    public ReadoutWeights Readout(ReadoutMap map) => new(Optional(map.Projection), Optional(map.SecondClassifier), map.Attention is not AttentionReadoutMap attention ? null
        : new(Table(attention.Probe)!, Linear(attention.Query), Linear(attention.Key), Linear(attention.Value), Linear(attention.Output), Norm(attention.Norm), Mlp(attention.Mlp)));

    /// <summary>A table of vectors; some checkpoints hold it with axes of length 1 before its rows.</summary>
    public Tensor? Table(WeightEntry? entry) => entry is null ? null : Matrix(read(entry), entry.Shape.Rows, entry.Shape.Columns);

    public LinearWeight? Optional(LinearEntry? entry) => entry is null ? null : Linear(entry);

    /// <summary>A tensor as its source holds it.</summary>
    public Tensor Read(WeightEntry entry) => read(entry);

    public LinearWeight Unembedding(WeightMap map)
    {
        WeightEntry table = map.Unembedding ?? map.Embedding!;
        return Linear(new LinearEntry(table, map.UnembeddingBias, WeightOrientation.OutputsByInputs, 0, table.Shape[0]));
    }

    public LinearWeight Linear(LinearEntry entry) => Linear(entry, storage);

    /// <summary>A linear map that stays as it is where the others have 8 bits, because what it gives decides more than its size tells.</summary>
    /// <param name="entry">Where it lies.</param>
    /// <param name="ownBias">A bias over its own outputs, on top of that of the whole matrix; or null.</param>
    public LinearWeight Exact(LinearEntry entry, WeightEntry? ownBias = null) => Linear(entry, storage == DType.Int8 ? null : storage, ownBias);

    private LinearWeight Linear(LinearEntry entry, DType? format, WeightEntry? ownBias = null)
    {
        LinearWeight laid = Shared is var (source, engine) && Stamps(source, entry.Weight, entry.Bias, ownBias) is string stamps
            ? SharedWeights.Of(engine).Get(new SharedWeight(stamps, entry, ownBias, format), () => LayOut(entry, format, ownBias))
            : LayOut(entry, format, ownBias);
        laidOut?.Invoke(entry, laid);
        return laid;
    }

    /// <summary>The stamps of all that a map is made of; null where one of them has none.</summary>
    private static string? Stamps(ModelSource source, params ReadOnlySpan<WeightEntry?> parts)
    {
        List<string> stamps = [];
        foreach (WeightEntry? part in parts)
        {
            if (part is null) continue;
            if (source.Stamp(part) is not string stamp) return null;
            stamps.Add(stamp);
        }

        return string.Join('\n', stamps);
    }

    private LinearWeight LayOut(LinearEntry entry, DType? format, WeightEntry? ownBias)
    {
        Tensor weight = read(entry.Weight);
        // The weight of a convolution has an axis for colours, rows and columns each; together they are the inputs.
        if (weight.Shape.Rank > 2) weight = Matrix(weight, weight.Shape[0], weight.Shape.Count / weight.Shape[0]);
        Tensor? bias = entry.Bias is null ? null : read(entry.Bias);
        if (ownBias is not null) bias = Sum(bias, weight.Shape[entry.Orientation == WeightOrientation.OutputsByInputs ? 0 : 1], read(ownBias), entry.FirstOutput);
        try
        {
            return entry.Group > 0 && entry.Group < entry.Outputs
                ? Gathered(weight, bias, entry, format)
                : Prepared(weight, entry.Orientation, entry.FirstOutput, entry.Outputs, bias, format);
        }
        catch (ArgumentException e) when (format == DType.Int8)
        {
            throw new StrataException($"The weight {Excerpt.Quote(entry.Weight.Name)} cannot be kept in 8 bits: it has numbers that are not finite. Choose another storage format.", e);
        }
    }

    public NormWeights? Norm(NormEntry? entry)
    {
        if (entry is null) return null;
        if (entry.HeadGains.Count > 0) return new NormWeights(Joined(entry.HeadGains), null);
        return new NormWeights(entry.Gain is null ? null : Vector(entry.Gain), entry.Bias is null ? null : Vector(entry.Bias));
    }

    private MlpWeights Mlp(MlpMap map) => new(Optional(map.Gate), Linear(map.In), Linear(map.Out));

    /// <summary>A small error of the router would send a token to other experts.</summary>
    private ExpertsWeights Experts(ExpertsMap map) =>
        new(Exact(map.Router), map.Experts.Select(Mlp).ToArray(), map.Shared is null ? null : Mlp(map.Shared), Optional(map.SharedGate));

    /// <summary>A map whose outputs lie in groups: they are brought together before they are laid out.</summary>
    private LinearWeight Gathered(Tensor weight, Tensor? bias, LinearEntry entry, DType? format)
    {
        int[] outputs = Enumerable.Range(0, entry.Outputs).Select(i => entry.FirstOutput + i / entry.Group * entry.Stride + i % entry.Group).ToArray();
        using TensorScope scope = weight.Engine.OpenScope();
        Tensor? gatheredBias = bias is null ? null : scope.FromHost(Select(bias.ToArray(), outputs), outputs.Length);
        return Prepared(scope.Embed(weight, outputs), WeightOrientation.OutputsByInputs, 0, outputs.Length, gatheredBias, format ?? weight.DType);
    }

    private LinearWeight Prepared(Tensor weight, WeightOrientation orientation, int firstOutput, int outputs, Tensor? bias, DType? format)
    {
        int inputs = weight.Shape[orientation == WeightOrientation.OutputsByInputs ? 1 : 0];
        int spare = Spares.FindIndex(other => other.Inputs == inputs && other.Outputs == outputs && other.DType == (format ?? weight.DType) && other.HasBias == bias is not null);
        LinearWeight? reused = spare < 0 ? null : Spares[spare];
        if (spare >= 0) Spares.RemoveAt(spare);
        return weight.Engine.PrepareLinear(weight, orientation, firstOutput, outputs, bias, format ?? weight.DType, reused);
    }

    private Tensor Joined(IReadOnlyList<WeightEntry> entries)
    {
        Tensor[] parts = [.. entries.Select(read)];
        float[] values = [.. parts.SelectMany(part => part.ToArray())];
        return parts[0].Engine.FromHost(values, new Shape(values.Length));
    }

    /// <summary>Vectors of so many columns, one below another.</summary>
    private Tensor Joined(IReadOnlyList<WeightEntry> entries, int columns)
    {
        Tensor joined = Joined(entries);
        return Matrix(joined, joined.Shape.Count / columns, columns);
    }

    private static Tensor Matrix(Tensor tensor, int rows, int columns) => tensor.Shape.Rank == 2 ? tensor : new Tensor(tensor.Engine, new Shape(rows, columns), tensor.DType, tensor.Storage);

    /// <summary>A bias over all outputs of a matrix, with one over some of them added.</summary>
    private static Tensor Sum(Tensor? bias, int outputs, Tensor own, int firstOutput)
    {
        float[] values = bias?.ToArray() ?? new float[outputs], added = own.ToArray();
        for (int i = 0; i < added.Length; i++) values[firstOutput + i] += added[i];
        return own.Engine.FromHost(values, new Shape(outputs));
    }

    private static float[] Select(float[] values, int[] indices) => indices.Select(i => values[i]).ToArray();

    /// <summary>Gains and biases are few: they are widened, so that only linear maps and tables stay in a storage format.</summary>
    public Tensor Vector(WeightEntry entry)
    {
        Tensor stored = read(entry);
        if (stored.DType == DType.Float32 && entry.Role != WeightRole.GainLessOne) return stored;
        float[] values = stored.ToArray();
        if (entry.Role == WeightRole.GainLessOne) for (int i = 0; i < values.Length; i++) values[i] += 1f;
        return stored.Engine.FromHost(values, stored.Shape);
    }
}
