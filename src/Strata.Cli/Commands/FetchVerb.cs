using System.CommandLine;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary><c>strata fetch</c>: downloads models and data sets of the hub into the cache.</summary>
internal static class FetchVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> names = new("NAME") { Description = "hf:org/name, with @revision, with /file; hf:datasets/org/name for a data set.", Arity = ArgumentArity.OneOrMore };
        Option<string?> split = new("--split") { Description = "Of a data set only this part, such as train.", HelpName = "SPLIT" };
        Option<bool> dryRun = new("--dry-run") { Description = "Say what would be downloaded, and download nothing of it." };
        Option<bool> json = Inputs.Json();
        return Verb.Create("fetch", "Download models and data sets of the Hugging Face hub; interrupted downloads go on where they stopped.", [names, split, dryRun, json], (parse, cancellation) =>
        {
            HubReference[] references = [.. parse.GetRequiredValue(names).Select(name => HubReference.Parse(name))];
            if (parse.GetValue(split) is not null && references.Any(reference => reference.Kind == HubKind.Model)) throw new StrataException("--split is for data sets: hf:datasets/org/name.");
            using HubClient hub = new();
            List<object> documents = [];
            foreach (HubReference reference in references)
            {
                HubPlan plan = hub.Plan(reference, parse.GetValue(split), cancellation);
                terminal.Note(plan.ToString());
                if (!parse.GetValue(dryRun)) terminal.WithProgress(progress => hub.Download(plan, progress, cancellation));
                if (parse.GetValue(json)) documents.Add(Document(plan));
                else terminal.WriteText(plan.Folder);
            }

            if (parse.GetValue(json)) terminal.WriteJson(new { Fetched = documents });
        });
    }

    private static object Document(HubPlan plan) => new
    {
        Name = plan.Reference.ToString(),
        plan.Commit,
        plan.Folder,
        plan.Bytes,
        plan.MissingBytes,
        Files = plan.Files.Select(file => new { file.Path, file.Size, Hash = file.Hash.Length > 0 ? file.Hash : null }),
    };
}
