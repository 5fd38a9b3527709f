namespace Strata.Tensors.Cpu;

/// <summary>
/// A weight in panels: panel p holds outputs p·columns .. (p+1)·columns as [inputs, columns], the last one padded with zeros. A kernel reads a panel from
/// front to back.
/// </summary>
internal sealed unsafe class PackedWeight : LinearWeight
{
    private readonly CpuStorage _panels;
    private readonly CpuStorage? _bias;

    public PackedWeight(int inputs, int outputs, int panelColumns, DType dtype, bool hasBias)
    {
        Inputs = inputs;
        Outputs = outputs;
        DType = dtype;
        PanelColumns = panelColumns;
        Panels = (outputs + panelColumns - 1) / panelColumns;
        _panels = CpuStorage.Create((long)Panels * panelColumns * inputs * dtype.Size());
        _bias = hasBias ? CpuStorage.Create((long)Panels * panelColumns * sizeof(float)) : null;
    }

    /// <inheritdoc/>
    public override int Inputs { get; }

    /// <inheritdoc/>
    public override int Outputs { get; }

    /// <inheritdoc/>
    public override DType DType { get; }

    /// <inheritdoc/>
    public override long Bytes => _panels.Bytes + (_bias?.Bytes ?? 0);

    /// <summary>Outputs of a panel: the kernel width of the engine that made it.</summary>
    public int PanelColumns { get; }

    /// <summary>Number of panels.</summary>
    public int Panels { get; }

    /// <summary>First element of the first panel.</summary>
    public byte* Data => _panels.Address;

    /// <summary>One number per output, padded with zeros to whole panels; null without a bias.</summary>
    public float* Bias => _bias is null ? null : (float*)_bias.Address;
}
