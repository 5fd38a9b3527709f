namespace Strata.Tensors.Cpu;

/// <summary>
/// A weight in panels: panel p holds outputs p·columns .. (p+1)·columns as [inputs, columns], the last one padded with zeros. A kernel reads a panel from
/// front to back.
/// </summary>
internal sealed unsafe class PackedWeight : LinearWeight
{
    private readonly CpuStorage _panels;
    private readonly CpuStorage? _bias;
    private readonly CpuStorage? _scales;

    public PackedWeight(int inputs, int outputs, int panelColumns, DType dtype, bool hasBias)
    {
        Inputs = inputs;
        Outputs = outputs;
        DType = dtype;
        PanelColumns = panelColumns;
        Panels = (outputs + panelColumns - 1) / panelColumns;
        _panels = CpuStorage.Create((long)Panels * panelColumns * inputs * dtype.Size());
        _bias = hasBias ? CpuStorage.Create((long)Panels * panelColumns * sizeof(float)) : null;
        _scales = dtype == DType.Int8 ? CpuStorage.Create((long)Panels * panelColumns * sizeof(float)) : null;
    }

    /// <inheritdoc/>
    public override int Inputs { get; }

    /// <inheritdoc/>
    public override int Outputs { get; }

    /// <inheritdoc/>
    public override DType DType { get; }

    /// <inheritdoc/>
    public override bool HasBias => _bias is not null;

    /// <inheritdoc/>
    public override long Bytes => _panels.Bytes + (_bias?.Bytes ?? 0) + (_scales?.Bytes ?? 0);

    /// <summary>Outputs of a panel: the kernel width of the engine that made it.</summary>
    public int PanelColumns { get; }

    /// <summary>Number of panels.</summary>
    public int Panels { get; }

    /// <summary>First element of the first panel.</summary>
    public byte* Data => _panels.Address;

    /// <summary>One number per output, padded with zeros to whole panels; null without a bias.</summary>
    public float* Bias => _bias is null ? null : (float*)_bias.Address;

    /// <summary>One number per output, padded with zeros to whole panels; null but for numbers of 8 bits.</summary>
    public float* Scales => _scales is null ? null : (float*)_scales.Address;

    /// <summary>Whether there are no scales, or all of them are numbers.</summary>
    public bool HasFiniteScales => Scales is null || System.Numerics.Tensors.TensorPrimitives.IsFiniteAll(new ReadOnlySpan<float>(Scales, Outputs));

    /// <summary>The panels as kernels take them.</summary>
    public PanelsView View => new((IntPtr)Data, DType, Inputs, Outputs, (IntPtr)Bias, (IntPtr)Scales);

    /// <inheritdoc/>
    public override float[] ToArray()
    {
        float[] values = GC.AllocateUninitializedArray<float>(checked(Inputs * Outputs));
        fixed (float* first = values)
        {
            for (int output = 0; output < Outputs; output++) CopyOutput(View, PanelColumns, output, first + ((long)output * Inputs));
        }

        GC.KeepAlive(this);
        return values;
    }

    /// <summary>The weights of an output, widened: a column of a panel, read with a fixed step.</summary>
    public static void CopyOutput(PanelsView panels, int columns, int output, float* to)
    {
        int inputs = panels.Inputs;
        long first = ((long)(output / columns) * columns * inputs) + (output % columns);
        switch (panels.DType)
        {
            case DType.Float16: for (int k = 0; k < inputs; k++) to[k] = (float)((Half*)panels.Data)[first + ((long)k * columns)]; break;
            case DType.BFloat16: for (int k = 0; k < inputs; k++) to[k] = BitConverter.UInt32BitsToSingle((uint)((ushort*)panels.Data)[first + ((long)k * columns)] << 16); break;
            case DType.Int8: for (int k = 0; k < inputs; k++) to[k] = ((sbyte*)panels.Data)[first + ((long)k * columns)] * panels.Scales[output]; break;
            default: for (int k = 0; k < inputs; k++) to[k] = ((float*)panels.Data)[first + ((long)k * columns)]; break;
        }
    }
}
