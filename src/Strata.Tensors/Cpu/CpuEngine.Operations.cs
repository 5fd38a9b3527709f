using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Strata.Tensors.Cpu;

namespace Strata.Tensors;

// Kernels take plain pointers, so every op keeps its tensors alive until it is done.
public unsafe partial class CpuEngine
{
    /// <inheritdoc/>
    public override LinearWeight PrepareLinear(Tensor weight, WeightOrientation orientation, int firstOutput, int outputs, Tensor? bias, DType storage, LinearWeight? reuse = null)
    {
        if (weight.Shape.Rank != 2) throw new ArgumentException($"PrepareLinear: a matrix is needed, the weight is {weight.Shape}.");
        bool outputsFirst = orientation == WeightOrientation.OutputsByInputs;
        int allOutputs = weight.Shape[outputsFirst ? 0 : 1], inputs = weight.Shape[outputsFirst ? 1 : 0];
        if (firstOutput < 0 || outputs < 0 || outputs > allOutputs - firstOutput)
            throw new ArgumentException($"PrepareLinear: outputs {firstOutput}..{(long)firstOutput + outputs} are outside the {allOutputs} outputs of {weight.Shape}, {orientation}.");
        if (bias is not null && bias.Shape.Count != allOutputs)
            throw new ArgumentException($"PrepareLinear: the bias is {bias.Shape} and the matrix has {allOutputs} outputs.");

        if (reuse is not null && (reuse.Inputs != inputs || reuse.Outputs != outputs || reuse.DType != storage || reuse.HasBias != bias is not null))
            throw new ArgumentException($"PrepareLinear: the weight to lay out anew is {reuse.Outputs}x{reuse.Inputs} of {reuse.DType}{(reuse.HasBias ? " with" : " without")} a bias, and {outputs}x{inputs} of {storage}{(bias is null ? " without" : " with")} one is wanted.");
        PackedWeight packed = reuse is null ? new(inputs, outputs, _kernels.PanelColumns, storage, bias is not null) : Own(reuse);
        _kernels.Pack(new MatrixView((IntPtr)Bytes(weight), weight.DType, orientation, inputs, allOutputs, firstOutput, outputs), storage, packed.Data, packed.Scales);
        if (!packed.HasFiniteScales) throw new ArgumentException($"PrepareLinear: {weight.Shape} weights that are not all finite cannot be kept in 8 bits.");
        if (bias is not null)
        {
            new Span<float>(packed.Bias, packed.Panels * packed.PanelColumns).Clear();
            _kernels.Widen(Bytes(bias) + ((long)firstOutput * bias.DType.Size()), bias.DType, packed.Bias, outputs);
        }

        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        return packed;
    }

