using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Rows of tokens or text that a model is run on. Immutable; whatever changes the rows gives a new data set with a name that says so.
/// Text is not tokenised here: that takes a model's tokenizer.
/// </summary>
public sealed class DataSet
{
    private readonly DataRow[] _rows;
    private readonly Lazy<string> _hash;

    /// <summary>A data set from rows.</summary>
    /// <param name="name">What it is called in tables and in provenance.</param>
    /// <param name="rows">At least one row.</param>
    /// <exception cref="StrataException">There is no row.</exception>
    public DataSet(string name, IEnumerable<DataRow> rows)
    {
        _rows = rows.ToArray();
        if (_rows.Length == 0) throw new StrataException($"Data set \"{name}\" has no rows; it needs at least one.");
        Name = name;
        _hash = new Lazy<string>(ComputeHash);
    }

    /// <summary>A data set from token ids, one array per row; the arrays are kept, not copied.</summary>
    /// <exception cref="StrataException">No row, a row without tokens, or a negative token.</exception>
    public static DataSet FromTokens(string name, IEnumerable<int[]> rows) => new(name, rows.Select(tokens => new DataRow(tokens)));

    /// <summary>A data set from texts, one per row.</summary>
    /// <exception cref="StrataException">No row, or a text that is no valid Unicode.</exception>
    public static DataSet FromTexts(string name, IEnumerable<string> rows) => new(name, rows.Select(text => new DataRow(null, text)));

    /// <summary>
    /// Reads a data set. A file that ends in <c>.txt</c> has one row per line that is not blank; <c>.csv</c> and <c>.tsv</c> are tables with a header, the text in the column <c>text</c>; <c>.parquet</c> has a row for each of its rows; any other is JSON Lines: one JSON object per line with <c>tokens</c> (array of whole numbers, 0 or
    /// more), <c>text</c> or both; other fields are kept; blank lines are skipped.
    /// A folder has one row per image file (.png, .jpg, .jpeg); those of a folder in it have its name as their label. Lines with a path <c>image</c> are images as well.
    /// UTF-8, with or without byte order mark; no line over 64 MiB. The name is the file's name without extension.
    /// </summary>
    /// <exception cref="InvalidFileException">The file is missing, is a table in another format, has no rows, or a line is broken; the message has the line's number.</exception>
    public static DataSet Read(string path) => Read(path, new DataOptions());

    /// <summary>
    /// Reads a data set as <see cref="Read(string)"/> does, or one of the hub: <c>hf:org/name@revision</c>, <c>hf:org/name/file.jsonl</c>, which is downloaded first where it is not in the cache. Its
    /// name has repository, commit and split.
    /// </summary>
    /// <param name="path">The file, or the place on the hub (<see cref="HubReference"/>).</param>
    /// <param name="options">Column of the text, split, progress.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="InvalidFileException">The file is missing or broken, or has no such column.</exception>
    /// <exception cref="HubException">The data set is not on the hub, was not reached, or has no such split.</exception>
    /// <exception cref="StrataException">The data set has several splits and none is chosen, or the options do not fit the file.</exception>
    public static DataSet Read(string path, DataOptions options, CancellationToken cancellation = default)
    {
        if (options.TextColumn == "tokens") throw new StrataException("The field \"tokens\" holds token ids; the text stands in another column.");
        if (HubReference.IsOne(path)) return HubData.Read(HubReference.Parse(path, HubKind.DataSet), options, cancellation);
        if (options.Split is not null) throw new StrataException($"A split (\"{options.Split}\") is for a data set of the hub; {path} is a file.");
        return new DataSet(Path.GetFileNameWithoutExtension(path), ReadRows(path, options));
    }

