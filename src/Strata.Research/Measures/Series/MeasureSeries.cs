using Strata.Models;

namespace Strata.Research;

/// <summary>One step of a series.</summary>
/// <param name="Level">What was changed, as text: a share, a length, a checkpoint.</param>
/// <param name="At">The same as a number for an axis; the step's number for checkpoints whose names hold none.</param>
/// <param name="Measures">The measures at this level.</param>
public sealed record MeasureStep(string Level, double At, MeasureTable Measures);

/// <summary>The same measures while one thing changes: the share of corrupted tokens, the length of the prompts, or the checkpoint.</summary>
public sealed class MeasureSeries
{
    private MeasureSeries(string axis, IReadOnlyList<MeasureStep> steps)
    {
        Axis = axis;
        Steps = steps;
        Table = ToTable(axis, steps);
    }

    /// <summary>What changes.</summary>
    public string Axis { get; }

    /// <summary>The steps, in the order given.</summary>
    public IReadOnlyList<MeasureStep> Steps { get; }

    /// <summary>One row per step, point and measure: the axis, <c>at</c>, <c>point</c>, <c>block</c>, <c>measure</c>, <c>value</c>, <c>spread</c>, <c>low</c>, <c>high</c>, <c>n</c>, <c>left out</c>, and <c>random weights</c> where a control was run.</summary>
    public Table Table { get; }

    /// <summary>Measures while a growing share of the tokens is corrupted.</summary>
    /// <exception cref="StrataException">As <see cref="MeasureBattery.Run"/>, or a share is not from 0 to 1.</exception>
    public static MeasureSeries Corruption(Model model, TokenRows rows, IReadOnlyList<string> measures, CorruptionKind kind, IReadOnlyList<double> shares, BatteryRequest? request = null, CancellationToken cancellation = default)
    {
        request ??= new BatteryRequest();
        return Run($"share of tokens, {kind.ToString().ToLowerInvariant()}", shares.Select(s => (FormattableString.Invariant($"{s:0.###}"), s)),
            (_, share) => Step(model, TokenCorruption.Corrupt(rows, kind, share, request.Options.Seed), measures, request, cancellation));
    }

    /// <summary>Measures while the prompts get longer: at each length those that have so many tokens, cut.</summary>
    /// <exception cref="StrataException">As <see cref="MeasureBattery.Run"/>, no row is long enough, or the inputs are per row, which cutting would misalign.</exception>
    public static MeasureSeries Lengths(Model model, TokenRows rows, IReadOnlyList<string> measures, IReadOnlyList<int> lengths, BatteryRequest? request = null, CancellationToken cancellation = default)
    {
        request ??= new BatteryRequest();
        if (request.Inputs with { Tokens = null } != MeasureInputs.None) throw new StrataException("Labels, views and the like belong to single rows, and a series of lengths leaves rows out that are too short; measure each length by itself.");
        return Run("length", lengths.Select(l => (FormattableString.Invariant($"{l}"), (double)l)), (_, length) => Step(model, TokenCorruption.Cut(rows, (int)length), measures, request, cancellation));
    }

    /// <summary>Measures over checkpoints, one in memory at a time.</summary>
    /// <param name="checkpoints">Each with the text of its level and how it is loaded: a folder, or a revision of a hub model.</param>
    /// <param name="rows">The rows for a model; its own tokenizer may be needed.</param>
    /// <param name="measures">Names from <see cref="Measures.All"/>.</param>
    /// <param name="request">Points, options, control; null for the defaults.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">As <see cref="MeasureBattery.Run"/>.</exception>
    public static MeasureSeries Checkpoints(
        IReadOnlyList<(string Level, Func<Model> Load)> checkpoints, Func<Model, TokenRows> rows, IReadOnlyList<string> measures, BatteryRequest? request = null, CancellationToken cancellation = default)
    {
        int number = 0;
        return Run("checkpoint", checkpoints.Select(c => (c.Level, StepOf(c.Level) ?? number++)), (level, _) =>
        {
            Model model = checkpoints.First(c => c.Level == level).Load();
            return Step(model, rows(model), measures, request ?? new BatteryRequest(), cancellation);
        });
    }

