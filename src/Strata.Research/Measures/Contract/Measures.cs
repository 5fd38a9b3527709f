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
        new TwoNNLikelihood(),
        new LevinaBickel(),
        new Gride(),
        new PcaDimension(),
        new AlphaReQ(),
        new GramRank(),
        new VonNeumannEntropy(),
        new CentredAnisotropy(),
        new Drift(),
    ];

    /// <summary>The measure of a name.</summary>
    /// <exception cref="StrataException">No measure has this name; the message names the nearest ones.</exception>
    public static Measure Get(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new StrataException($"There is no measure \"{name}\". {NearestNames.Suggest(name, All.Select(m => m.Name))}");

    /// <summary>The measures of a list of names, checked against the form that is asked for.</summary>
    /// <exception cref="StrataException">The list is empty, a name is unknown or given twice, or no measure in the list has the reference code that the form names.</exception>
    internal static IReadOnlyList<Measure> Select(IReadOnlyList<string> names, MeasureOptions options)
    {
        options.Check();
        if (names.Count == 0) throw new StrataException($"No measure was named. Valid are: {string.Join(", ", All.Select(m => m.Name))}.");
        if (names.Distinct().Count() < names.Count) throw new StrataException($"A measure is named twice in \"{string.Join(", ", names)}\".");
        Measure[] measures = names.Select(Get).ToArray();
        if (options.Form.Name is string code && measures.All(m => m.ReferenceOf(options.Form) is null))
        {
            string[] known = measures.SelectMany(m => m.About.References).Select(r => r.Name).Distinct().ToArray();
            throw new StrataException($"None of {string.Join(", ", names)} has a form reference:{code}. {(known.Length > 0 ? $"They have: {string.Join(", ", known)}." : "No published code differs from their papers.")}");
        }

        return measures;
    }

    /// <summary>Does a measure have a value at a point, given which points there are?</summary>
    internal static bool HasValue(Measure measure, string point, IReadOnlyCollection<string> points) =>
        measure.AppliesTo(point) && (measure.Partner(point) is not string partner || points.Contains(partner));
}
