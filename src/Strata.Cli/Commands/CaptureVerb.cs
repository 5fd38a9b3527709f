using System.CommandLine;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary><c>strata capture</c>: runs a model on data and writes chosen hook points to a file.</summary>
internal static class CaptureVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        DataInput data = new();
        Option<string?> points = Inputs.Points("");
        points.Required = true;
        Option<string?> plan = Inputs.Plan(), pool = Inputs.Pool("none");
        Option<string> target = new("--out") { Description = "The file to write, with a description beside it (.json).", HelpName = "FILE.safetensors", Required = true };
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        return Verb.Create("capture", "Keep what a model computes at chosen hook points.", [folder, .. data.Options, points, plan, pool, target, batch, .. weights.Options], (parse, cancellation) =>
        {
            string path = parse.GetRequiredValue(target);
            OutputFile.Check(path, parse.GetRequiredValue(folder));
            CaptureSettings settings = new()
            {
                Data = data.Of(parse),
                DefaultPoints = Inputs.List("--points", parse.GetRequiredValue(points)!),
                Pooling = Inputs.PoolingOf(parse.GetValue(pool), Pooling.None),
                Plan = parse.GetValue(plan),
                BatchTokens = parse.GetValue(batch),
                Weights = weights.Of(parse),
            };
            Activations activations = ActivationSource.Capture(terminal, parse.GetRequiredValue(folder), settings, cancellation);
            activations.Save(path);
            terminal.WriteText($"{path}: {activations}");
        });
    }
}
