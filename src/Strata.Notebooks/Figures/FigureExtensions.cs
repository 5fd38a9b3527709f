using Strata.Research;

namespace Strata.Notebooks;

/// <summary>Figures straight from results.</summary>
public static class FigureExtensions
{
    /// <summary>A line plot of a table's columns, with its title, units, notes and provenance.</summary>
    /// <param name="table">The table.</param>
    /// <param name="x">A column of numbers for the x-axis.</param>
    /// <param name="y">A column of numbers for the y-axis.</param>
    /// <param name="series">A column whose values name the lines; null for a single line. Lines keep the order in which their names first appear.</param>
    /// <exception cref="Models.StrataException">No column has such a name.</exception>
    /// <exception cref="InvalidOperationException">A column for an axis holds text.</exception>
    public static Figure Lines(this Table table, string x, string y, string? series = null)
    {
        IReadOnlyList<double> xs = table[x].Numbers, ys = table[y].Numbers;
        IReadOnlyList<string>? names = series is null ? null : table[series].Texts;
        LineSeries[] lines = Enumerable.Range(0, table.Rows)
            .GroupBy(row => names?[row] ?? y)
            .Select(group => new LineSeries(group.Key, group.Select(row => xs[row]).ToArray(), group.Select(row => ys[row]).ToArray()))
            .ToArray();
        return Describe(Figure.Lines(table.Title, AxisOf(table[x]), AxisOf(table[y]), lines), table);
    }

    /// <summary>A bar plot of a table's columns, with its title, units, notes and provenance.</summary>
    /// <param name="table">The table.</param>
    /// <param name="category">The column that names the bars; one bar per row.</param>
    /// <param name="values">Columns of numbers with a common unit, one colour each.</param>
    /// <exception cref="Models.StrataException">No column has such a name, or none was given.</exception>
    /// <exception cref="InvalidOperationException">A value column holds text.</exception>
    public static Figure Bars(this Table table, string category, params IReadOnlyList<string> values)
    {
        BarSeries[] bars = values.Select(name => new BarSeries(name, table[name].Numbers)).ToArray();
        Axis y = values.Count == 1 ? AxisOf(table[values[0]]) : new Axis("value", values.Select(name => table[name].Unit).Distinct().Count() == 1 ? table[values[0]].Unit : null);
        return Describe(Figure.Bars(table.Title, AxisOf(table[category]), y, table[category].Texts, bars), table);
    }

    /// <summary>A heat map of a matrix with labels, for example a comparison of layers with layers.</summary>
    /// <param name="values">The numbers, [rows, columns].</param>
    /// <param name="title">What the figure shows.</param>
    /// <param name="rows">One label per row.</param>
    /// <param name="columns">One label per column.</param>
    /// <param name="scale">The colour scale.</param>
    /// <exception cref="Models.StrataException">An empty matrix, or labels that do not match its size.</exception>
    public static Figure Heatmap(this double[,] values, string title, IReadOnlyList<string> rows, IReadOnlyList<string> columns, ColorScaleKind scale = ColorScaleKind.Sequential) =>
        Figure.Heatmap(title, values, new HeatmapStyle { RowLabels = rows, ColumnLabels = columns, Scale = scale });

    private static Axis AxisOf(Column column) => new(column.Name, column.Unit);

    private static Figure Describe(Figure figure, Table table) => figure.WithNotes(table.Notes).WithProvenance(table.Provenance);
}
