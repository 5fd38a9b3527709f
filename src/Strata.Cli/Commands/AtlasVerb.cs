using System.CommandLine;
using Strata.Cli.Reporting;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata atlas</c>: one page about a model.</summary>
internal static class AtlasVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        DataInput data = new(required: false);
        Option<string> report = new("--report", "-o") { Description = "The page: one HTML file that needs no network and prints as it looks.", HelpName = "OUT.html", Required = true };
        Option<string?> measures = new("--measure") { Description = $"Other measures than {string.Join(", ", new AtlasOptions().Measures)}.", HelpName = "NAME[,NAME...]" };
        Option<string?> labels = new("--labels") { Description = "Fields of the data that a linear probe reads at every layer.", HelpName = "FIELD[,FIELD...]" };
        Option<string?> set = new("--set") { Description = "Parameters of the measures, as in neighbours=10.", HelpName = "NAME=VALUE[,...]" };
        Option<int?> seed = Inputs.Count("--seed", "Seed of whatever is drawn at random; 0 by default.");
        Option<bool> noControls = new("--no-controls") { Description = "Do not run the same on a network of the same shape with random weights." };
        WeightInput weights = new();
        return Verb.Create("atlas", "Lay out one page about a model: measures over depth beside random weights, layers, lens, probe, loss without each block.",
            [folder, .. data.Options, report, measures, labels, set, seed, noControls, .. weights.Options], (parse, cancellation) =>
        {
            string path = parse.GetRequiredValue(report);
            AtomicFile.CheckTarget(path);
            MeasureOptions options = new() { Seed = parse.GetValue(seed) ?? 0 };
            if (parse.GetValue(set) is string parameters) options = MeasureParameters.With(options, Inputs.List("--set", parameters));
            AtlasOptions wanted = new() { MeasureOptions = options, Control = !parse.GetValue(noControls) };
            if (parse.GetValue(measures) is string names) wanted = wanted with { Measures = Inputs.List("--measure", names).Select(name => Measures.Get(name).Name).ToArray() };
            string[]? fields = parse.GetValue(labels) is string list ? Inputs.List("--labels", list) : null;
            if (fields is not null && data.Of(parse) is null) throw new StrataException("--labels names fields of the data; give --data.");
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            (TokenRows rows, DataSet? read) = Rows(terminal, model, data.Of(parse), options.Seed, cancellation);
            if (fields is not null) wanted = wanted with { Labels = activations => new DataLabels(activations, read!, null, () => model).Sets(fields, out _) };
            Atlas atlas = terminal.WithProgress(progress => Atlas.Run(model, rows, wanted with { Progress = progress }, cancellation));
            foreach (string note in atlas.Notes) terminal.Note($"Note: {note}");
            AtlasReport.Write(path, atlas, "strata " + string.Join(' ', parse.Tokens.Select(token => Quoted(token.Value))));
            terminal.Note($"Page: {path}");
        });
    }

    private static (TokenRows Rows, DataSet? Data) Rows(Terminal terminal, Model model, DataRequest? request, int seed, CancellationToken cancellation)
    {
        if (request is null)
        {
            TokenRows random = Atlas.RandomRows(model, seed: seed);
            terminal.Note($"No data were given: {random.Count} rows of {random.Name}, which are no language. Give --data.");
            return (random, null);
        }

        DataSet set = DataFile.ReadSet(terminal, request, cancellation);
        return (DataFile.Tokens(set, model, request), set);
    }

    private static string Quoted(string word) => word.Any(c => char.IsWhiteSpace(c) || c is '"' or '*' or '#' or '\'') ? $"\"{word.Replace("\"", "\\\"")}\"" : word;
}
