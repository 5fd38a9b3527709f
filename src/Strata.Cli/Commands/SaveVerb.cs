using System.CommandLine;
using System.Globalization;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary><c>strata save</c>: writes a model, its blocks along a plan, as a Hugging Face folder.</summary>
internal static class SaveVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> model = Inputs.Model();
        Argument<string> folder = new("FOLDER") { Description = "The folder to write; it must not exist yet, or be empty." };
        Option<string?> plan = Inputs.Plan();
        Option<string?> twin = new("--random-twin") { Description = "Save the network with random weights of this seed instead.", HelpName = "SEED" };
        Option<string[]> merge = new("--merge") { Description = "Blocks that become one of their averaged weights, such as 4..6 (C# range, end excluded); may be given several times.", HelpName = "BLOCKS" };
        return Verb.Create("save", "Write a model, its blocks along a plan, as a Hugging Face folder with a recipe of what was done.", [model, folder, plan, merge, twin], (parse, cancellation) =>
        {
            Model loaded = ModelFolder.Load(terminal, parse.GetRequiredValue(model), new ModelOptions(), cancellation);
            LayerPlan? order = parse.GetValue(plan) is string written ? loaded.Plans.Parse(written) : null;
            Model saved = parse.GetValue(twin) is string seed ? loaded.RandomTwin(Seed(seed)) : loaded;
            string target = parse.GetRequiredValue(folder);
            SaveOptions options = new() { Merge = [.. (parse.GetValue(merge) ?? []).Select(text => SaveOptions.Group(loaded.Plans, text))] };
            SavedModel result = terminal.WithProgress(progress => saved.Save(target, order, options with { Progress = progress }, cancellation));
            terminal.WriteText($"{result}");
        });
    }

    private static long Seed(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed)
        ? seed
        : throw new StrataException($"--random-twin {text}: expected a whole number, the seed.");
}
