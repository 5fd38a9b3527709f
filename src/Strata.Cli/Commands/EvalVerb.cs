using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata eval</c>: how well a model predicts data under one plan or a few.</summary>
internal static class EvalVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        DataInput data = new();
        Option<string[]> plans = new("--plan") { Description = "The order in which blocks run, such as \"0..4, 8..12\"; all in order by default. May be given several times.", HelpName = "PLAN" };
        Option<bool> errors = new("--storage-errors") { Description = "With --storage: also how far each map's weights, the streams and the scores are from those in the checkpoint's own format, which is loaded besides." };
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("eval", "Evaluate a model on data: loss, perplexity and accuracy of the next token.", [folder, .. data.Options, plans, errors, batch, .. weights.Options, json], (parse, cancellation) =>
        {
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            string[] texts = parse.GetValue(plans) ?? [];
            LayerPlan[] parsed = texts.Length == 0 ? [model.Plans.Identity()] : texts.Select(model.Plans.Parse).ToArray();
            TokenRows rows = DataFile.ReadForPrediction(model, terminal, data.Of(parse)!, cancellation);
            StorageErrors? rounding = parse.GetValue(errors) ? model.StorageErrors(rows, cancellation) : null;
            SweepResult result = PlanSweep.Run(terminal, model, rows, parsed, PlanSweep.Options(parse.GetValue(batch)), cancellation);
            Table? differences = rounding?.ToTable(result.Provenance);
            if (parse.GetValue(json))
            {
                IEnumerable<ResultJson.PlanResult> results = result.Results.Select(e => new ResultJson.PlanResult(e));
                terminal.WriteJson(differences is null ? (object)new { Results = results, result.Provenance } : new { Results = results, StorageErrors = ResultJson.Columns(differences), result.Provenance });
                return;
            }

            terminal.WriteTable(new Table($"Next-token prediction of {rows.Name}", result.Provenance, [.. result.ToTable().Columns]));
            if (differences is not null) terminal.WriteTable(differences);
        });
    }
}
