using Strata.Models;

namespace Strata.Research;

/// <summary>What a column holds.</summary>
public enum ColumnKind
{
    /// <summary>Text; escaped wherever it is rendered.</summary>
    Text,

    /// <summary>Whole numbers.</summary>
    Integer,

    /// <summary>Real numbers; NaN means "not defined here".</summary>
    Real,
}

/// <summary>One typed column.</summary>
public sealed class Column
{
    private readonly string[]? _texts;
    private readonly double[]? _numbers;

    private Column(string name, ColumnKind kind, string? unit, string[]? texts, double[]? numbers)
    {
        Name = name;
        Kind = kind;
        Unit = unit;
        _texts = texts;
        _numbers = numbers;
    }

    /// <summary>A column of text.</summary>
    public static Column Text(string name, IEnumerable<string> values) => new(name, ColumnKind.Text, null, values.ToArray(), null);

    /// <summary>A column of whole numbers, exact up to 2^53.</summary>
    public static Column Integer(string name, IEnumerable<long> values, string? unit = null) => new(name, ColumnKind.Integer, unit, null, values.Select(v => (double)v).ToArray());

    /// <summary>A column of real numbers.</summary>
    public static Column Real(string name, IEnumerable<double> values, string? unit = null) => new(name, ColumnKind.Real, unit, null, values.ToArray());

    /// <summary>Heading.</summary>
    public string Name { get; }

    /// <summary>What it holds.</summary>
    public ColumnKind Kind { get; }

    /// <summary>Unit, for example <c>nats</c>; null when there is none.</summary>
    public string? Unit { get; }

    /// <summary>Number of rows.</summary>
    public int Count => _texts?.Length ?? _numbers!.Length;

    /// <summary>The numbers.</summary>
    /// <exception cref="InvalidOperationException">A text column.</exception>
    public IReadOnlyList<double> Numbers => _numbers ?? throw new InvalidOperationException($"Column \"{Name}\" holds text; read Texts.");

    /// <summary>The values as text: numbers in the shortest form that reads back to the same value, invariant culture.</summary>
    public IReadOnlyList<string> Texts => _texts ?? _numbers!.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture)).ToArray();
}

/// <summary>A result: typed columns of one length, a title, and where it came from.</summary>
public sealed class Table
{
    /// <summary>A table from its columns.</summary>
    /// <exception cref="ArgumentException">Columns differ in length or share a name.</exception>
    public Table(string title, Provenance provenance, params Column[] columns)
    {
        if (columns.Select(c => c.Count).Distinct().Count() > 1)
            throw new ArgumentException($"Columns of \"{title}\" differ in length: {string.Join(", ", columns.Select(c => $"{c.Name} {c.Count}"))}.");
        if (columns.Select(c => c.Name).Distinct().Count() != columns.Length)
            throw new ArgumentException($"Columns of \"{title}\" share a name: {string.Join(", ", columns.Select(c => c.Name))}.");
        Title = title;
        Provenance = provenance;
        Columns = columns;
    }

    /// <summary>What the table shows.</summary>
    public string Title { get; }

    /// <summary>Where it came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>The columns, left to right.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => Columns.Count == 0 ? 0 : Columns[0].Count;

    /// <summary>Remarks for readers, such as how many samples were left out and why.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>A column by name.</summary>
    /// <exception cref="StrataException">No column has this name.</exception>
    public Column this[string name] => Columns.FirstOrDefault(c => c.Name == name)
        ?? throw new StrataException($"Table \"{Title}\" has no column \"{name}\". {NearestNames.Suggest(name, Columns.Select(c => c.Name))}");

    /// <summary>Title and size.</summary>
    public override string ToString() => $"{Title}: {Rows} rows x {Columns.Count} columns ({string.Join(", ", Columns.Select(c => c.Name))})";
}
