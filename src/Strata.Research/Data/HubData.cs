using Strata.Models;

namespace Strata.Research;

/// <summary>Data sets of the hub: the files of a split, one after another.</summary>
internal static class HubData
{
    /// <summary>Downloads what is missing and reads it.</summary>
    /// <exception cref="HubException">See <see cref="DataSet.Read(string, DataOptions, CancellationToken)"/>.</exception>
    public static DataSet Read(HubReference reference, DataOptions options, CancellationToken cancellation)
    {
        using HubClient hub = new();
        HubPlan plan = hub.Plan(reference, options.Split, cancellation);
        if (reference.File is null && options.Split is null && plan.Splits.Count > 1)
            throw new StrataException($"{reference} has the splits {string.Join(", ", plan.Splits)}; choose one with --split, or DataOptions.Split.");
        string[] formats = [.. plan.Files.Select(file => Path.GetExtension(file.Path).ToLowerInvariant()).Distinct()];
        if (formats.Length > 1) throw new StrataException($"{reference} has files of several formats ({string.Join(", ", formats)}). Name one, as in hf:{reference.Id}/{plan.Files[0].Path}.");
        HubSnapshot files = hub.Fetch(plan, options.Announce, options.Progress, cancellation);
        string part = options.Split ?? reference.File ?? plan.Splits.Single();
        return new DataSet($"hf:{reference.Id}@{plan.Commit} {part}", files.Files.SelectMany(path => DataSet.ReadRows(path, options)));
    }
}
