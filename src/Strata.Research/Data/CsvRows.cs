using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using Strata.Models;

namespace Strata.Research;

/// <summary>Reads tables with a header line (CSV, TSV) as RFC 4180 has them: a row's text from one column, the other columns as fields. Cells stay text; nothing is guessed about their type.</summary>
internal static class CsvRows
{
    private const int MaxColumns = 10_000;
    private const int MaxCell = Utf8Lines.MaxLineBytes;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The rows of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="delimiter">Between cells.</param>
    /// <param name="textColumn">The column that holds the text.</param>
    /// <exception cref="InvalidFileException">The file cannot be read, has no such column, or a row is broken; the message has its line.</exception>
    public static List<DataRow> Read(string path, char delimiter, string textColumn)
    {
        CsvConfiguration grammar = new(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter.ToString(),
            BadDataFound = bad => throw new BadCellException($"a quotation mark stands where none can: {Short(bad.Field)}"),
            MaxFieldSize = MaxCell,
            DetectColumnCountChanges = false,
            CacheFields = false,
        };
        int line = 1;
        try
        {
            using StreamReader reader = new(path, StrictUtf8, detectEncodingFromByteOrderMarks: true);
            using CsvParser parser = new(reader, grammar);
            if (!parser.Read()) return [];
            Header header = new(path, parser.Record!, textColumn);
            List<DataRow> rows = [];
            for (line = parser.RawRow + 1; parser.Read(); line = parser.RawRow + 1) rows.Add(header.Row(parser, line));
            return rows;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException and not DecoderFallbackException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message} Expected a data set file.", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidFileException(path, $"near line {line}: no valid UTF-8; expected text in UTF-8. Convert the file.", e);
        }
        catch (BadCellException e)
        {
            throw new InvalidFileException(path, $"line {line}: {e.Message}. Cells with quotation marks stand in quotation marks, and those within are doubled.", e);
        }
        catch (CsvHelperException e)
        {
            throw new InvalidFileException(path, $"line {line}: {(e is MaxFieldSizeException ? $"a cell is longer than {MaxCell:N0} characters" : "this is no table of cells with a delimiter between them")}.", e);
        }
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "...";

    /// <summary>A cell that is not quoted as it should be.</summary>
    private sealed class BadCellException(string message) : Exception(message);

    /// <summary>The names of the columns.</summary>
    private sealed class Header
    {
        private readonly string _path;
        private readonly string[] _names;
        private readonly int _text;

        public Header(string path, string[] names, string textColumn)
        {
            (_path, _names) = (path, names);
            if (names.Length > MaxColumns) throw new InvalidFileException(path, $"has {names.Length:N0} columns; at most {MaxColumns:N0} are read.");
            string? twice = names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
            if (twice is not null) throw new InvalidFileException(path, $"line 1: the column \"{Short(twice)}\" stands there twice; expected a header with each name once.");
            _text = Array.IndexOf(names, textColumn);
            if (_text < 0) throw new InvalidFileException(path, $"has no column \"{textColumn}\" for the text. {NearestNames.Suggest(textColumn, names.Select(Short))} Choose one with --text-column, or DataOptions.TextColumn.");
        }

        /// <summary>One row.</summary>
        public DataRow Row(CsvParser parser, int line)
        {
            if (parser.Count != _names.Length) throw new InvalidFileException(_path, $"line {line}: {parser.Count} cells; the header has {_names.Length}. Cells that hold a delimiter or a line break stand in quotation marks.");
            Dictionary<string, JsonElement> fields = [];
            for (int i = 0; i < _names.Length; i++)
                if (i != _text && _names[i] is not ("tokens" or "text")) fields.Add(_names[i], JsonSerializer.SerializeToElement(parser[i]));
            return new DataRow(null, parser[_text], fields);
        }
    }
}
