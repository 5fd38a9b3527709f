using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata measure</c>: numbers per hook point, of a model that is run on data or of a file of activations.</summary>
internal static class MeasureVerb
{
    private static readonly Dictionary<string, EntropyNormalization> Normalizations = new()
    {
        ["raw"] = EntropyNormalization.Raw,
        ["log-n"] = EntropyNormalization.LogN,
        ["log-d"] = EntropyNormalization.LogD,
        ["max"] = EntropyNormalization.Max,
    };

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> source = new("SOURCE") { Description = "Folder of a model or hf:org/name (then --data is needed), or a .safetensors file of activations." };
        DataInput data = new(required: false);
        Option<string?> names = new("--measure") { Description = $"Any of {string.Join(", ", Measures.All.Select(m => m.Name))}.", HelpName = "NAME[,NAME...]" };
        Option<string?> points = Inputs.Points("By default blocks.*.resid_post of a model, and all points of a file.");
        Option<string?> pool = Inputs.Pool("none"), form = Named("--form", "Definition of the paper, or what each measure's published code computes; reference:CODE for one code.", ["textbook", "reference"]);
        Option<string?> normalization = Named("--normalize", "What entropies are divided by: nothing, log of the rows, log of the width, or the largest possible value.", Normalizations.Keys);
        Option<string?> set = new("--set") { Description = $"Other parameters: {string.Join(", ", MeasureParameters.All.Select(p => $"{p.Name}={p.Default}"))}.", HelpName = "NAME=VALUE[,...]" };
        Option<string?> augment = new("--augment") { Description = $"Measures of views: how further views of the rows are made: {string.Join(", ", SequenceViews.Ways.Select(w => w.Name))}; all three changes of the text by default.", HelpName = "WAY[,WAY...]" };
        Option<int?> views = Inputs.Count("--views", "Measures of views: how many further views; 1 by default, 15 for lidar as published.");
        MeasureSeriesInput series = new();
        Option<bool> noControls = new("--no-controls") { Description = "Do not run the same on a network of the same shape with random weights." };
        Option<string?> plan = Inputs.Plan();
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("measure", "Compute a number per hook point.", [source, .. data.Options, names, points, form, normalization, set, augment, views, .. series.Options, pool, plan, batch, .. weights.Options, noControls, json], (parse, cancellation) =>
        {
            bool other = series.Given(parse);
            if (parse.GetValue(names) is null == series.NeedsMeasures(parse))
                throw new StrataException(series.NeedsMeasures(parse) ? "Say what to measure: --measure NAME[,NAME...], or --position-context or --pairs." : "--measure does not go with --position-context and --pairs; give one of them.");
            string[] measures = parse.GetValue(names) is string list ? Inputs.List("--measure", list).Select(name => Measures.Get(name).Name).ToArray() : [];
            MeasureOptions options = new()
            {
                Form = parse.GetValue(form) is string f ? MeasureForm.Parse(f) : MeasureForm.Textbook,
                Normalization = parse.GetValue(normalization) is string n ? Inputs.Choice("--normalize", n, Normalizations) : EntropyNormalization.Raw,
            };
            if (parse.GetValue(set) is string parameters) options = MeasureParameters.With(options, Inputs.List("--set", parameters));
            string from = parse.GetRequiredValue(source);
            CaptureSettings settings = new()
            {
                Data = data.Of(parse),
                Points = parse.GetValue(points) is string globs ? Inputs.List("--points", globs) : null,
                DefaultPoints = ["blocks.*.resid_post"],
                Pooling = Inputs.PoolingOf(parse.GetValue(pool), Pooling.None),
                Plan = parse.GetValue(plan),
                BatchTokens = parse.GetValue(batch),
                Weights = weights.Of(parse),
            };
            if (ActivationSource.IsFile(from)) Inputs.RefuseForFiles(parse, [.. data.Options, augment, views, pool, plan, batch, .. weights.Options]);
            if (other)
            {
                if (ActivationSource.IsFile(from)) throw new StrataException($"{from} is a file of activations; a series, --position-context and --pairs run a model.");
                if (settings.Plan is not null || settings.Pooling != Pooling.None) throw new StrataException("--plan and --pool do not go with a series, --position-context and --pairs.");
                BatteryRequest request = new() { Points = settings.Points ?? settings.DefaultPoints, Options = options, Control = !parse.GetValue(noControls) };
                IReadOnlyList<Table> tables = series.Run(terminal, parse, from, settings, measures, request, cancellation);
                if (parse.GetValue(json)) terminal.WriteJson(tables.Count == 1 ? ResultJson.Of(tables[0]) : new { Tables = tables.ToDictionary(t => t.Title, ResultJson.Of) });
                else foreach (Table table in tables) terminal.WriteTable(table);
                return;
            }


            MeasureTable result = ActivationSource.IsFile(from)
                ? OfFile(terminal, from, settings, measures, options, cancellation)
                : OfModel(terminal, from, settings, measures, options, (model, set, rows) => SequenceViews.Make(model, rows, SequenceViews.TextsOf(set), parse.GetValue(augment) is string ways ? Inputs.List("--augment", ways) : [], parse.GetValue(views) ?? 1, options.Seed), !parse.GetValue(noControls), cancellation);
            if (parse.GetValue(json)) WriteJson(terminal, result);
            else terminal.WriteTable(result.Table);
        });
    }

    private static MeasureTable OfFile(Terminal terminal, string file, CaptureSettings settings, string[] measures, MeasureOptions options, CancellationToken cancellation)
    {
        Activations activations = ActivationSource.Read(terminal, file, settings, cancellation);
        return terminal.WithProgress(progress => MeasureTable.Compute(activations, measures, options, progress, cancellation));
    }

    /// <summary>One pass over the network that keeps nothing; rows that are pooled are captured first.</summary>
    private static MeasureTable OfModel(Terminal terminal, string folder, CaptureSettings settings, string[] measures, MeasureOptions options, Func<Model, DataSet, TokenRows, IReadOnlyList<TokenRows>> viewsOf, bool control, CancellationToken cancellation)
    {
        if (settings.Data is null) throw new StrataException($"A model needs data to run on: {folder} --data FILE.");
        Model model = ModelFolder.Load(terminal, folder, settings.Weights, cancellation);
        LayerPlan? plan = settings.Plan is null ? null : model.Plans.Parse(settings.Plan);
        DataSet set = DataFile.ReadSet(terminal, settings.Data, cancellation);
        TokenRows rows = DataFile.Tokens(set, model, settings.Data);
        IReadOnlyList<TokenRows> views = measures.Any(m => Measures.Get(m).Needs == MeasureInput.Views) ? viewsOf(model, set, rows) : [];
        BatteryRequest request = new() { Points = settings.Points ?? settings.DefaultPoints, Plan = plan, Options = options, Control = control, Inputs = new MeasureInputs { Tokens = rows, ViewRows = views } };
        if (settings.BatchTokens is int tokens) request = request with { TokensPerBatch = tokens };
        if (settings.Pooling == Pooling.None) return terminal.WithProgress(progress => MeasureBattery.Run(model, rows, measures, request with { Progress = progress }, cancellation));
        CaptureRequest capture = new() { Points = request.Points, Pooling = settings.Pooling, Plan = plan, TokensPerBatch = request.TokensPerBatch, Announce = _ => { } };
        terminal.Note(model.PlanCapture(rows, capture).ToString());
        return terminal.WithProgress(progress =>
        {
            Activations captured = model.Capture(rows, capture with { Progress = progress }, cancellation);
            Activations? twin = control ? model.RandomTwin(options.Seed).Capture(rows, capture with { Progress = progress }, cancellation) : null;
            return MeasureTable.Compute(captured, measures, options, progress, cancellation, control: twin);
        });
    }

    private static Option<string?> Named(string name, string description, IEnumerable<string> choices) => new(name) { Description = description, HelpName = string.Join('|', choices) };

    private static void WriteJson(Terminal terminal, MeasureTable result)
    {
        foreach (string note in result.Table.Notes) terminal.Note($"Note: {note}");
        terminal.WriteJson(new
        {
            Measures = Numbers(result),
            RandomWeights = result.Control is { } control ? Numbers(control) : null,
            result.Table.Provenance,
        });
    }

    private static Dictionary<string, Dictionary<string, double>> Numbers(MeasureTable table) =>
        table.Values.ToDictionary(measure => measure.Key, measure => measure.Value.ToDictionary(point => point.Key, point => point.Value.Value));
}
