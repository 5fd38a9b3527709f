using System.CommandLine;

namespace Strata.Cli.Commands;

/// <summary>Which data a command line asks for.</summary>
/// <param name="Source">A file, or a data set of the hub.</param>
/// <param name="Take">How many rows; null for all.</param>
/// <param name="Split">The part of a data set of the hub; null where it has one alone.</param>
/// <param name="TextColumn">The column of the text; null for <c>text</c>.</param>
internal sealed record DataRequest(string Source, int? Take, string? Split, string? TextColumn);

/// <summary>The options that say which data a verb runs on.</summary>
internal sealed class DataInput(bool required = true)
{
    private readonly Option<string?> _data = new("--data")
    {
        Description = "Data: JSON Lines with \"tokens\" or \"text\" per row (.jsonl, .ndjson), the same as Parquet (.parquet), a table with a header (.csv, .tsv), one text per line (.txt), or a data set of the Hugging Face hub (hf:org/name).",
        HelpName = "FILE",
        Required = required,
    };

    private readonly Option<string?> _split = new("--split") { Description = "Of a data set of the hub, the part to read, such as train.", HelpName = "SPLIT" };
    private readonly Option<string?> _textColumn = new("--text-column") { Description = "The column or field of the data that holds the text; \"text\" by default.", HelpName = "COLUMN" };
    private readonly Option<int?> _take = Inputs.Count("--take", "Only the first N rows of the data.");

    /// <summary>The options, for the verb.</summary>
    public Option[] Options => [_data, _take, _split, _textColumn];

    /// <summary>What the command line asks for; null where it names no data.</summary>
    public DataRequest? Of(ParseResult parse) => parse.GetValue(_data) is { } source ? new DataRequest(source, parse.GetValue(_take), parse.GetValue(_split), parse.GetValue(_textColumn)) : null;
}
