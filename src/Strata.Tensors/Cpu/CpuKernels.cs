namespace Strata.Tensors.Cpu;

/// <summary>The engine's kernels on plain memory, for one width of registers.</summary>
internal abstract unsafe class CpuKernels
{
    /// <summary>Columns of a packed panel.</summary>
    public abstract int PanelColumns { get; }

    /// <summary>Packs part of a stored matrix; see <see cref="MatrixView"/>. Scales, one per output of the panels, are written for numbers of 8 bits.</summary>
    public abstract void Pack(MatrixView source, DType format, byte* panels, float* scales = null);

    /// <summary>c = a · packed + bias.</summary>
    public abstract void Multiply(RowsView a, PanelsView b, float* c);

    /// <summary>Layer norm of each row. Gain and bias hold <paramref name="gains"/> rows, which serve the rows of x in turn.</summary>
    public abstract void LayerNorm(RowsView x, float* gain, float* bias, int gains, float epsilon, float* result);

    /// <summary>RMS norm of each row; gain as for <see cref="LayerNorm"/>.</summary>
    public abstract void RmsNorm(RowsView x, float* gain, int gains, float epsilon, float* result);

    public abstract void Rotary(RowsView x, RowsView table, int headWidth, bool interleaved, float* result);

    public abstract void Softmax(RowsView x, float* result);

    public abstract void Embed(byte* table, DType format, int width, int* ids, int count, float* result);

    /// <summary>Rows of Wᵀ: the weights of the outputs ids, from panels.</summary>
    public abstract void EmbedOutputs(PanelsView weight, int* ids, int count, float* result);

    public abstract void Widen(byte* source, DType format, float* result, long count);

    public abstract void Activate(float* x, Activation activation, float* result, long count);

    public abstract void Gate(float* gate, float* up, Activation activation, float* result, long count);

    public abstract void Add(float* a, float* b, float* result, long count);

    public abstract void Average(float** tensors, int tensorCount, float* result, long count);

    public abstract void Scale(float* x, float factor, float* result, long count);

    public abstract void Clamp(float* x, float low, float high, float* result, long count);

    public abstract void SoftCap(float* x, float cap, float* result, long count);

    public abstract void AddRows(RowsView source, int* rows, float* weights, float* result);

    public abstract void Attention(AttentionView attention, ReadOnlySpan<AttentionSegment> segments);

    public abstract void AttentionScores(AttentionView attention, AttentionSegment segment);

    public abstract void AddByDistance(DistanceView distances);

    public abstract void AttentionMix(AttentionView attention, AttentionSegment segment);

    public abstract void CausalConvolution(ConvolutionView convolution, ReadOnlySpan<RecurrentSegment> segments);

    public abstract void SelectiveScan(ScanView scan, ReadOnlySpan<RecurrentSegment> segments);

    public abstract void CrossEntropy(RowsView hidden, PanelsView unembedding, int* targets, float* losses, int* largest);

    /// <summary>The kernels of a register width.</summary>
    public static CpuKernels Of(int vectorWidth, WorkerTeam team) => vectorWidth switch
    {
        512 => new CpuKernels<Simd512>(team),
        256 => new CpuKernels<Simd256>(team),
        _ => new CpuKernels<Simd128>(team),
    };
}

/// <summary>Rows of float32 without gaps.</summary>
internal readonly unsafe record struct RowsView(IntPtr Address, int Rows, int Columns)
{
    public float* Data => (float*)Address;
}

/// <summary>Part of a stored matrix that is to become panels: <paramref name="Outputs"/> outputs from <paramref name="FirstOutput"/> on.</summary>
internal readonly unsafe record struct MatrixView(IntPtr Address, DType DType, WeightOrientation Orientation, int Inputs, int AllOutputs, int FirstOutput, int Outputs)
{
    public byte* Data => (byte*)Address;
}

/// <summary>A packed right factor: panels of [Inputs, PanelColumns]; Bias may be zero, and so may Scales but for numbers of 8 bits.</summary>
internal readonly unsafe record struct PanelsView(IntPtr Address, DType DType, int Inputs, int Outputs, IntPtr BiasAddress, IntPtr ScalesAddress)
{
    public float* Scales => (float*)ScalesAddress;

    public byte* Data => (byte*)Address;

    public float* Bias => (float*)BiasAddress;
}

/// <summary>
/// The operands of an attention op: Q [T, heads·d], K and V [S, keyValueHeads·d]; Pattern [heads, queries, keys] where it is materialised; Result.
/// Those that an op does not use are zero; so is the address of the bias [heads, keys or distances] where there is none.
/// </summary>
internal readonly record struct AttentionView(IntPtr Q, IntPtr K, IntPtr V, IntPtr Pattern, IntPtr Result, AttentionHeads Heads, RowsView Bias)
{
    /// <summary>Are scores more than scaled products?</summary>
    public bool AdjustsScores => Heads.SoftCap > 0 || Bias.Address != 0;
}

/// <summary>The operands of a causal convolution: rows of X and Result, Weight [taps, columns], Bias [columns] or zero, Tail [sequences, (taps − 1) · columns].</summary>
internal readonly record struct ConvolutionView(RowsView X, IntPtr Weight, int Taps, IntPtr Bias, IntPtr Tail, IntPtr Result);

/// <summary>The operands of a selective scan; see <see cref="TensorEngine.SelectiveScan"/>. States may be zero. A has StateSize numbers per head, or one.</summary>
internal readonly record struct ScanView(
    RowsView X, IntPtr Delta, RowsView A, IntPtr B, IntPtr C, IntPtr Skip, int Groups, int StateSize, IntPtr State, IntPtr States, IntPtr Result)
{
    public int Heads => A.Rows;

    public int HeadWidth => X.Columns / A.Rows;
}

/// <summary>The operands of terms by distance: scores [heads, length, length], the terms of queries and of keys [heads · length, rows] (address zero for none), one row per distance.</summary>
internal readonly unsafe record struct DistanceView(IntPtr ScoresAddress, int Heads, int Length, RowsView OfQueries, RowsView OfKeys, IntPtr RowsAddress)
{
    public float* Scores => (float*)ScoresAddress;

    /// <summary>The row of the distance 0 of query and key, with those of the other distances to both sides.</summary>
    public int* Middle => (int*)RowsAddress + (Length - 1);
}

/// <summary>The kernels for registers of one width; the parts of the class lie in files by subject.</summary>
internal sealed unsafe partial class CpuKernels<TSimd>(WorkerTeam team) : CpuKernels where TSimd : unmanaged, ISimd<TSimd>
{
    /// <summary>Elements below which an op is not worth waking another thread for.</summary>
    private const int ElementsPerItem = 32 << 10;

    public override int PanelColumns => MicroKernel<TSimd>.Columns;

    public override void Widen(byte* source, DType format, float* result, long count) => Conversion<TSimd>.Widen(source, format, result, count);

    /// <summary>Multiply-adds below which an op is not worth waking another thread for.</summary>
    private const long SmallestSharedProduct = 1 << 17;

    /// <summary>Shares out an op of so many multiply-adds, unless it is too small for that.</summary>
    private void Run<TWork>(long multiplyAdds, int items, TWork work) where TWork : unmanaged, IWork
    {
        if (multiplyAdds >= SmallestSharedProduct) team.Run(items, work);
        else for (int i = 0; i < items; i++) work.Run(i);
    }

    /// <summary>How many rows of the given length make an item of worthwhile size.</summary>
    private static int RowsPerItem(int columns) => Math.Max(1, ElementsPerItem / Math.Max(1, columns));

    private static int Divide(int count, int size) => (int)(((long)count + size - 1) / size);
}
