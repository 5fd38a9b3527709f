using Strata.Models;

namespace Strata.Research;

/// <summary>All comparisons by name.</summary>
public static class Comparisons
{
    private static readonly Dictionary<string, Func<ComparisonName, Comparison>> Families = new()
    {
        ["cka"] = Cka.Create,
        ["rsa"] = Rsa.Create,
        ["cca"] = Cca.Create,
        ["svcca"] = Svcca.Create,
        ["pwcca"] = Pwcca.Create,
        ["procrustes"] = Procrustes.Create,
        ["cosine"] = MeanCosine.Create,
        ["mutual-knn"] = MutualNeighbours.Create,
        ["cknna"] = Cknna.Create,
        ["relative"] = RelativeRepresentation.Create,
        ["unit-match"] = UnitMatch.Create,
        ["linear-map"] = LinearMapFit.Create,
        ["subspace-angle"] = SubspaceAngle.Create,
    };

    /// <summary>Every comparison with a short name, in the order in which they are listed for users.</summary>
    public static IReadOnlyList<Comparison> All { get; } =
    [
        Short("cka", "cka"),
        Short("cka-debiased", "cka-hsic=song"),
        Short("cka-rbf", "cka-kernel=rbf"),
        Short("cka-minibatch", "cka-hsic=song-batch=256"),
        Short("dcka", "cka-confounder=input"),
        Short("cosine", "cosine"),
        Short("procrustes", "procrustes"),
        Short("procrustes-angular", "procrustes-distance=angular"),
        Short("rsa", "rsa"),
        Short("drsa", "rsa-confounder=input"),
        Short("cca", "cca"),
        Short("svcca", "svcca"),
        Short("pwcca", "pwcca"),
        Short("mutual-knn", "mutual-knn"),
        Short("cknna", "cknna"),
        Short("relative", "relative"),
        Short("unit-match", "unit-match"),
        Short("unit-semi-match", "unit-match-assignment=one-to-many"),
        Short("linear-map", "linear-map"),
        Short("subspace-angle", "subspace-angle"),
    ];

    /// <summary>The comparison of a short name, or of a family with parameters: <c>cka-kernel=rbf-hsic=song</c>, <c>svcca-keep=0.95</c>. What is not written has the field's default.</summary>
    /// <exception cref="StrataException">There is no such comparison or parameter, or a value is out of range; the message names the nearest ones.</exception>
    public static Comparison Get(string name) => All.FirstOrDefault(c => c.Name == name) ?? Make(name);

    private static Comparison Make(string text)
    {
        ComparisonName name = ComparisonName.Parse(text);
        if (!Families.TryGetValue(name.Family, out Func<ComparisonName, Comparison>? create))
        {
            IEnumerable<string> valid = name.Family == text ? All.Select(c => c.Name) : Families.Keys;
            throw new StrataException($"There is no comparison \"{name.Family}\". {NearestNames.Suggest(name.Family, valid)}");
        }

        Comparison comparison = create(name);
        name.CheckAllRead();
        return comparison;
    }

    private static Comparison Short(string name, string text) => Make(text).Named(name);
}
