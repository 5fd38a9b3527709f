using Strata.Models;

namespace Strata.Research;

/// <summary>All measures by name.</summary>
public static class Measures
{
    /// <summary>Every measure, in the order in which they are listed for users.</summary>
    public static IReadOnlyList<Measure> All { get; } =
    [
        new PromptEntropy(),
        new DatasetEntropy(),
        new EffectiveRank(),
        new ParticipationRatio(),
        new StableRank(),
        new Curvature(),
        new Anisotropy(),
        new Norm(),
        new BlockInfluence(),
        new TwoNN(),
    ];

    /// <summary>The measure of a name.</summary>
    /// <exception cref="StrataException">No measure has this name; the message names the nearest ones.</exception>
    public static Measure Get(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new StrataException($"There is no measure \"{name}\". {NearestNames.Suggest(name, All.Select(m => m.Name))}");
}
