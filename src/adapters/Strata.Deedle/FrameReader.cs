using Deedle;
using Strata.Models;
using Strata.Research;

namespace Strata.Deedle;

/// <summary>Reads frames into tables.</summary>
internal static class FrameReader
{
    /// <summary>The first rows of a frame as a table.</summary>
    public static Table Read<TRowKey, TColumnKey>(Frame<TRowKey, TColumnKey> frame, int rows, string title, Provenance? provenance)
    {
        FrameData data = frame.GetFrameData();
        HashSet<string> names = new(StringComparer.Ordinal);
        object[][] keys = data.RowKeys.Take(rows).ToArray();
        List<Column> columns = KeyColumns(keys, data.ColumnKeys.Select(ColumnName).ToHashSet(StringComparer.Ordinal), names);
        foreach ((object[] key, Tuple<Type, IVector<object>> column) in data.ColumnKeys.Zip(data.Columns))
            columns.Add(FrameColumn.Read(Unique(ColumnName(key), names), column.Item2.ObjectSequence.Take(rows).Select(value => value.HasValue ? value.Value : null).ToArray()));
        long all = frame.RowCount;
        string[] notes = all > keys.Length ? [FormattableString.Invariant($"First {keys.Length:N0} of {all:N0} rows.")] : [];
        return new Table(title, provenance ?? new Provenance(), [.. columns]) { Notes = notes };
    }

    /// <summary>One column per level of the row keys; none when they are 0, 1, 2 ..., which a table's rows are anyway.</summary>
    private static List<Column> KeyColumns(object[][] keys, HashSet<string> taken, HashSet<string> names)
    {
        if (keys.Length == 0 || keys.Select((key, row) => key is [int index] && index == row).All(same => same)) return [];
        int levels = keys.Max(key => key.Length);
        names.UnionWith(taken);
        List<Column> columns = Enumerable.Range(0, levels)
            .Select(level => FrameColumn.Read(Unique(levels == 1 ? "key" : $"key {level + 1}", names), keys.Select(key => key.ElementAtOrDefault(level)).ToArray()))
            .ToList();
        names.Clear();
        names.UnionWith(columns.Select(c => c.Name));
        return columns;
    }

    private static string ColumnName(object[] key) => string.Join(" / ", key.Select(FrameColumn.Text));

    private static string Unique(string name, HashSet<string> names)
    {
        string unique = name;
        for (int i = 2; !names.Add(unique); i++) unique = $"{name} ({i})";
        return unique;
    }
}
