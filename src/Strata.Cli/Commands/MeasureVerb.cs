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
        Option<string?> points = Inputs.Points("By default blocks.*.resid_post of a model (and resid_pre where block-influence is asked for), and all points of a file.");
        Option<string?> pool = Inputs.Pool("none"), form = Named("--form", "Definition of the paper, or what each measure's published code computes; reference:CODE for one code.", ["textbook", "reference"]);
        Option<string?> normalization = Named("--normalize", "What entropies are divided by: nothing, log of the rows, log of the width, or the largest possible value.", Normalizations.Keys);
        Option<string?> plan = Inputs.Plan();
        Option<int?> batch = Inputs.BatchTokens();
        Option<string?> storage = Inputs.Storage();
        Option<bool> json = Inputs.Json();
        return Verb.Create("measure", "Compute a number per hook point.", [source, .. data.Options, names, points, form, normalization, pool, plan, batch, storage, json], (parse, cancellation) =>
        {
            string[] measures = Inputs.List("--measure", parse.GetRequiredValue(names)).Select(name => Measures.Get(name).Name).ToArray();
            MeasureOptions options = new()
            {
                Form = parse.GetValue(form) is string f ? MeasureForm.Parse(f) : MeasureForm.Textbook,
                Normalization = parse.GetValue(normalization) is string n ? Inputs.Choice("--normalize", n, Normalizations) : EntropyNormalization.Raw,
            };
            if (ActivationSource.IsFile(parse.GetRequiredValue(source))) Inputs.RefuseForFiles(parse, [.. data.Options, pool, plan, batch, storage]);
            Activations activations = ActivationSource.Read(terminal, parse.GetRequiredValue(source), new CaptureSettings
            {
                Data = data.Of(parse),
                Points = parse.GetValue(points) is string globs ? Inputs.List("--points", globs) : null,
                DefaultPoints = measures.Contains("block-influence") ? ["blocks.*.resid_pre", "blocks.*.resid_post"] : ["blocks.*.resid_post"],
                Pooling = Inputs.PoolingOf(parse.GetValue(pool), Pooling.None),
                Plan = parse.GetValue(plan),
                BatchTokens = parse.GetValue(batch),
                Storage = parse.GetValue(storage),
            }, cancellation);
            MeasureTable result = terminal.WithProgress(progress => MeasureTable.Compute(activations, measures, options, progress, cancellation));
            if (parse.GetValue(json)) WriteJson(terminal, result);
            else terminal.WriteTable(result.Table);
        });
    }

    private static Option<string?> Named(string name, string description, IEnumerable<string> choices) => new(name) { Description = description, HelpName = string.Join('|', choices) };

    private static void WriteJson(Terminal terminal, MeasureTable result)
    {
        foreach (string note in result.Table.Notes) terminal.Note($"Note: {note}");
        terminal.WriteJson(new
        {
            Measures = result.Values.ToDictionary(measure => measure.Key, measure => measure.Value.ToDictionary(point => point.Key, point => point.Value.Value)),
            result.Table.Provenance,
        });
    }
}
