using System.Globalization;
using System.Text;
using Strata.Models;

namespace Strata.Research;

/// <summary>Judgements of documents for queries (qrels): a table with tabs, with or without the header <c>query-id corpus-id score</c>, or JSON Lines or Parquet with these fields.</summary>
internal static class RelevanceFile
{
    /// <summary>The judgements, each with its line.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, or a line is broken; the message has its number.</exception>
    public static List<(string Query, string Document, int Gain, long Line)> Read(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is not (".tsv" or ".txt"))
            return TaskRow.Read(path).Select(row => (row.Label("query-id"), row.Label("corpus-id"), Gain(path, row.Line, row.Number("score")), row.Line)).ToList();
        List<(string, string, int, long)> rows = [];
        using Utf8Lines lines = new(path);
        while (lines.Next(out ReadOnlySpan<byte> line))
        {
            if (line.Trim(" \t\r"u8).IsEmpty) continue;
            string[] cells = Encoding.UTF8.GetString(line).Split('\t');
            if (cells.Length != 3) throw new InvalidFileException(path, $"line {lines.Number}: {cells.Length} cells; expected query-id, corpus-id and score with tabs between.");
            if (lines.Number == 1 && cells[0] == "query-id") continue;
            bool number = double.TryParse(cells[2], NumberStyles.Float, CultureInfo.InvariantCulture, out double gain);
            rows.Add((cells[0], cells[1], Gain(path, lines.Number, number ? gain : double.NaN), lines.Number));
        }

        return rows.Count > 0 ? rows : throw new InvalidFileException(path, "has no judgements; expected query-id, corpus-id and score with tabs between.");
    }

    private static int Gain(string path, long line, double gain) => gain == Math.Floor(gain) && Math.Abs(gain) < 1e6 ? (int)gain
        : throw new InvalidFileException(path, $"{RowObjects.Place(path, line)}: the score is no whole number; a judgement is 0 for not relevant, 1 or more for relevant.");
}
