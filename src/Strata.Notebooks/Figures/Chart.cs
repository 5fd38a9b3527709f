namespace Strata.Notebooks;

/// <summary>The data of a figure, checked; one case per kind of plot.</summary>
internal abstract record Chart;

/// <summary>Named lines over one pair of axes.</summary>
internal sealed record LineChart(Axis X, Axis Y, IReadOnlyList<LineSeries> Series) : Chart;

/// <summary>Clouds of points.</summary>
internal sealed record ScatterChart(Axis X, Axis Y, IReadOnlyList<PointSeries> Series) : Chart;

/// <summary>Groups of bars, one group per category.</summary>
internal sealed record BarChart(Axis X, Axis Y, IReadOnlyList<string> Categories, IReadOnlyList<BarSeries> Series) : Chart;

/// <summary>Counts per bin; bin i reaches from Edges[i] to Edges[i + 1].</summary>
internal sealed record HistogramChart(Axis X, Axis Y, double[] Edges, IReadOnlyList<BarSeries> Series) : Chart;

/// <summary>A matrix as colours. Min and Max are the ends of the colour scale, finite, Min &lt; Max.</summary>
internal sealed record HeatmapChart(double[,] Values, string[] RowLabels, string[] ColumnLabels, double Min, double Max, HeatmapStyle Style) : Chart
{
    public int Rows => Values.GetLength(0);

    public int Columns => Values.GetLength(1);
}

/// <summary>Heat maps side by side with one colour scale.</summary>
internal sealed record GridChart(IReadOnlyList<(string Title, HeatmapChart Chart)> Panels, int Columns) : Chart
{
    public int Rows => (Panels.Count + Columns - 1) / Columns;
}
