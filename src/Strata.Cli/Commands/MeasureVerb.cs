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
        Option<string> names = new("--measure") { Description = $"Any of {string.Join(", ", Measures.All.Select(m => m.Name))}.", HelpName = "NAME[,NAME...]", Required = true };
        Option<string?> points = Inputs.Points("By default blocks.*.resid_post of a model, and all points of a file.");
        Option<string?> pool = Inputs.Pool("none"), form = Named("--form", "Definition of the paper, or what each measure's published code computes; reference:CODE for one code.", ["textbook", "reference"]);
        Option<string?> normalization = Named("--normalize", "What entropies are divided by: nothing, log of the rows, log of the width, or the largest possible value.", Normalizations.Keys);
        Option<string?> set = new("--set") { Description = $"Other parameters: {string.Join(", ", MeasureParameters.All.Select(p => $"{p.Name}={p.Default}"))}.", HelpName = "NAME=VALUE[,...]" };
        Option<bool> noControls = new("--no-controls") { Description = "Do not run the same on a network of the same shape with random weights." };
        Option<string?> plan = Inputs.Plan();
        Option<int?> batch = Inputs.BatchTokens();
        Option<string?> storage = Inputs.Storage();
        Option<bool> json = Inputs.Json();
        return Verb.Create("measure", "Compute a number per hook point.", [source, .. data.Options, names, points, form, normalization, set, pool, plan, batch, storage, noControls, json], (parse, cancellation) =>
        {
            string[] measures = Inputs.List("--measure", parse.GetRequiredValue(names)).Select(name => Measures.Get(name).Name).ToArray();
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
                Storage = parse.GetValue(storage),
            };
            if (ActivationSource.IsFile(from)) Inputs.RefuseForFiles(parse, [.. data.Options, pool, plan, batch, storage]);
            MeasureTable result = ActivationSource.IsFile(from)
                ? OfFile(terminal, from, settings, measures, options, cancellation)
                : OfModel(terminal, from, settings, measures, options, !parse.GetValue(noControls), cancellation);
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
    private static MeasureTable OfModel(Terminal terminal, string folder, CaptureSettings settings, string[] measures, MeasureOptions options, bool control, CancellationToken cancellation)
    {
        if (settings.Data is null) throw new StrataException($"A model needs data to run on: {folder} --data FILE.");
        Model model = ModelFolder.Load(terminal, folder, settings.Storage, cancellation);
        LayerPlan? plan = settings.Plan is null ? null : model.Plans.Parse(settings.Plan);
        TokenRows rows = DataFile.Read(model, terminal, settings.Data, cancellation);
        BatteryRequest request = new() { Points = settings.Points ?? settings.DefaultPoints, Plan = plan, Options = options, Control = control, Inputs = new MeasureInputs { Tokens = rows } };
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
