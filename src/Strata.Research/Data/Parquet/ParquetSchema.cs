namespace Strata.Research;

/// <summary>How often a field stands in its parent.</summary>
internal enum ParquetRepetition
{
    Required,
    Optional,
    Repeated,
}

/// <summary>How numbers and bytes are stored.</summary>
internal enum ParquetType
{
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    ByteArray,
    FixedByteArray,
}

/// <summary>A field of the schema: a group of fields, or a leaf, which is a column of the file.</summary>
internal sealed class ParquetField
{
    private const int MaxDepth = 32;
    private const int MaxScale = 100;

    // What a field means, in the older annotation and in the newer one.
    private const int ConvertedText = 0, ConvertedMap = 1, ConvertedPairs = 2, ConvertedList = 3, ConvertedEnum = 4, ConvertedDecimal = 5, ConvertedDate = 6, ConvertedUnsigned8 = 11, ConvertedUnsigned64 = 14, ConvertedJson = 19;
    private const int LogicalText = 1, LogicalMap = 2, LogicalList = 3, LogicalEnum = 4, LogicalDecimal = 5, LogicalDate = 6, LogicalInteger = 10, LogicalJson = 12, LogicalHalf = 15;

    private readonly ParquetField? _parent;

    private ParquetField(ThriftStruct element, ParquetField? parent)
    {
        _parent = parent;
        Name = element.Text(4) ?? throw new InvalidDataException("a field has no name");
        Repetition = parent is null ? ParquetRepetition.Required : (ParquetRepetition)(element.Number(3) ?? 0);
        MaxDefinition = (parent?.MaxDefinition ?? 0) + (Repetition == ParquetRepetition.Required ? 0 : 1);
        MaxRepetition = (parent?.MaxRepetition ?? 0) + (Repetition == ParquetRepetition.Repeated ? 1 : 0);
        long? converted = element.Number(6);
        ThriftStruct? logical = element.Inner(10);
        IsList = converted is ConvertedList or ConvertedMap or ConvertedPairs || logical?.Inner(LogicalList) is not null || logical?.Inner(LogicalMap) is not null;
        IsDate = converted == ConvertedDate || logical?.Inner(LogicalDate) is not null;
        IsText = converted is ConvertedText or ConvertedEnum or ConvertedJson || new[] { LogicalText, LogicalEnum, LogicalJson }.Any(kind => logical?.Inner(kind) is not null);
        bool isDecimal = converted == ConvertedDecimal || logical?.Inner(LogicalDecimal) is not null;
        Scale = isDecimal ? (int)InRange(logical?.Inner(LogicalDecimal)?.Number(1) ?? element.Number(7) ?? 0, 0, MaxScale, "digits behind the point") : null;
        IsHalf = logical?.Inner(LogicalHalf) is not null;
        IsUnsigned = converted is >= ConvertedUnsigned8 and <= ConvertedUnsigned64 || logical?.Inner(LogicalInteger)?.Flag(2) == false;
        Type = element.Number(1) is long type && (element.Number(5) ?? 0) == 0 ? (ParquetType)type : null;
        Length = Type == ParquetType.FixedByteArray ? (int)InRange(element.Number(2) ?? 0, 1, int.MaxValue, "bytes of a value") : 0;
    }

    public string Name { get; }

    /// <summary>The names down to it, with points between them.</summary>
    public string Path => _parent?._parent is null ? Name : $"{_parent.Path}.{Name}";

    public ParquetRepetition Repetition { get; }

    /// <summary>How many fields down to it may be missing, itself among them: the definition level at which it is there.</summary>
    public int MaxDefinition { get; }

    /// <summary>How many fields down to it repeat.</summary>
    public int MaxRepetition { get; }

    /// <summary>How a leaf is stored; null for a group.</summary>
    public ParquetType? Type { get; }

    /// <summary>Bytes of a value of fixed length.</summary>
    public int Length { get; }

    /// <summary>A list, or a map, which is one of pairs.</summary>
    public bool IsList { get; }

    public bool IsDate { get; }

    /// <summary>Are its two bytes a number?</summary>
    public bool IsHalf { get; }

    /// <summary>Was what the file does not call text found to be text? Null before its first row group.</summary>
    public bool? WasText { get; set; }

    /// <summary>Are its bytes text (strings, names of an enumeration, JSON)?</summary>
    public bool IsText { get; }

    /// <summary>Digits behind the point of a decimal number, which is stored as a whole one; null for other columns.</summary>
    public int? Scale { get; }

    public bool IsUnsigned { get; }

    /// <summary>The fields of a group.</summary>
    public List<ParquetField> Children { get; } = [];

    /// <summary>The columns under it, in the order of the file.</summary>
    public IEnumerable<ParquetField> Leaves => Type is null ? Children.SelectMany(child => child.Leaves) : [this];

    /// <summary>What repeats in a list: its only child. Writers differ in whether an item is that or stands one deeper.</summary>
    public bool ItemsStandDeeper => Type is null && Children.Count == 1 && Name != "array" && !Name.EndsWith("_tuple", StringComparison.Ordinal);

    /// <summary>Builds the tree from the elements of the metadata, which stand in the order of a walk through it.</summary>
    /// <exception cref="InvalidDataException">The elements are no tree.</exception>
    public static ParquetField Root(IReadOnlyList<object> elements)
    {
        int next = 0;
        ParquetField root = Build(elements, ref next, null, MaxDepth);
        if (root.Children.Count == 0) throw new InvalidDataException("the schema has no columns");
        return next == elements.Count ? root : throw new InvalidDataException($"the schema has {elements.Count} elements, and its tree {next}");
    }

    private static ParquetField Build(IReadOnlyList<object> elements, ref int next, ParquetField? parent, int depth)
    {
        if (depth == 0) throw new InvalidDataException($"the schema is nested more than {MaxDepth} deep");
        if (next >= elements.Count || elements[next++] is not ThriftStruct element) throw new InvalidDataException("the schema ends early");
        ParquetField field = new(element, parent);
        long children = element.Number(5) ?? 0;
        if (!Enum.IsDefined(field.Repetition) || (field.Type is ParquetType type && !Enum.IsDefined(type)) || (field.Type is null && children < 1)) throw new InvalidDataException($"the field \"{field.Name}\" is neither a group nor a column");
        for (long i = 0; i < children; i++) field.Children.Add(Build(elements, ref next, field, depth - 1));
        string? twice = field.Children.GroupBy(child => child.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null ? field : throw new InvalidDataException($"the field \"{twice}\" stands twice in its group");
    }

    private static long InRange(long value, long least, long most, string what) =>
        value >= least && value <= most ? value : throw new InvalidDataException($"{value} {what}; expected {least} to {most}");
}
