using System.Globalization;
using Spectre.Console;
using Strata.Research;
using ResultTable = Strata.Research.Table;

namespace Strata.Cli.Commands;

/// <summary>A result table for the terminal: every row, numbers on the right and rounded alike within a column, a dash where nothing is defined.</summary>
internal static class TableView
{
    private const int Digits = 5;

    /// <summary>The table in Spectre.Console's terms.</summary>
    /// <param name="table">The table.</param>
    /// <param name="framed">With lines between columns and units below headings, for a terminal; else one plain line per row.</param>
    public static Spectre.Console.Table Of(ResultTable table, bool framed)
    {
        Spectre.Console.Table view = new() { Border = framed ? TableBorder.Rounded : TableBorder.None, UseSafeBorder = false };
        foreach (Column column in table.Columns)
        {
            string unit = column.Unit is null ? "" : $"{(framed ? '\n' : ' ')}({Cell(column.Unit)})";
            TableColumn heading = new(new Text(Cell(column.Name) + unit));
            // Where it is narrow, long texts break; numbers never do.
            view.AddColumn(column.Kind == ColumnKind.Text ? heading : heading.RightAligned().NoWrap());
        }

        IReadOnlyList<string>[] cells = table.Columns.Select(Cells).ToArray();
        // Text, not Markup: brackets in a token or a plan mean nothing here.
        for (int row = 0; row < table.Rows; row++) view.AddRow(cells.Select(column => new Text(Cell(column[row]))));
        return view;
    }

    private static string Cell(string text) => Terminal.Printable(text.Replace('\n', '↵').Replace('\t', '⇥'));

    private static IReadOnlyList<string> Cells(Column column) => column.Kind switch
    {
        ColumnKind.Text => column.Texts,
        ColumnKind.Integer => column.Numbers.Select(v => v.ToString("N0", CultureInfo.InvariantCulture)).ToArray(),
        _ => Reals(column.Numbers),
    };

    /// <summary>As many decimals as give the largest value its digits; each value its own where the column spans too much for that.</summary>
    private static string[] Reals(IReadOnlyList<double> values)
    {
        double[] sizes = values.Where(v => double.IsFinite(v) && v != 0).Select(Math.Abs).ToArray();
        double largest = sizes.DefaultIfEmpty(1).Max(), smallest = sizes.DefaultIfEmpty(1).Min();
        bool whole = largest < 1e15 && values.Where(double.IsFinite).All(v => v == Math.Floor(v));
        bool alike = largest is >= 1e-3 and < 1e7 && smallest > largest * 1e-3;
        int decimals = whole ? 0 : Math.Clamp(Digits - 1 - (int)Math.Floor(Math.Log10(largest)), 0, 8);
        string format = whole || alike ? $"N{decimals}" : $"G{Digits}";
        return values.Select(v => double.IsNaN(v) ? "–" : v.ToString(format, CultureInfo.InvariantCulture)).ToArray();
    }
}
