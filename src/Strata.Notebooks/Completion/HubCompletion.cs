using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Completes <c>hf:</c> with the models that are in the cache of the hub; the network is not asked.</summary>
internal static class HubCompletion
{
    /// <summary>The models that continue a text.</summary>
    public static IReadOnlyList<CompletionCandidate> Of(string typed)
    {
        try
        {
            return CompletionList.Continuing(typed, 0, HubClient.CachedModels(HubSettings.FromEnvironment()).Select(id => new CompletionCandidate($"hf:{id}", "value", "in the cache of the hub"))).Candidates;
        }
        catch (StrataException)
        {
            return [];
        }
    }
}
