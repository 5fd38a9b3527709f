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
        new VonNeumannEntropy(),
        new EffectiveRank(),
        new ParticipationRatio(),
        new StableRank(),
        new PcaDimension(),
        new AlphaReQ(),
        new GramRank(),
        new TwoNN(),
        new TwoNNLikelihood(),
        new LevinaBickel(),
        new Gride(),
        new Curvature(),
        new Anisotropy(),
        new CentredAnisotropy(),
        new Drift(),
        new Norm(),
        new ActivationVariance(),
        new MaxActivation(),
        new MassiveRatio(),
        new BlockInfluence(),
        new TokenHomogeneity(),
        new TokenVariance(),
        new RankOneResidual(),
        new IntraSentenceSimilarity(),
        new SelfSimilarity(),
        new MaximumExplainableVariance(),
        new PositionShare(),
        new ContextShare(),
        new PositionContextIncoherence(),
        new CodingRate(),
        new HeadCodingRate(),
        new Sparsity(),
        new SeqVcr(),
        new UtilizedRank(),
        new SynchronisedUnits(),
        new InfoNce(),
        new Lidar(),
        new Dime(),
        new RelativeError(),
        new ClassDistanceNormalisedVariance(),
        new NearestCentre(),
        new WithinClassVariability(),
        new ClassMeanNorms(),
        new ClassMeanAngles(),
        new SelfDuality(),
        new NearestCentreDisagreement(),
        new DaviesBouldin(),
        new Dunn(),
        new XieBeni(),
        new CalinskiHarabasz(),
        new Silhouette(),
        new LabelVariance(),
        new AdditiveFactors(),
        new AdditiveFactorsUnseen(),
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
