using System.Globalization;
using System.Text;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>Shows tables: typed columns with units, numbers aligned and rounded alike within a column, the first rows of long tables.</summary>
internal static class TableFormatter
{
    private const int MaxRows = 200;
    private const int MaxColumns = 100;
    private const int MaxCell = 300;
    private const int MaxCharacters = 250_000;

    /// <summary>A column as shown: its heading, and its first cells as text.</summary>
    private sealed record ShownColumn(string Name, string? Unit, bool Number, string[] Cells)
    {
        public string Heading => Unit is null ? Name : $"{Name} ({Unit})";

        /// <summary>Names and the like stay on one line; longer text wraps.</summary>
        public string? Class => Number ? "strata-number" : Cells.All(cell => cell.Length <= 24) ? "strata-name" : null;
    }

    public static MimeBundle Format(Table table)
    {
        int rows = Math.Min(MaxRows, table.Rows);
        while (true)
        {
            ShownColumn[] columns = table.Columns.Take(MaxColumns).Select(c => Shown(c, rows)).ToArray();
            string[] notes = Notes(table, rows);
            MimeBundle bundle = new(new Dictionary<string, string>
            {
                [MimeBundle.Html] = Html(table, columns, rows, notes),
                [MimeBundle.Markdown] = Markdown(table, columns, rows, notes),
                [MimeBundle.PlainText] = Plain(table, columns, rows, notes),
            });
            if (rows <= 1 || bundle.Renderings.Values.All(r => r.Length <= MaxCharacters)) return bundle;
            rows /= 2;
        }
    }

    private static string[] Notes(Table table, int rows)
    {
        List<string> notes = table.Notes.Take(20).Select(n => Escape.Clip(n, 600)).ToList();
        if (rows < table.Rows) notes.Add($"First {rows:N0} of {table.Rows:N0} rows; {NumberText.Count(table.Rows - rows, "row")} not shown.");
        if (table.Columns.Count > MaxColumns) notes.Add($"First {MaxColumns} of {table.Columns.Count:N0} columns.");
        return [.. notes];
    }

    private static ShownColumn Shown(Column column, int rows)
    {
        string name = Escape.Clip(column.Name, 80), unit = Escape.Clip(column.Unit ?? "", 40);
        string[] cells = column.Kind switch
        {
            ColumnKind.Text => column.Texts.Take(rows).Select(t => Escape.Clip(t, MaxCell)).ToArray(),
            ColumnKind.Integer => column.Numbers.Take(rows).Select(v => v.ToString("N0", CultureInfo.InvariantCulture)).ToArray(),
            _ => Reals(column.Numbers.Take(rows).ToArray()),
        };
        return new ShownColumn(name, unit.Length == 0 ? null : unit, column.Kind != ColumnKind.Text, cells);
    }

    /// <summary>
    /// Real numbers with as many decimals as give the largest four significant digits, so that they compare at a glance; each with its own four digits
    /// where the column spans too many magnitudes for that. A dash stands for "not defined here".
    /// </summary>
    private static string[] Reals(double[] values)
    {
        double[] magnitudes = values.Where(v => double.IsFinite(v) && v != 0).Select(Math.Abs).ToArray();
        double largest = magnitudes.Length == 0 ? 1 : magnitudes.Max(), smallest = magnitudes.Length == 0 ? 1 : magnitudes.Min();
        bool common = largest is < 1e6 and >= 1e-3 && smallest >= largest * 1e-3;
        int decimals = values.All(v => !double.IsFinite(v) || v == Math.Floor(v)) ? 0 : Math.Clamp(3 - (int)Math.Floor(Math.Log10(largest)), 0, 6);
        return values.Select(v => double.IsNaN(v) ? "–" : common && double.IsFinite(v) ? v.ToString("F" + decimals, CultureInfo.InvariantCulture) : NumberText.Significant(v)).ToArray();
    }

    private static string Html(Table table, ShownColumn[] columns, int rows, string[] notes)
    {
        StringBuilder html = new($"{StrataStyle.Element}<div class=\"strata-output\"><div class=\"strata-title\">{Escape.Html(Escape.Clip(table.Title, 300))}</div><table class=\"strata-table\"><thead><tr>");
        foreach (ShownColumn c in columns)
        {
            string unit = c.Unit is null ? "" : $" <span class=\"strata-unit\">({Escape.Html(c.Unit)})</span>";
            html.Append(c.Number ? $"<th class=\"{c.Class}\">" : "<th>").Append(Escape.Html(c.Name)).Append(unit).Append("</th>");
        }

        html.Append("</tr></thead><tbody>");
        string[] openings = [.. columns.Select(c => c.Class is string named ? $"<td class=\"{named}\">" : "<td>")];
        for (int row = 0; row < rows; row++)
        {
            html.Append("<tr>");
            for (int c = 0; c < columns.Length; c++) html.Append(openings[c]).Append(Escape.Html(columns[c].Cells[row])).Append("</td>");
            html.Append("</tr>");
        }

        html.Append("</tbody></table>");
        foreach (string note in notes) html.Append("<p class=\"strata-note\">").Append(Escape.Html(note)).Append("</p>");
        return html.Append(ProvenanceLines.Details(table.Provenance)).Append("</div>").ToString();
    }

    private static string Markdown(Table table, ShownColumn[] columns, int rows, string[] notes)
    {
        StringBuilder text = new($"**{Escape.Markdown(Escape.Clip(table.Title, 300))}**\n\n");
        text.Append("| ").AppendJoin(" | ", columns.Select(c => Escape.Markdown(c.Heading))).Append(" |\n| ");
        text.AppendJoin(" | ", columns.Select(c => c.Number ? "---:" : "---")).Append(" |\n");
        for (int row = 0; row < rows; row++) text.Append("| ").AppendJoin(" | ", columns.Select(c => Escape.Markdown(c.Cells[row]))).Append(" |\n");
        foreach (string note in notes) text.Append("\n- ").Append(Escape.Markdown(note));
        return text.ToString().TrimEnd();
    }

    private static string Plain(Table table, ShownColumn[] columns, int rows, string[] notes)
    {
        int[] widths = columns.Select(c => Math.Min(60, Math.Max(c.Heading.Length, c.Cells.Length == 0 ? 0 : c.Cells.Max(cell => cell.Length)))).ToArray();
        StringBuilder text = new(Escape.Clip(table.Title, 300));
        text.Append('\n').AppendJoin("  ", columns.Select((c, i) => Pad(c.Heading, widths[i], c.Number)));
        for (int row = 0; row < rows; row++) text.Append('\n').AppendJoin("  ", columns.Select((c, i) => Pad(c.Cells[row].ReplaceLineEndings(" "), widths[i], c.Number)));
        foreach (string note in notes) text.Append("\nNote: ").Append(note);
        return text.ToString();
    }

    private static string Pad(string text, int width, bool right) => right ? Escape.Clip(text, width).PadLeft(width) : Escape.Clip(text, width).PadRight(width);
}
