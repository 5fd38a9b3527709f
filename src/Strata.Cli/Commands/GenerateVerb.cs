using System.CommandLine;
using Strata.Models;
using Strata.Research;

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
        Option<string?> mix = new("--mix") { Description = "Mix the scores of earlier layers into the last layer's.", HelpName = "dola|deco|lol" };
        Option<string?> layers = new("--layers") { Description = "With --mix: candidate layers (blocks, or steps of the plan); of lol the one earlier layer.", HelpName = "N[,N...]" };
        Option<string?> amateur = new("--amateur") { Description = "With --mix lol: folder of the network with the same vocabulary that is contrasted with.", HelpName = "MODEL" };
        Option<double?> alpha = Weight("--alpha", "With --mix deco: weight of the earlier layer; 0.6 by default."), beta = Weight("--beta", "With --mix lol: how much of the amateur is taken away; 0.5 by default."), omega = Weight("--omega", "With --mix lol: weight of the earlier layer; 0.5 by default.");
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("generate", "Continue a prompt with the most likely tokens.", [folder, tokens, text, plan, most, mix, layers, amateur, alpha, beta, omega, .. weights.Options, json], (parse, cancellation) =>
        {
            if (parse.GetValue(mix) is null && new Option[] { layers, amateur, alpha, beta, omega }.FirstOrDefault(o => parse.GetResult(o) is not null) is Option alone)
                throw new StrataException($"{alone.Name} belongs to --mix; give both.");
            LayerMix? how = parse.GetValue(mix) is string word ? Inputs.Choice("--mix", word, Enum.GetValues<LayerMix>().ToDictionary(m => m.ToString().ToLowerInvariant())) : null;
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            LayerPlan? order = parse.GetValue(plan) is string written ? model.Plans.Parse(written) : null;
            TokenRows prompt = Inputs.Prompt(model, parse.GetValue(tokens), parse.GetValue(text), terminal);
            Model? weaker = parse.GetValue(amateur) is string other ? ModelFolder.Load(terminal, other, weights.Of(parse), cancellation) : null;
            MixedDecoding? mixer = how is LayerMix chosen ? MixedDecoding.Of(chosen, parse.GetValue(layers), weaker, parse.GetValue(alpha), parse.GetValue(beta), parse.GetValue(omega)) : null;
            Generation result = terminal.WithProgress(progress =>
                model.Generate(prompt, new GenerationRequest { MaxNew = parse.GetRequiredValue(most)!.Value, Plan = order, Mixer = mixer, Progress = progress }, cancellation));
            int[] ids = result.NewTokens[0];
            string? continuation = model.Tokenizer is null ? null : result.Texts[0];
            if (parse.GetValue(json)) terminal.WriteJson(new { Tokens = ids, Text = continuation, result.Provenance });
            else terminal.WriteText(continuation ?? string.Join(',', ids));
        });
    }

    private static Option<double?> Weight(string name, string description) => new(name) { Description = description, HelpName = "W" };
}
