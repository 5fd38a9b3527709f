using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata models</c>: the families that Strata reads, and what the tests recorded of each.</summary>
internal static class ModelsVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string?> name = new("FAMILY") { Description = "Only this family (a model_type of config.json), with its hook points.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> json = Inputs.Json();
        return Verb.Create("models", "List the families of networks that are read: hook points, formats, what they were compared with and how far they were off.", [name, json], (parse, _) =>
        {
            (ModelFamily Family, FamilyRecord Record)[] families = [.. ModelFamily.All.Zip(FamilyRecord.All)];
            if (parse.GetValue(name) is string wanted) families = [Find(families, wanted)];
            if (parse.GetValue(json)) terminal.WriteJson(new { Families = families.Select(Document) });
            else if (parse.GetValue(name) is not null) terminal.WriteText(Text(families[0].Family, families[0].Record));
            else terminal.WriteTable(All(families));
        });
    }

    private static (ModelFamily, FamilyRecord) Find((ModelFamily Family, FamilyRecord Record)[] families, string name) =>
        Array.Find(families, entry => entry.Family.Name == name) is { Family: not null } found
            ? found
            : throw new StrataException($"Strata reads no family \"{name}\". {NearestNames.Suggest(name, families.Select(entry => entry.Family.Name))}");

    private static Table All((ModelFamily Family, FamilyRecord Record)[] families)
    {
        HashSet<string> common = [.. families[0].Record.HookPoints];
        foreach ((_, FamilyRecord record) in families) common.IntersectWith(record.HookPoints);
        string Own(FamilyRecord record) => string.Join(' ', record.HookPoints.Where(point => !common.Contains(point)).Select(point => point.Replace("blocks.*.", "", StringComparison.Ordinal)));
        return new Table("Families that Strata reads", new Provenance(),
            Column.Text("model type", families.Select(entry => entry.Family.Name)),
            Column.Text("networks", families.Select(entry => entry.Family.Networks)),
            Column.Text("formats", families.Select(entry => string.Join(", ", entry.Record.Formats))),
            Column.Text("verified variants", families.Select(entry => string.Join(", ", entry.Record.Variants))),
            Column.Real("largest error", families.Select(entry => entry.Record.LargestError)),
            Column.Text("hook points beside the common ones", families.Select(entry => Own(entry.Record))))
        {
            Notes =
            [
                $"Hook points of every family: {string.Join(' ', families[0].Record.HookPoints.Where(common.Contains))}.",
                $"Verified: every variant at every hook point, compared with a {families[0].Record.Reference}. The error is the largest absolute difference at the output of any block and at the logits.",
                "strata models FAMILY shows one family.",
            ],
        };
    }

    private static string Text(ModelFamily family, FamilyRecord record) =>
        $"""
        {family.Name}: {family.Networks}
          formats            {string.Join(", ", record.Formats)}
          compared with      {record.Reference}
          largest error      {record.LargestError:0e-0}
          verified variants  {string.Join(", ", record.Variants)}
        Hook points:
          {string.Join("\n  ", record.HookPoints)}
        """;

    private static object Document((ModelFamily Family, FamilyRecord Record) entry) => new
    {
        entry.Family.Name,
        entry.Family.Networks,
        entry.Record.Formats,
        entry.Record.HookPoints,
        entry.Record.Reference,
        entry.Record.Variants,
        entry.Record.LargestError,
    };
}