    /// <inheritdoc/>
    protected internal override void Linear(Tensor x, LinearWeight weight, Tensor result)
    {
        _kernels.Multiply(RowsOf(x), PanelsOf(weight), Floats(result));
        GC.KeepAlive(weight);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void MatMul(Tensor a, Tensor b, bool transposeB, Tensor result)
    {
        int inputs = a.Shape[1], outputs = result.Shape[1], columns = _kernels.PanelColumns;
        CpuStorage panels = _pool.Take((long)((outputs + columns - 1) / columns) * columns * inputs * sizeof(float));
        try
        {
            WeightOrientation orientation = transposeB ? WeightOrientation.OutputsByInputs : WeightOrientation.InputsByOutputs;
            _kernels.Pack(new MatrixView((IntPtr)Bytes(b), b.DType, orientation, inputs, outputs, 0, outputs), DType.Float32, panels.Address);
            _kernels.Multiply(RowsOf(a), new PanelsView((IntPtr)panels.Address, DType.Float32, inputs, outputs, 0, 0), Floats(result));
        }
        finally
        {
            _pool.Return(panels);
        }

        GC.KeepAlive(b);
        KeepAlive(a, result);
    }

    /// <inheritdoc/>
    protected internal override void Embed(Tensor table, ReadOnlySpan<int> ids, Tensor result)
    {
        fixed (int* pointer = ids) _kernels.Embed(Bytes(table), table.DType, table.Shape.Columns, pointer, ids.Length, Floats(result));
        KeepAlive(table, result);
    }

    /// <inheritdoc/>
    protected internal override void EmbedOutputs(LinearWeight weight, ReadOnlySpan<int> ids, Tensor result)
    {
        fixed (int* pointer = ids) _kernels.EmbedOutputs(PanelsOf(weight), pointer, ids.Length, Floats(result));
        GC.KeepAlive(weight);
        GC.KeepAlive(result);
    }

    /// <inheritdoc/>
    protected internal override void LayerNorm(Tensor x, Tensor? gain, Tensor? bias, float epsilon, int width, Tensor result)
    {
        _kernels.LayerNorm(GroupsOf(x, width), gain is null ? null : Floats(gain), bias is null ? null : Floats(bias), GainGroups(gain ?? bias, width), epsilon, Floats(result));
        GC.KeepAlive(gain);
        GC.KeepAlive(bias);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void RmsNorm(Tensor x, Tensor? gain, float epsilon, int width, Tensor result)
    {
        _kernels.RmsNorm(GroupsOf(x, width), gain is null ? null : Floats(gain), GainGroups(gain, width), epsilon, Floats(result));
        GC.KeepAlive(gain);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void Rotary(Tensor x, Tensor table, int headWidth, bool interleaved, Tensor result)
    {
        _kernels.Rotary(RowsOf(x), RowsOf(table), headWidth, interleaved, Floats(result));
        GC.KeepAlive(table);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void Softmax(Tensor x, Tensor result)
    {
        _kernels.Softmax(RowsOf(x), Floats(result));
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void Activate(Tensor x, Activation activation, Tensor result)
    {
        _kernels.Activate(Floats(x), activation, Floats(result), x.Shape.Count);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void Gate(Tensor gate, Tensor up, Activation activation, Tensor result)
    {
        _kernels.Gate(Floats(gate), Floats(up), activation, Floats(result), gate.Shape.Count);
        GC.KeepAlive(up);
        KeepAlive(gate, result);
    }

    /// <inheritdoc/>
    protected internal override void Add(Tensor a, Tensor b, Tensor result)
    {
        _kernels.Add(Floats(a), Floats(b), Floats(result), a.Shape.Count);
        GC.KeepAlive(b);
        KeepAlive(a, result);
    }

    /// <inheritdoc/>
    protected internal override void Average(IReadOnlyList<Tensor> tensors, Tensor result)
    {
        float*[] pointers = new float*[tensors.Count];
        for (int i = 0; i < pointers.Length; i++) pointers[i] = Floats(tensors[i]);
        fixed (float** first = pointers) _kernels.Average(first, pointers.Length, Floats(result), result.Shape.Count);
        GC.KeepAlive(tensors);
        GC.KeepAlive(result);
    }

    /// <inheritdoc/>
    protected internal override void Scale(Tensor x, float factor, Tensor result)
    {
        _kernels.Scale(Floats(x), factor, Floats(result), x.Shape.Count);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void ScaleColumns(Tensor x, Tensor factors, Tensor result)
    {
        int columns = x.Shape.Columns;
        ReadOnlySpan<float> factor = new(Floats(factors), columns);
        for (int row = 0; row < x.Shape.Rows; row++)
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(Floats(x) + ((long)row * columns), columns), factor, new Span<float>(Floats(result) + ((long)row * columns), columns));
        GC.KeepAlive(factors);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void Clamp(Tensor x, float low, float high, Tensor result)
    {
        _kernels.Clamp(Floats(x), low, high, Floats(result), x.Shape.Count);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void SoftCap(Tensor x, float cap, Tensor result)
    {
        _kernels.SoftCap(Floats(x), cap, Floats(result), x.Shape.Count);
        KeepAlive(x, result);
    }

    /// <inheritdoc/>
    protected internal override void AddRows(Tensor source, ReadOnlySpan<int> rows, ReadOnlySpan<float> weights, Tensor result)
    {
        fixed (int* row = rows)
        fixed (float* weight = weights)
            _kernels.AddRows(RowsOf(source), row, weight, Floats(result));
        KeepAlive(source, result);
    }

    /// <inheritdoc/>
    protected internal override void Fill(Tensor result, float value)
    {
        new Span<float>(Floats(result), result.Shape.Count).Fill(value);
        GC.KeepAlive(result);
    }

    /// <inheritdoc/>
    protected internal override void Attention(Tensor q, Tensor k, Tensor v, AttentionHeads heads, Tensor? bias, ReadOnlySpan<AttentionSegment> segments, Tensor result)
    {
        _kernels.Attention(new AttentionView((IntPtr)Floats(q), (IntPtr)Floats(k), (IntPtr)Floats(v), 0, (IntPtr)Floats(result), heads, RowsOrNone(bias)), segments);
        GC.KeepAlive(bias);
        KeepAlive(q, k);
        KeepAlive(v, result);
    }

    /// <inheritdoc/>
    protected internal override void AttentionScores(Tensor q, Tensor k, AttentionHeads heads, Tensor? bias, AttentionSegment segment, Tensor result)
    {
        _kernels.AttentionScores(new AttentionView((IntPtr)Floats(q), (IntPtr)Floats(k), 0, (IntPtr)Floats(result), 0, heads, RowsOrNone(bias)), segment);
        GC.KeepAlive(bias);
        KeepAlive(q, k);
        GC.KeepAlive(result);
    }

    /// <inheritdoc/>
    protected internal override void AddByDistance(Tensor scores, Tensor? ofQueries, Tensor? ofKeys, ReadOnlySpan<int> rows)
    {
        fixed (int* row = rows) _kernels.AddByDistance(new DistanceView((IntPtr)Floats(scores), scores.Shape[0], scores.Shape[1], RowsOrNone(ofQueries), RowsOrNone(ofKeys), (IntPtr)row));
        GC.KeepAlive(ofQueries);
        GC.KeepAlive(ofKeys);
        GC.KeepAlive(scores);
    }

    /// <inheritdoc/>
    protected internal override void AttentionMix(Tensor pattern, Tensor v, AttentionHeads heads, AttentionSegment segment, Tensor result)
    {
        // A pattern that was changed may look anywhere, so all keys count.
        _kernels.AttentionMix(new AttentionView(0, 0, (IntPtr)Floats(v), (IntPtr)Floats(pattern), (IntPtr)Floats(result), heads with { Causal = false, Window = 0, SoftCap = 0 }, default), segment);
        KeepAlive(pattern, v);
        GC.KeepAlive(result);
    }

    /// <inheritdoc/>
    protected internal override void CausalConvolution(Tensor x, Tensor weight, Tensor? bias, ReadOnlySpan<RecurrentSegment> segments, Tensor tail, Tensor result)
    {
        _kernels.CausalConvolution(new ConvolutionView(RowsOf(x), (IntPtr)Floats(weight), weight.Shape.Rows, bias is null ? 0 : (IntPtr)Floats(bias), (IntPtr)Floats(tail), (IntPtr)Floats(result)), segments);
        GC.KeepAlive(bias);
        KeepAlive(x, weight);
        KeepAlive(tail, result);
    }

    /// <inheritdoc/>
    protected internal override void SelectiveScan(Tensor x, Tensor delta, Tensor b, Tensor c, SelectiveSystem system, ReadOnlySpan<RecurrentSegment> segments, Tensor state, Tensor? states, Tensor result)
    {
        _kernels.SelectiveScan(new ScanView(RowsOf(x), (IntPtr)Floats(delta), RowsOf(system.A), (IntPtr)Floats(b), (IntPtr)Floats(c), (IntPtr)Floats(system.Skip), system.Groups,
            b.Shape.Columns / system.Groups, (IntPtr)Floats(state), states is null ? 0 : (IntPtr)Floats(states), (IntPtr)Floats(result)), segments);
        GC.KeepAlive(system);
        GC.KeepAlive(states);
        KeepAlive(x, delta);
        KeepAlive(b, c);
        KeepAlive(state, result);
    }

    /// <inheritdoc/>
    protected internal override void CrossEntropy(Tensor hidden, LinearWeight unembedding, ReadOnlySpan<int> targets, Span<float> losses, Span<int> largest)
    {
        fixed (int* target = targets, id = largest)
        fixed (float* loss = losses)
            _kernels.CrossEntropy(RowsOf(hidden), PanelsOf(unembedding), target, loss, id);
        GC.KeepAlive(unembedding);
        GC.KeepAlive(hidden);
    }

    private static RowsView RowsOrNone(Tensor? tensor) => tensor is null ? default : RowsOf(tensor);

    private static RowsView GroupsOf(Tensor x, int width) => new((IntPtr)Floats(x), width == 0 ? 0 : x.Shape.Count / width, width);

    /// <summary>How many groups follow each other in a gain: 1 where all groups share it.</summary>
    private static int GainGroups(Tensor? gain, int width) => gain is null || width == 0 ? 1 : gain.Shape.Count / width;

    private PackedWeight Own(LinearWeight weight) => weight is PackedWeight packed && packed.PanelColumns == _kernels.PanelColumns
        ? packed
        : throw new ArgumentException($"This weight was prepared by another engine; prepare it with PrepareLinear of {Name}.");

    private PanelsView PanelsOf(LinearWeight weight) => Own(weight).View;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void KeepAlive(Tensor a, Tensor b)
    {
        GC.KeepAlive(a);
        GC.KeepAlive(b);
    }
}
