using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Strata.Models;

namespace Strata.Research;

/// <summary>Labels by name, each computed when first asked for: a task may offer more labels than memory should hold at once.</summary>
internal sealed class LazyLabels : IReadOnlyDictionary<string, int[][]>
{
    private readonly Dictionary<string, Lazy<int[][]>> _labels;

    /// <summary>Labels from functions that compute them, [row][position].</summary>
    public LazyLabels(IEnumerable<(string Name, Func<int[][]> Compute)> labels) =>
        _labels = labels.ToDictionary(label => label.Name, label => new Lazy<int[][]>(label.Compute), StringComparer.Ordinal);

    /// <summary>Labels from functions that compute them for the row of an index, [position].</summary>
    public LazyLabels(int rows, IEnumerable<(string Name, Func<int, int[]> Row)> labels) : this(labels.Select(label => (label.Name, AllRows(rows, label.Row))))
    {
    }

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _labels.Keys;

    /// <inheritdoc/>
    public IEnumerable<int[][]> Values => _labels.Values.Select(label => label.Value);

    /// <inheritdoc/>
    public int Count => _labels.Count;

    /// <summary>The labels of a name.</summary>
    /// <exception cref="StrataException">There is no label of this name.</exception>
    public int[][] this[string key] => TryGetValue(key, out int[][]? labels) ? labels : throw new StrataException($"There is no label \"{key}\". {NearestNames.Suggest(key, Keys)}");

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _labels.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out int[][] value)
    {
        value = _labels.TryGetValue(key, out Lazy<int[][]>? label) ? label.Value : null;
        return value is not null;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, int[][]>> GetEnumerator() => _labels.Select(label => KeyValuePair.Create(label.Key, label.Value.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Func<int[][]> AllRows(int rows, Func<int, int[]> label) => () =>
    {
        int[][] values = new int[rows][];
        for (int row = 0; row < rows; row++) values[row] = label(row);
        return values;
    };
}
