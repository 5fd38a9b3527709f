using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata patch</c>: a corrupted prompt with one value of a clean one, at each block and position.</summary>
internal static class PatchVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        Option<string?> clean = new("--clean") { Description = "The prompt whose values are carried over, as text.", HelpName = "TEXT" };
        Option<string?> cleanTokens = new("--clean-tokens") { Description = "The same as token ids.", HelpName = "ID[,ID...]" };
        Option<string?> corrupted = new("--corrupted") { Description = "The prompt that runs, of as many tokens, as text.", HelpName = "TEXT" };
        Option<string?> corruptedTokens = new("--corrupted-tokens") { Description = "The same as token ids.", HelpName = "ID[,ID...]" };
        Option<string?> answer = new("--answer") { Description = "The clean prompt's answer, one token or #ID: its loss is measured; without it, the divergence from the clean prompt.", HelpName = "TOKEN" };
        Option<string?> foil = new("--foil") { Description = "Another token: the score of the answer less that of this one is measured.", HelpName = "TOKEN" };
        Option<string?> place = new("--place") { Description = "What is patched in each block: resid_pre by default; resid_mid, attn_out, mlp_out, attn.z.", HelpName = "PLACE" };
        Option<string?> plan = Inputs.Plan();
        WeightInput weights = new();
        Option<int?> batch = Inputs.BatchTokens();
        Option<bool> json = Inputs.Json();
        return Verb.Create("patch", "Patch a corrupted prompt with values of a clean one, block by block and position by position.",
            [folder, clean, cleanTokens, corrupted, corruptedTokens, answer, foil, place, plan, batch, .. weights.Options, json], (parse, cancellation) =>
        {
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            int[] from = Inputs.Prompt(model, parse.GetValue(cleanTokens), parse.GetValue(clean), terminal, "clean").Sequences[0];
            int[] into = Inputs.Prompt(model, parse.GetValue(corruptedTokens), parse.GetValue(corrupted), terminal, "corrupted").Sequences[0];
            PatchingOptions options = new() { Plan = parse.GetValue(plan) is string written ? model.Plans.Parse(written) : null, Announce = terminal.Note };
            if (parse.GetValue(place) is string where) options = options with { Place = where };
            if (parse.GetValue(batch) is int tokens) options = options with { TokensPerBatch = tokens };
            PatchingMetric metric = PatchingMetric.Read(model, parse.GetValue(answer), parse.GetValue(foil));
            PatchingGrid grid = terminal.WithProgress(progress => PatchingGrid.Run(model, from, into, metric, options with { Progress = progress }, cancellation));
            if (parse.GetValue(json)) terminal.WriteJson(new { grid.Points, grid.CleanTokens, grid.CorruptedTokens, Metric = metric.Name, grid.Clean, grid.Corrupted, Values = ResultJson.Rows(grid.Values), Restored = ResultJson.Rows(grid.Restored()), grid.Provenance });
            else terminal.WriteTable(grid.ToTable());
        });
    }
}
