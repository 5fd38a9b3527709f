namespace Strata.Models;

/// <summary>One colour of a JPEG image: its coefficients, then its samples at the size of the image.</summary>
/// <param name="Id">Name in the file.</param>
/// <param name="Across">Blocks side by side in a unit.</param>
/// <param name="Down">Blocks one above another in a unit.</param>
/// <param name="Table">Quantisation table.</param>
internal sealed record JpegComponent(int Id, int Across, int Down, int Table)
{
    private short[] _coefficients = [];
    private int _stride, _width, _height, _mostAcross, _mostDown;

    public JpegHuffman? Direct { get; set; }

    public JpegHuffman? Alternating { get; set; }

    /// <summary>The table as it was at the first scan of the component.</summary>
    public ushort[]? Quantiser { get; set; }

    /// <summary>Direct coefficient of the block before.</summary>
    public int Previous { get; set; }

    public bool Seen { get; set; }

    /// <summary>Blocks that hold samples, columns and rows: those of a scan of this component alone.</summary>
    public (int Columns, int Rows) OwnBlocks => ((_width + 7) / 8, (_height + 7) / 8);

    /// <summary>Units of a scan of several components: columns and rows.</summary>
    public (int Columns, int Rows) Units(int width, int height) => ((width + 8 * _mostAcross - 1) / (8 * _mostAcross), (height + 8 * _mostDown - 1) / (8 * _mostDown));

    public void Allocate(int width, int height, int mostAcross, int mostDown)
    {
        (_mostAcross, _mostDown) = (mostAcross, mostDown);
        (_width, _height) = ((width * Across + mostAcross - 1) / mostAcross, (height * Down + mostDown - 1) / mostDown);
        (int columns, int rows) = Units(width, height);
        _stride = columns * Across;
        _coefficients = new short[64L * _stride * rows * Down];
    }

    public Span<short> Block(int column, int row) => _coefficients.AsSpan(64 * (row * _stride + column), 64);

    /// <summary>Samples [height, width] of the image.</summary>
    public byte[] Plane(ushort[] quantiser, int width, int height)
    {
        (int columns, int rows) = OwnBlocks;
        int stride = 8 * columns;
        byte[] samples = new byte[stride * 8 * rows];
        int[] work = new int[64];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) JpegTransform.Inverse(Block(column, row), quantiser, work, samples.AsSpan(8 * (row * stride + column)), stride);
        _coefficients = [];
        return JpegEnlargement.To(samples, (_width, _height, stride), (width, height), _mostAcross / Across, _mostDown / Down);
    }
}
