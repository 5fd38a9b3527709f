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
        PlanSetInput plans = new();
        SweepResultsInput results = new();
        StreamInput stream = new();
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("sweep", "Evaluate many plans as one job.", [folder, .. data.Options, .. plans.Options, .. results.Options, .. stream.Options, batch, .. weights.Options, json], (parse, cancellation) =>
        {
            plans.Check(parse);
            results.Check(parse);
            StopRule? rule = stream.RuleOf(parse);
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            IReadOnlyList<MethodPlan> set = plans.Of(parse, model.Plans);
            TokenRows rows = DataFile.ReadForPrediction(model, terminal, data.Of(parse)!, cancellation);
            if (results.PartOf(parse) is SweepPart part)
            {
                set = [.. part.Select(Plans(set)).Select(i => set[i])];
                if (set.Count == 0)
                {
                    terminal.Note($"Part {part} has no plan: there are fewer plans than parts.");
                    return;
                }
            }

            SweepOptions options = PlanSweep.Options(parse.GetValue(batch)) with { Results = results.FolderOf(parse), StopWhen = rule, Evaluated = stream.Teller(parse, terminal), Announce = work => terminal.Note(work.ToString()) };
            SweepResult result = results.Merges(parse) ? Sweep.Merge(model, rows, Plans(set), options) : PlanSweep.Run(terminal, model, rows, Plans(set), options, cancellation);
            IReadOnlyList<MethodPlan>? methods = plans.AsksPainters(parse) ? set : null;
            if (parse.GetValue(json)) terminal.WriteJson(Document(result, methods));
            else terminal.WriteTable(methods is null ? result.ToTable() : WithMethods(result.ToTable(), methods));
        });
    }

    private static LayerPlan[] Plans(IReadOnlyList<MethodPlan> set) => [.. set.Select(m => m.Plan)];

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
