using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata sweep</c>: many plans as one job, in which plans that begin alike share the work.</summary>
internal static class SweepVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        DataInput data = new();
        Option<string?> plans = new("--plans") { Description = "A file with one plan per line; # begins a comment.", HelpName = "FILE" };
        Option<bool> drop = new("--drop-each") { Description = "Leave out each block in turn." };
        Option<bool> windows = new("--windows") { Description = "Leave out every window of consecutive blocks, of every length." };
        Option<string?> painters = new("--painters")
        {
            Description = "Skip, repeat, reverse, shuffle and run in parallel the blocks of a range (C# range, end excluded); without a range, of every centred one.",
            HelpName = "FROM..TO",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<int?> batch = Inputs.BatchTokens();
        Option<string?> storage = Inputs.Storage();
        Option<bool> json = Inputs.Json();
        return Verb.Create("sweep", "Evaluate many plans as one job.", [folder, .. data.Options, plans, drop, windows, painters, batch, storage, json], (parse, cancellation) =>
        {
            bool asksPainters = parse.GetResult(painters) is not null;
            if (new[] { parse.GetValue(plans) is not null, parse.GetValue(drop), parse.GetValue(windows), asksPainters }.Count(given => given) != 1)
                throw new StrataException("Give the plans once: --plans FILE, --drop-each, --windows or --painters [FROM..TO].");
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), parse.GetValue(storage), cancellation);
            IReadOnlyList<MethodPlan>? methods = asksPainters ? Painters.Read(model.Plans, parse.GetValue(painters)) : null;
            IReadOnlyList<LayerPlan> set = methods?.Select(m => m.Plan).ToArray()
                ?? (parse.GetValue(plans) is string file ? PlanFile.Read(file, model.Plans) : parse.GetValue(drop) ? model.Plans.DropEach() : model.Plans.AllWindows());
            TokenRows rows = DataFile.ReadForPrediction(model, terminal, data.Of(parse)!, cancellation);
            SweepResult result = PlanSweep.Run(terminal, model, rows, set, parse.GetValue(batch), cancellation);
            if (parse.GetValue(json)) terminal.WriteJson(Document(result, methods));
            else terminal.WriteTable(methods is null ? result.ToTable() : WithMethods(result.ToTable(), methods));
        });
    }

    private static object Document(SweepResult result, IReadOnlyList<MethodPlan>? methods) => new
    {
        Results = result.Results.Select((e, i) => new ResultJson.PlanResult(e) { Method = methods?[i].Method, Start = methods?[i].Start, End = methods?[i].End }),
        result.BlockEvaluations,
        result.LoopBlockEvaluations,
        result.Provenance,
    };

    private static Table WithMethods(Table table, IReadOnlyList<MethodPlan> methods) => new(
        table.Title,
        table.Provenance,
        [Column.Text("method", methods.Select(m => m.Method)), Column.Integer("start", methods.Select(m => (long)m.Start)), Column.Integer("end", methods.Select(m => (long)m.End)), .. table.Columns])
    {
        Notes = table.Notes,
    };
}
