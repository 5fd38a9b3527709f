using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata ablate</c>: points of the network, their heads or groups of their neurons replaced in turn, evaluated as one job.</summary>
internal static class AblateVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        DataInput data = new();
        Option<string?> zero = new("--zero") { Description = "Replace the values at these points by 0, such as blocks.*.attn.z.", HelpName = "GLOB" };
        Option<string?> mean = new("--mean") { Description = "Replace the values at these points by their mean over the data.", HelpName = "GLOB" };
        Option<string> each = new("--each") { Description = "What is replaced in turn: each point, each head, or each group of N columns (neurons); point by default.", HelpName = "point|head|N", DefaultValueFactory = _ => "point" };
        Option<string?> plan = Inputs.Plan(), results = new("--results") { Description = "Keep what has been evaluated in this folder, as it comes: the same command goes on there after an interrupt.", HelpName = "FOLDER" };
        StreamInput stream = new();
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("ablate", "Replace values of the network in turn and evaluate each change.", [folder, .. data.Options, zero, mean, each, plan, results, .. stream.Options, batch, .. weights.Options, json], (parse, cancellation) =>
        {
            if (parse.GetValue(zero) is null == parse.GetValue(mean) is null) throw new StrataException("Give what is replaced once: --zero GLOB or --mean GLOB.");
            VariantParts parts = VariantParts.Parse(parse.GetValue(each)!);
            StopRule? rule = stream.RuleOf(parse);
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            LayerPlan order = parse.GetValue(plan) is string written ? model.Plans.Parse(written) : model.Plans.Identity();
            TokenRows rows = DataFile.ReadForPrediction(model, terminal, data.Of(parse)!, cancellation);
            Intervention change = parse.GetValue(zero) is string points ? Intervention.Zero(points) : Mean(terminal, model, rows, parse.GetValue(mean)!, order, cancellation);
            IReadOnlyList<Variant> variants = Variant.Each(model, change, parts, order);
            SweepOptions options = PlanSweep.Options(parse.GetValue(batch)) with { Results = parse.GetValue(results), StopWhen = rule, Evaluated = stream.Teller(parse, terminal), Announce = work => terminal.Note(work.ToString()) };
            VariantSweepResult result = terminal.WithProgress(progress => VariantSweep.Run(model, rows, variants, order, options with { Progress = progress }, cancellation));
            Table table = result.ToTable();
            if (parse.GetValue(json)) terminal.WriteJson(new { Unchanged = new ResultJson.PlanResult(result.Unchanged), Columns = ResultJson.Columns(table), table.Notes, result.BlockEvaluations, result.LoopBlockEvaluations, result.Provenance });
            else terminal.WriteTable(table);
        });
    }

    private static Intervention Mean(Terminal terminal, Model model, TokenRows rows, string points, LayerPlan plan, CancellationToken cancellation) =>
        Intervention.Mean(points, model.Capture(rows, new CaptureRequest { Points = [points], Plan = plan, Announce = terminal.Note }, cancellation));
}
