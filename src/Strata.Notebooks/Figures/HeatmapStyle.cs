namespace Strata.Notebooks;

/// <summary>How the numbers of a heat map become colours.</summary>
public enum ColorScaleKind
{
    /// <summary>From dark to bright (viridis): for values with one direction.</summary>
    Sequential,

    /// <summary>Blue over white to red: for values with a meaningful middle, 0 unless the range says otherwise.</summary>
    Diverging,
}

/// <summary>What a heat map shows beside its numbers. Everything has a sensible default.</summary>
public sealed record HeatmapStyle
{
    /// <summary>Title of the horizontal axis (columns).</summary>
    public Axis X { get; init; } = "";

    /// <summary>Title of the vertical axis (rows).</summary>
    public Axis Y { get; init; } = "";

    /// <summary>What the colours measure; stands beside the colour bar.</summary>
    public Axis Value { get; init; } = "";

    /// <summary>One label per column; null numbers them from 0.</summary>
    public IReadOnlyList<string>? ColumnLabels { get; init; }

    /// <summary>One label per row; null numbers them from 0.</summary>
    public IReadOnlyList<string>? RowLabels { get; init; }

    /// <summary>Text in the cells, [rows, columns]; null for none.</summary>
    public string[,]? CellTexts { get; init; }

    /// <summary>The colour scale.</summary>
    public ColorScaleKind Scale { get; init; } = ColorScaleKind.Sequential;

    /// <summary>Value of the scale's lower end; null takes it from the data (diverging: symmetric about 0).</summary>
    public double? Min { get; init; }

    /// <summary>Value of the scale's upper end; null takes it from the data (diverging: symmetric about 0).</summary>
    public double? Max { get; init; }

    /// <summary>Whether row 0 lies at the bottom, as layers are often drawn; false puts it at the top, as matrices are written.</summary>
    public bool RowsUpward { get; init; }
}
