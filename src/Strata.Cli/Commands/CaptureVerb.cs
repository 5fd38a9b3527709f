using System.CommandLine;
using Strata.Models;
using Strata.Research;

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
        Option<string?> reduce = new("--reduce") { Description = $"Keep only what these make of the rows, in one pass: {Reducer.Forms}. The tensors are named REDUCER:POINT.", HelpName = "LIST" };
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        return Verb.Create("capture", "Keep what a model computes at chosen hook points.", [folder, .. data.Options, points, plan, pool, reduce, target, batch, .. weights.Options], (parse, cancellation) =>
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
            if (parse.GetValue(reduce) is string reducers)
            {
                if (parse.GetResult(pool) is not null) throw new StrataException("--pool does not go with --reduce: reducers take every position.");
                ReducedCapture reduced = ActivationSource.Reduce(terminal, parse.GetRequiredValue(folder), settings, [.. Inputs.List("--reduce", reducers).Select(Reducer.Parse)], cancellation);
                reduced.Save(path);
                terminal.WriteTable(reduced.ToTable());
                return;
            }

            Activations activations = ActivationSource.Capture(terminal, parse.GetRequiredValue(folder), settings, cancellation);
            activations.Save(path);
            terminal.WriteText($"{path}: {activations}");
        });
    }
}
