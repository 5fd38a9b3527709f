using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>The subspaces that data use of one output map: what goes in and what comes out.</summary>
/// <param name="Point">Where it writes: <c>blocks.i.attn_out</c> or <c>blocks.i.mlp_out</c>.</param>
/// <param name="Reads">Where it reads: <c>blocks.i.attn.z</c> or <c>blocks.i.mlp.post</c>.</param>
/// <param name="In">Orthonormal directions of what goes in, [k_in, D_in], from the leading one on.</param>
/// <param name="Out">Of what comes out, [k_out, D_out].</param>
public sealed record UtilizedMap(string Point, string Reads, FloatMatrix In, FloatMatrix Out)
{
    /// <summary>min(k_in, k_out) / min(D_in, D_out): the value of <c>utilized-rank</c>.</summary>
    public double Utilisation => Math.Min(In.Rows, Out.Rows) / (double)Math.Min(In.Columns, Out.Columns);
}

/// <summary>
/// The subspaces that data use of every output map of a network, and the network with its maps projected to them: W' = P_out·W·P_in (Garg et al. 2024, "Revealing the Utilized Rank of Subspaces of Learning in Neural Networks").
/// A projection is an intervention on what goes in and on what comes out, so a bias behind the map is projected with it, as it was counted with it. No weights are changed; a factored map is not built.
/// </summary>
public sealed class UtilizedSubspaces
{
    private readonly FloatMatrix[][] _across;

    private UtilizedSubspaces(IReadOnlyList<UtilizedMap> maps, FloatMatrix[][] across, double varianceShare, Provenance provenance)
    {
        Maps = maps;
        _across = across;
        VarianceShare = varianceShare;
        Provenance = provenance;
    }

    /// <summary>In execution order.</summary>
    public IReadOnlyList<UtilizedMap> Maps { get; }

    /// <summary>Share of the squared length that each subspace keeps.</summary>
    public double VarianceShare { get; }

    /// <summary>Where the subspaces came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>The mean over maps: the paper's mean layer utilisation.</summary>
    public double MeanUtilisation => Maps.Average(map => map.Utilisation);

    /// <summary>One pass over the data, then two decompositions of a Gram matrix per map, O(D³) each.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">What it is run on; other rows than those on which the projected network is judged.</param>
    /// <param name="varianceShare">How much of the squared length of the states, which are not centred, the leading directions keep; in (0, 1].</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">The share is out of range, the network has no such maps, or its states are not finite or all zero.</exception>
    public static UtilizedSubspaces Find(Model model, TokenRows rows, double varianceShare = 0.99, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!(varianceShare is > 0 and <= 1)) throw new StrataException($"VarianceShare is {varianceShare}; give a share in (0, 1].");
        Measure measure = Measures.Get("utilized-rank");
        HashSet<string> exist = [.. new HookCatalog(model.Spec, model.CheckPlan(null)).Points.Select(point => point.Name)];
        (string Point, string Reads)[] maps = exist.Where(measure.AppliesTo).Select(point => (point, measure.Partner(point)!)).Where(map => exist.Contains(map.Item2)).ToArray();
        if (maps.Length == 0) throw new StrataException($"{model} has no output map of attention or of an MLP, whose inputs (attn.z, mlp.post) could be captured.");
        CaptureRequest request = new() { Points = [.. maps.SelectMany(map => new[] { map.Point, map.Reads })], Announce = _ => { }, Progress = progress };
        (IReadOnlyDictionary<string, Moments> moments, Provenance provenance) = Moments.Stream(model.PlanCapture(rows, request), _ => true, cancellation);
        List<(UtilizedMap Map, FloatMatrix[] Across)> found = [];
        foreach ((string point, string reads) in maps)
        {
            cancellation.ThrowIfCancellationRequested();
            (FloatMatrix within, FloatMatrix across) = Split(moments[reads], varianceShare, reads);
            (FloatMatrix written, FloatMatrix besides) = Split(moments[point], varianceShare, point);
            found.Add((new UtilizedMap(point, reads, within, written), [across, besides]));
            progress?.Report(new WorkProgress("Finding subspaces", found.Count, maps.Length, "maps"));
        }

