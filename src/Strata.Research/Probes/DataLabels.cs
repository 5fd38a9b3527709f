using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Strata.Models;

namespace Strata.Research;

/// <summary>Labels of data, one for each row of the activations that were captured on them.</summary>
public sealed class DataLabels
{
    private const string Undefined = "-1";

    private readonly Activations _activations;
    private readonly DataSet _data;
    private readonly IReadOnlyDictionary<string, int[][]>? _labels;
    private readonly int[][] _kept;

    /// <summary>Aligns data with activations.</summary>
    /// <param name="activations">The activations.</param>
    /// <param name="data">The data, whose first rows were captured.</param>
    /// <param name="labels">Labels by name, [row][position], of a task; null for the fields of the data.</param>
    /// <param name="model">Tokenizes rows that are only text.</param>
    /// <exception cref="StrataException">The data are not those that were captured.</exception>
    public DataLabels(Activations activations, DataSet data, IReadOnlyDictionary<string, int[][]>? labels, Func<Model> model)
    {
        (_activations, _labels, DataSet all) = (activations, labels, data);
        if (all.Count < activations.Sequences) throw new StrataException($"The activations have {activations.Sequences} sequences and \"{all.Name}\" has {all.Count} rows: they were captured on other data. Say which with --data.");
        _data = all.Take(activations.Sequences);
        TokenRows rows = _data.Rows.All(r => r.Tokens is not null) ? new TokenRows(_data.Name, _data.Rows.Select(r => r.Tokens!).ToArray()) : _data.Tokens(model());
        if (activations.Provenance.DataHash is string hash && hash != rows.Hash)
            throw new StrataException($"The activations were captured on \"{activations.Provenance.Data}\", whose tokens are not those of the first {rows.Count} rows of \"{all.Name}\". Say which data with --data, or capture again.");
        PositionSelection positions = PositionsOf(activations);
        _kept = rows.Sequences.Select(ids => Enumerable.Range(0, ids.Length).Where(t => positions.Contains(t, ids.Length)).ToArray()).ToArray();
    }

    /// <summary>The label sets of names and globs. Sets that a glob selects and that have fewer than two classes in these rows are left out.</summary>
    /// <param name="names">Names and globs.</param>
    /// <param name="leftOut">The names that were left out.</param>
    /// <exception cref="StrataException">A name is unknown, its labels do not fit the rows, or nothing remains.</exception>
    public IReadOnlyList<LabelSet> Sets(IReadOnlyList<string> names, out IReadOnlyList<string> leftOut)
    {
        if (names.Count == 0) throw new StrataException($"--labels is empty. {NearestNames.Suggest("", Names())}");
        LabelSet[] sets = names.SelectMany(Matches).Distinct().Select(Set).ToArray();
        LabelSet[] readable = sets.Where(s => s.ClassNames.Length > 1 || names.Contains(s.Name)).ToArray();
        leftOut = sets.Except(readable).Select(s => s.Name).ToArray();
        return readable.Length > 0 ? readable : throw new StrataException($"None of the {sets.Length} label sets has two classes in these rows; capture more rows.");
    }

    /// <summary>A label set whose classes are numbers, as numbers to regress.</summary>
    /// <exception cref="StrataException">A class is no number.</exception>
    public static TargetSet Numbers(LabelSet set)
    {
        double[] numbers = set.ClassNames.Select(name => double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number
            : throw new StrataException($"The labels \"{set.Name}\" hold \"{name}\", which is no number; regress numbers only.")).ToArray();
        return new TargetSet(set.Name, set.Labels.Select(l => l < 0 ? double.NaN : numbers[l]).ToArray(), set.Groups);
    }

    private IEnumerable<string> Names() => _labels?.Keys ?? _data[0].Fields.Keys;

    private IReadOnlyList<string> Matches(string name)
    {
        Regex glob = new($"^{Regex.Escape(name).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        string[] matches = Names().Where(n => glob.IsMatch(n)).ToArray();
        return matches.Length > 0 ? matches : throw new StrataException($"\"{_data.Name}\" has no labels \"{name}\". {NearestNames.Suggest(name, Names())}");
    }

    private LabelSet Set(string name)
    {
        string[][] rows = Enumerable.Range(0, _data.Count).Select(row => OfRow(name, row)).ToArray();
        string[] labels = rows.SelectMany(r => r).ToArray();
        string[] classes = labels.Where(l => l != Undefined).Distinct().OrderBy(l => l.Length).ThenBy(l => l, StringComparer.Ordinal).ToArray();
        Dictionary<string, int> index = classes.Select((c, i) => (c, i)).ToDictionary(pair => pair.c, pair => pair.i);
        int[] groups = rows.SelectMany((r, row) => Enumerable.Repeat(row, r.Length)).ToArray();
        return new LabelSet(name, labels.Select(l => index.GetValueOrDefault(l, -1)).ToArray(), classes, groups);
    }

    /// <summary>The labels of one sequence: one per kept position, or one when the positions were pooled.</summary>
    private string[] OfRow(string name, int row)
    {
        int[] kept = _kept[row];
        (string? all, int[]? each) = Read(name, row);
        if (each is not null && kept.Length > 0 && each.Length <= kept[^1])
            throw new StrataException($"Row {row} of \"{_data.Name}\" has {each.Length} labels \"{name}\" and position {kept[^1]} was captured; per-position labels need one per token.");
        string[] labels = kept.Select(t => all ?? each![t].ToString(CultureInfo.InvariantCulture)).ToArray();
        return _activations.Pooling switch
        {
            Pooling.None => labels,
            _ when labels.Length == 0 => [Undefined],
            Pooling.Last => [labels[^1]],
            Pooling.First => [labels[0]],
            _ => [Common(labels, name, row)],
        };
    }

    private string Common(string[] labels, string name, int row)
    {
        string[] defined = labels.Where(l => l != Undefined).Distinct().ToArray();
        if (defined.Length > 1) throw new StrataException($"The labels \"{name}\" of row {row} differ from position to position, and the activations are means over positions; capture without pooling.");
        return defined.Length == 0 ? Undefined : defined[0];
    }

    /// <summary>Either one label for the whole row, or one per position; below 0 is undefined.</summary>
    private (string? All, int[]? Each) Read(string name, int row)
    {
        if (_labels is not null) return (null, Defined(_labels[name][row]));
        if (!_data[row].Fields.TryGetValue(name, out JsonElement value)) throw new StrataException($"Row {row} of \"{_data.Name}\" has no field \"{name}\". {NearestNames.Suggest(name, _data[row].Fields.Keys)}");
        return value.ValueKind switch
        {
            JsonValueKind.String => (value.GetString(), null),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => (value.GetRawText(), null),
            JsonValueKind.Null => (Undefined, null),
            _ => (null, Defined(new DataSet(_data.Name, [_data[row]]).Labels(name)[0])),
        };
    }

    private static int[] Defined(int[] labels) => labels.Select(l => Math.Max(-1, l)).ToArray();

    private static PositionSelection PositionsOf(Activations activations) =>
        activations.Provenance.Settings.TryGetValue("positions", out string? text) && text != PositionSelection.All.ToString() ? PositionSelection.Parse(text) : PositionSelection.All;
}
