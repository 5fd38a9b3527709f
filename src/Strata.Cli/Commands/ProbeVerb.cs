using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata probe</c>: how well fields of the data can be read from each hook point of a model.</summary>
internal static class ProbeVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        DataInput data = new();
        Option<string> labels = new("--labels") { Description = "Fields of the data, separated by commas: one label per row, or a list with one per token.", HelpName = "FIELD[,FIELD...]", Required = true };
        Option<string?> probe = new("--probe") { Description = $"One of {string.Join(", ", Probes.All.Select(p => p.Name))}; {Probes.All[0].Name} by default.", HelpName = "NAME" };
        Option<string?> erase = new("--erase") { Description = $"Erase one field and read again: {string.Join(", ", Eraser.Methods)}, separated by commas.", HelpName = "METHOD[,METHOD...]" };
        Option<bool> noControls = new("--no-controls") { Description = "Leave out shuffled labels and the network with random weights." };
        Option<int?> seed = Inputs.Count("--seed", "Seed of splits, permutation and random weights; 0 by default.");
        Option<string?> points = Inputs.Points("blocks.*.resid_post by default.");
        Option<string?> pool = Inputs.Pool("none");
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("probe", "Train a reader of labels on every hook point, beside majority, shuffled labels and random weights.", [folder, .. data.Options, labels, probe, erase, noControls, seed, points, pool, .. weights.Options, json], (parse, cancellation) =>
        {
            Probe reader = Probes.Get(parse.GetValue(probe) ?? Probes.All[0].Name);
            string[] names = Inputs.List("--labels", parse.GetRequiredValue(labels));
            string[]? methods = parse.GetValue(erase) is string list ? Inputs.List("--erase", list) : null;
            if (methods is not null && names.Length > 1) throw new StrataException("--erase takes one label at a time; give one with --labels.");
            ProbeOptions options = new() { Seed = parse.GetValue(seed) ?? 0, Control = !parse.GetValue(noControls) };
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            DataSet set = DataFile.ReadSet(terminal, data.Of(parse)!, cancellation);
            CheckNames(set, names);
            CaptureRequest request = new()
            {
                Points = parse.GetValue(points) is string globs ? Inputs.List("--points", globs) : ["blocks.*.resid_post"],
                Pooling = Inputs.PoolingOf(parse.GetValue(pool), Pooling.None),
                Announce = _ => { },
            };
            TokenRows rows = DataFile.Tokens(set, model, data.Of(parse)!);
            terminal.Note(model.PlanCapture(rows, request).ToString());
            Activations activations = terminal.WithProgress(progress => model.Capture(rows, request with { Progress = progress }, cancellation));
            IReadOnlyList<LabelSet> sets = new DataLabels(activations, set, null, () => model).Sets(names, out _);
            Table table = terminal.WithProgress(progress => methods is not null
                ? ErasureSweep.Run(activations, sets[0], methods, reader, options, null, progress, cancellation).Table
                : ProbeSweep.Run(activations, sets, reader, options, options.Control ? model.RandomTwin(options.Seed).Capture(rows, request, cancellation) : null, progress, cancellation).Table);
            if (parse.GetValue(json)) terminal.WriteJson(ResultJson.Of(table));
            else terminal.WriteTable(table);
        });
    }

    /// <summary>Refuses a misspelt field before the model is run.</summary>
    private static void CheckNames(DataSet data, string[] names)
    {
        string? unknown = names.FirstOrDefault(name => !name.Contains('*') && !data[0].Fields.ContainsKey(name));
        if (unknown is not null) throw new StrataException($"\"{data.Name}\" has no field \"{unknown}\". {NearestNames.Suggest(unknown, data[0].Fields.Keys)}");
    }
}
