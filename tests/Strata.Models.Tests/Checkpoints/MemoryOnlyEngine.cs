using Strata.Tensors;

namespace Strata.Models.Tests;

/// <summary>An engine that holds mapped memory and widens it to float32, and computes nothing: enough to see what a checkpoint hands out.</summary>
internal sealed unsafe class MemoryOnlyEngine : TensorEngine
{
    public override string Name => "memory only";

    public override long PooledBytesInUse => 0;

    public override long PeakPooledBytes => 0;

    public override Tensor FromMemory(nint address, Shape shape, DType dtype, object owner) =>
        new(this, shape, dtype, new BorrowedMemory(address, (long)shape.Count * dtype.Size(), owner));

    public override void CopyToHost(Tensor tensor, Span<float> values)
    {
        BorrowedMemory memory = (BorrowedMemory)tensor.Storage;
        if (tensor.DType == DType.Float32) new ReadOnlySpan<float>((void*)memory.Address, values.Length).CopyTo(values);
        for (int i = 0; i < values.Length && tensor.DType != DType.Float32; i++)
        {
            ushort bits = ((ushort*)memory.Address)[i];
            values[i] = tensor.DType == DType.Float16 ? (float)BitConverter.UInt16BitsToHalf(bits) : BitConverter.UInt32BitsToSingle((uint)bits << 16);
        }

        GC.KeepAlive(memory.Owner);
    }

    public override void ResetPeak()
    {
    }

    protected override TensorStorage Allocate(int count, DType dtype, bool pooled) => throw new NotSupportedException();

    protected override void Return(TensorStorage storage) => throw new NotSupportedException();

    protected override void CopyFromHost(ReadOnlySpan<float> values, Tensor tensor) => throw new NotSupportedException();

    protected override ReadOnlySpan<float> View(Tensor tensor) => throw new NotSupportedException();

    protected override void CopyRows(Tensor source, int start, Tensor result, int resultStart, int rows) => throw new NotSupportedException();

    public override LinearWeight PrepareLinear(Tensor weight, WeightOrientation orientation, int firstOutput, int outputs, Tensor? bias, DType storage, LinearWeight? reuse = null) => throw new NotSupportedException();

    protected override void Linear(Tensor x, LinearWeight weight, Tensor result) => throw new NotSupportedException();

    protected override void MatMul(Tensor a, Tensor b, bool transposeB, Tensor result) => throw new NotSupportedException();

    protected override void EmbedOutputs(LinearWeight weight, ReadOnlySpan<int> ids, Tensor result) => throw new NotSupportedException();

    protected override void Embed(Tensor table, ReadOnlySpan<int> ids, Tensor result) => throw new NotSupportedException();

    protected override void LayerNorm(Tensor x, Tensor? gain, Tensor? bias, float epsilon, int width, Tensor result) => throw new NotSupportedException();

    protected override void RmsNorm(Tensor x, Tensor? gain, float epsilon, int width, Tensor result) => throw new NotSupportedException();

    protected override void Rotary(Tensor x, Tensor table, int headWidth, bool interleaved, Tensor result) => throw new NotSupportedException();

    protected override void Softmax(Tensor x, Tensor result) => throw new NotSupportedException();

    protected override void Activate(Tensor x, Activation activation, Tensor result) => throw new NotSupportedException();

    protected override void Gate(Tensor gate, Tensor up, Activation activation, Tensor result) => throw new NotSupportedException();

    protected override void Add(Tensor a, Tensor b, Tensor result) => throw new NotSupportedException();

    protected override void Scale(Tensor x, float factor, Tensor result) => throw new NotSupportedException();

    protected override void ScaleColumns(Tensor x, Tensor factors, Tensor result) => throw new NotSupportedException();

    protected override void Clamp(Tensor x, float low, float high, Tensor result) => throw new NotSupportedException();

    protected override void SoftCap(Tensor x, float cap, Tensor result) => throw new NotSupportedException();

    protected override void AddRows(Tensor source, ReadOnlySpan<int> rows, ReadOnlySpan<float> weights, Tensor result) => throw new NotSupportedException();

    protected override void Fill(Tensor result, float value) => throw new NotSupportedException();

    protected override void Average(IReadOnlyList<Tensor> tensors, Tensor result) => throw new NotSupportedException();

    protected override void Attention(Tensor q, Tensor k, Tensor v, AttentionHeads heads, Tensor? bias, ReadOnlySpan<AttentionSegment> segments, Tensor result) => throw new NotSupportedException();

    protected override void AttentionScores(Tensor q, Tensor k, AttentionHeads heads, Tensor? bias, AttentionSegment segment, Tensor result) => throw new NotSupportedException();

    protected override void AddByDistance(Tensor scores, Tensor? ofQueries, Tensor? ofKeys, ReadOnlySpan<int> rows) => throw new NotSupportedException();

    protected override void AttentionMix(Tensor pattern, Tensor v, AttentionHeads heads, AttentionSegment segment, Tensor result) => throw new NotSupportedException();

    protected override void CausalConvolution(Tensor x, Tensor weight, Tensor? bias, ReadOnlySpan<RecurrentSegment> segments, Tensor tail, Tensor result) => throw new NotSupportedException();

    protected override void SelectiveScan(Tensor x, Tensor delta, Tensor b, Tensor c, SelectiveSystem system, ReadOnlySpan<RecurrentSegment> segments, Tensor state, Tensor? states, Tensor result) => throw new NotSupportedException();

    protected override void CrossEntropy(Tensor hidden, LinearWeight unembedding, ReadOnlySpan<int> targets, Span<float> losses, Span<int> largest) => throw new NotSupportedException();

    private sealed class BorrowedMemory(nint address, long bytes, object owner) : TensorStorage
    {
        public nint Address => address;

        public object Owner => owner;

        public override long Bytes => bytes;
    }
}