    /// <summary>The checkpoints of a source, each to be loaded when its turn comes.</summary>
    /// <param name="source">A folder of folders with a checkpoint each, or a model of the hub without its revision: <c>hf:org/name</c>.</param>
    /// <param name="revisions">Of a hub model its revisions (branches, tags, commits), in the order of the series; of a folder the folders to take, all when empty.</param>
    /// <param name="options">How they are loaded.</param>
    /// <exception cref="StrataException">There is none, a folder that is named does not exist, or a hub model is given without revisions.</exception>
    public static IReadOnlyList<(string Level, Func<Model> Load)> CheckpointsOf(string source, IReadOnlyList<string> revisions, ModelOptions? options = null)
    {
        if (!HubReference.IsOne(source))
        {
            IReadOnlyList<(string Level, Func<Model> Load)> all = In(source, options);
            string? missing = revisions.FirstOrDefault(r => all.All(c => c.Level != r));
            if (missing is not null) throw new StrataException($"\"{source}\" has no checkpoint \"{missing}\". {NearestNames.Suggest(missing, all.Select(c => c.Level))}");
            return revisions.Count == 0 ? all : revisions.Select(r => all.First(c => c.Level == r)).ToArray();
        }

        if (source.Contains('@') || revisions.Count == 0)
            throw new StrataException($"\"{source}\": name the model without a revision and give the revisions of the series beside it, as in hf:org/name with step1000, step2000.");
        foreach (string revision in revisions) HubReference.Parse($"{source}@{revision}");
        return revisions.Select(r => (r, (Func<Model>)(() => Model.Load($"{source}@{r}", options)))).ToArray();
    }

    /// <summary>The folders of a folder that hold a checkpoint, in the order of the numbers in their names.</summary>
    /// <exception cref="StrataException">There is none.</exception>
    public static IReadOnlyList<(string Level, Func<Model> Load)> In(string folder, ModelOptions? options = null)
    {
        string[] found = Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Where(d => File.Exists(Path.Combine(d, "config.json"))).ToArray() : [];
        if (found.Length == 0) throw new StrataException($"\"{folder}\" has no folders with a checkpoint (config.json and weights) in them; give the folder above step1, step2, ...");
        return found.Select(Path.TrimEndingDirectorySeparator).OrderBy(d => StepOf(Path.GetFileName(d)) ?? double.PositiveInfinity).ThenBy(d => d, StringComparer.Ordinal)
            .Select(d => (Path.GetFileName(d), (Func<Model>)(() => Model.Load(d, options)))).ToArray();
    }

    /// <summary>The last number in a name: 1000 of <c>step1000</c>.</summary>
    internal static double? StepOf(string name)
    {
        int end = name.Length;
        while (end > 0 && !char.IsAsciiDigit(name[end - 1])) end--;
        int start = end;
        while (start > 0 && char.IsAsciiDigit(name[start - 1])) start--;
        return double.TryParse(name[start..end], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out double step) ? step : null;
    }

    /// <summary>One step: ids for measures that follow words are those of its own rows.</summary>
    private static MeasureTable Step(Model model, TokenRows rows, IReadOnlyList<string> measures, BatteryRequest request, CancellationToken cancellation) =>
        MeasureBattery.Run(model, rows, measures, request.Inputs.Tokens is null ? request : request with { Inputs = request.Inputs with { Tokens = rows } }, cancellation);

    private static MeasureSeries Run(string axis, IEnumerable<(string Level, double At)> levels, Func<string, double, MeasureTable> measure)
    {
        (string Level, double At)[] all = levels.ToArray();
        if (all.Length == 0) throw new StrataException($"A series over the {axis} needs at least one level.");
        if (all.Select(l => l.Level).Distinct().Count() < all.Length) throw new StrataException($"A level is given twice: {string.Join(", ", all.Select(l => l.Level))}.");
        return new MeasureSeries(axis, all.Select(l => new MeasureStep(l.Level, l.At, measure(l.Level, l.At))).ToArray());
    }

    private static Table ToTable(string axis, IReadOnlyList<MeasureStep> steps)
    {
        (MeasureStep Step, int Row)[] rows = steps.SelectMany(s => Enumerable.Range(0, s.Measures.Table.Rows).Select(r => (s, r))).ToArray();
        Table first = steps[0].Measures.Table;
        IEnumerable<Column> columns = first.Columns.Select(c => c.Kind switch
        {
            ColumnKind.Text => Column.Text(c.Name, rows.Select(r => r.Step.Measures.Table[c.Name].Texts[r.Row])),
            ColumnKind.Integer => Column.Integer(c.Name, rows.Select(r => (long)r.Step.Measures.Table[c.Name].Numbers[r.Row]), c.Unit),
            _ => Column.Real(c.Name, rows.Select(r => r.Step.Measures.Table[c.Name].Numbers[r.Row]), c.Unit),
        });
        return new Table($"{first.Title}, by {axis}", first.Provenance.With("series", $"{axis}: {string.Join(", ", steps.Select(s => s.Level))}"), [Column.Text(axis, rows.Select(r => r.Step.Level)), Column.Real("at", rows.Select(r => r.Step.At)), .. columns])
        {
            Notes = steps.SelectMany(s => s.Measures.Table.Notes.Select(n => $"{axis} {s.Level}: {n}")).ToArray(),
        };
    }
}