    /// <summary>The rows of a file; at least one.</summary>
    internal static List<DataRow> ReadRows(string path, DataOptions options)
    {
        if (Directory.Exists(path)) return ImageFolder.Read(path);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        List<DataRow> rows = extension switch
        {
            ".txt" => TextLines.Read(path),
            ".csv" => CsvRows.Read(path, ',', options.TextColumn),
            ".tsv" => CsvRows.Read(path, '\t', options.TextColumn),
            ".arrow" => throw new InvalidFileException(path, "\".arrow\" files are not read; expected JSON Lines (.jsonl), Parquet (.parquet), a table (.csv, .tsv) or .txt (one row per line)."),
            _ => JsonLines.Read(path, options.TextColumn),
        };
        return rows.Count > 0 ? rows : throw new InvalidFileException(path, "no rows; expected at least one. Blank lines do not count.");
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>The rows.</summary>
    public IReadOnlyList<DataRow> Rows => _rows;

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Length;

    /// <summary>A row by index, from 0.</summary>
    public DataRow this[int row] => _rows[row];

    /// <summary>
    /// SHA-256 of the rows, in lower-case hexadecimal; the name does not count. Hashed are the rows as JSON Lines in ASCII (other characters escaped): tokens,
    /// text, then the further fields in ordinal order of their names. Computed when first asked for.
    /// </summary>
    public string Hash => _hash.Value;

    /// <summary>The first rows, or all when there are fewer.</summary>
    /// <param name="count">How many; at least 1.</param>
    /// <exception cref="StrataException"><paramref name="count"/> is below 1.</exception>
    public DataSet Take(int count)
    {
        if (count < 1) throw new StrataException($"Cannot take {count} rows; take 1 or more.");
        return count >= Count ? this : new DataSet($"{Name}, first {count}", _rows.AsSpan(0, count).ToArray());
    }

    /// <summary>The rows in random order, the same for a seed everywhere (<see cref="SeededRandom"/>).</summary>
    public DataSet Shuffle(long seed) => Select(new SeededRandom(seed).Permutation(Count), $"shuffled (seed {seed})");

    /// <summary>Splits the rows at random, the same for a seed everywhere (<see cref="SeededRandom"/>).</summary>
    /// <param name="fraction">Share of the rows in the first part, between 0 and 1; rounded to whole rows.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <exception cref="StrataException">One of the parts would be empty.</exception>
    public (DataSet Train, DataSet Test) Split(double fraction, long seed)
    {
        (int[] train, int[] test) = SplitRows(fraction, seed);
        string share = fraction.ToString("R", CultureInfo.InvariantCulture);
        return (Select(train, $"train (split {share}, seed {seed})"), Select(test, $"test (split {share}, seed {seed})"));
    }

    /// <summary>Per-position labels that the rows carry as a field.</summary>
    /// <param name="field">A field that holds an array of whole numbers in every row.</param>
    /// <returns>[row][position].</returns>
    /// <exception cref="StrataException">A row lacks the field, or holds something else in it.</exception>
    public int[][] Labels(string field)
    {
        int[][] labels = new int[Count][];
        for (int row = 0; row < Count; row++)
        {
            if (!_rows[row].Fields.TryGetValue(field, out JsonElement value))
                throw new StrataException($"Row {row} of \"{Name}\" has no field \"{field}\". {NearestNames.Suggest(field, _rows[row].Fields.Keys)}");
            labels[row] = WholeNumbers(value) ?? throw new StrataException($"Field \"{field}\" in row {row} of \"{Name}\" is no array of whole numbers; per-position labels are.");
        }

        return labels;
    }

    /// <summary>Writes JSON Lines, one object per row, that <see cref="Read(string)"/> reads back to the same <see cref="Hash"/>. The file appears whole or not at all.</summary>
    /// <param name="path">A path that ends in <c>.jsonl</c> or <c>.ndjson</c>.</param>
    /// <exception cref="InvalidFileException">Another extension, or the path may not be written.</exception>
    public void Write(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is not (".jsonl" or ".ndjson"))
            throw new InvalidFileException(path, "data sets are written as JSON Lines; expected a name that ends in .jsonl or .ndjson.");
        AtomicFile.Write(path, stream => JsonLines.Write(_rows, stream, JsonLines.ReadableEncoder));
    }

    /// <summary>Name and number of rows.</summary>
    public override string ToString() => $"{Name}: {Count} rows";

    /// <summary>Some of the rows in an order of one's own.</summary>
    internal DataSet Select(int[] rows, string what) => new($"{Name}, {what}", rows.Select(row => _rows[row]));

    /// <summary>The indices that <see cref="Split"/> puts into its parts.</summary>
    internal (int[] Train, int[] Test) SplitRows(double fraction, long seed)
    {
        int first = fraction is > 0 and < 1 ? (int)Math.Round(fraction * Count, MidpointRounding.ToEven) : 0;
        if (first == 0 || first == Count)
            throw new StrataException($"A split of {Count} rows at {fraction.ToString(CultureInfo.InvariantCulture)} leaves one part empty; expected a fraction between 0 and 1 that gives each part at least one row.");
        int[] order = new SeededRandom(seed).Permutation(Count);
        return (order[..first], order[first..]);
    }

    private string ComputeHash()
    {
        using SHA256 sha = SHA256.Create();
        using (CryptoStream stream = new(Stream.Null, sha, CryptoStreamMode.Write)) JsonLines.Write(_rows, stream, JsonLines.AsciiEncoder);
        return Convert.ToHexStringLower(sha.Hash!);
    }

    private static int[]? WholeNumbers(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) return null;
        int[] numbers = new int[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out numbers[i++])) return null;
        return numbers;
    }
}
