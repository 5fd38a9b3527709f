using System.CommandLine;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary><c>strata generate</c>: continues a prompt, always with the most likely token.</summary>
internal static class GenerateVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        Option<string?> tokens = Inputs.Tokens(), text = Inputs.Text(), plan = Inputs.Plan();
        Option<int?> most = Inputs.Count("--max-new", "New tokens at most.");
        most.Required = true;
        Option<string?> storage = Inputs.Storage();
        Option<bool> json = Inputs.Json();
        return Verb.Create("generate", "Continue a prompt with the most likely tokens.", [folder, tokens, text, plan, most, storage, json], (parse, cancellation) =>
        {
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), parse.GetValue(storage), cancellation);
            LayerPlan? order = parse.GetValue(plan) is string written ? model.Plans.Parse(written) : null;
            TokenRows prompt = Inputs.Prompt(model, parse.GetValue(tokens), parse.GetValue(text), terminal);
            Generation result = terminal.WithProgress(progress =>
                model.Generate(prompt, new GenerationRequest { MaxNew = parse.GetRequiredValue(most)!.Value, Plan = order, Progress = progress }, cancellation));
            int[] ids = result.NewTokens[0];
            string? continuation = model.Tokenizer is null ? null : result.Texts[0];
            if (parse.GetValue(json)) terminal.WriteJson(new { Tokens = ids, Text = continuation, result.Provenance });
            else terminal.WriteText(continuation ?? string.Join(',', ids));
        });
    }
}