        return new UtilizedSubspaces([.. found.Select(f => f.Map)], [.. found.Select(f => f.Across)], varianceShare, provenance.With("variance-share", varianceShare.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>The network with each map projected alone, then with all of them, for <see cref="VariantSweep"/>. A map whose data use all of it has no variant.</summary>
    public IReadOnlyList<Variant> Variants => Projected("projected", (map, side) => _across[map][side]);

    /// <summary>The control: the same with random subspaces of the same dimensions.</summary>
    /// <param name="seed">Seed of the subspaces.</param>
    public IReadOnlyList<Variant> RandomVariants(int seed = 0)
    {
        Random random = new(seed);
        FloatMatrix[][] across = [.. _across.Select(sides => sides.Select(side => Orthonormal(random, side)).ToArray())];
        return Projected("random", (map, side) => across[map][side]);
    }

    /// <summary>One row per map: dimensions in and out, and how much of it the data use.</summary>
    public Table ToTable() => new("Utilized subspaces", Provenance,
        Column.Text("map", Maps.Select(map => map.Point)), Column.Integer("k in", Maps.Select(map => (long)map.In.Rows)), Column.Integer("of", Maps.Select(map => (long)map.In.Columns)),
        Column.Integer("k out", Maps.Select(map => (long)map.Out.Rows)), Column.Integer("of these", Maps.Select(map => (long)map.Out.Columns)), Column.Real("utilisation", Maps.Select(map => map.Utilisation)))
    {
        Notes = [FormattableString.Invariant($"Subspaces keep {VarianceShare:P1} of the squared length of the states; the mean over maps is {MeanUtilisation:0.000}.")],
    };

    private Variant[] Projected(string name, Func<int, int, FloatMatrix> across)
    {
        Intervention[][] changes = [.. Maps.Select((map, i) => new[] { Onto(map.Reads, across(i, 0)), Onto(map.Point, across(i, 1)) }.OfType<Intervention>().ToArray())];
        Variant[] each = [.. Maps.Select((map, i) => new Variant($"{map.Point}, {name}", changes[i])).Where(variant => variant.Interventions.Count > 0)];
        return each.Length == 0 ? [] : [.. each, new Variant($"all maps, {name}", [.. changes.SelectMany(c => c)])];
    }

    /// <summary>x less its part across the subspace; null where nothing lies across.</summary>
    private static Intervention? Onto(string point, FloatMatrix across) => across.Rows == 0 ? null : Intervention.Erase(point, across, across, new float[across.Columns]);

    /// <summary>The leading eigenvectors of HᵀH that keep a share of its trace, and the others.</summary>
    private static (FloatMatrix Within, FloatMatrix Across) Split(Moments moments, double share, string point)
    {
        if (!(moments.SumOfSquares > 0) || !double.IsFinite(moments.SumOfSquares)) throw new StrataException($"The states at \"{point}\" are all zero, or hold NaN or infinity: they span no subspace.");
        Evd<double> parts = moments.Gram(centred: false).ToMathNet().Evd(Symmetricity.Symmetric);
        double[] values = SymmetricEigenvalues.WithoutRounding([.. parts.EigenValues.Select(value => value.Real).Reverse()]);
        int kept = Spectra.Components(values, share), width = moments.Columns;
        FloatMatrix Directions(int first, int count)
        {
            FloatMatrix result = new(new float[count * width], count, width);
            for (int k = 0; k < count; k++)
            {
                // MathNet sorts eigenvalues upward.
                Vector<double> direction = parts.EigenVectors.Column(width - 1 - first - k);
                for (int j = 0; j < width; j++) result.Values[k * width + j] = (float)direction[j];
            }

            return result;
        }

        return (Directions(0, kept), Directions(kept, width - kept));
    }

    private static FloatMatrix Orthonormal(Random random, FloatMatrix like)
    {
        if (like.Rows == 0) return like;
        Matrix<double> basis = Matrix<double>.Build.Dense(like.Columns, like.Rows, (_, _) => Normal.Sample(random, 0, 1)).QR(QRMethod.Thin).Q;
        return new FloatMatrix([.. basis.ToColumnMajorArray().Select(value => (float)value)], like.Rows, like.Columns);
    }
}
