using System.Text;

namespace Strata.Research;

/// <summary>Reads plain text: one row per line that is not blank.</summary>
internal static class TextLines
{
    /// <summary>The rows of a file.</summary>
    /// <exception cref="Strata.Models.InvalidFileException">The file cannot be read, or a line is too long or no valid UTF-8.</exception>
    public static List<DataRow> Read(string path)
    {
        List<DataRow> rows = [];
        using Utf8Lines lines = new(path);
        while (lines.Next(out ReadOnlySpan<byte> line))
        {
            string text = Encoding.UTF8.GetString(line);
            if (!string.IsNullOrWhiteSpace(text)) rows.Add(new DataRow(null, text));
        }

        return rows;
    }
}
