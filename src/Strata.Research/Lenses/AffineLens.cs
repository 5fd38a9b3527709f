using System.Globalization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How well a lens foretells what the network itself says.</summary>
/// <param name="R2">Share of the variance of the target stream that is explained; NaN where nothing was mapped.</param>
/// <param name="PrecisionAt1">Share of positions whose most likely token is the network's.</param>
/// <param name="PrecisionAt5">Share of positions whose five most likely tokens hold the network's.</param>
/// <param name="PrecisionAt10">The same for ten.</param>
/// <param name="Surprisal">−log probability of the network's most likely token, nats.</param>
/// <param name="Divergence">KL(network ‖ lens), nats.</param>
public readonly record struct LensScore(double R2, double PrecisionAt1, double PrecisionAt5, double PrecisionAt10, double Surprisal, double Divergence);

/// <summary>
/// A fitted affine lens: per layer, a closed-form ridge map from its stream to the last stream, at the same position (Din et al. 2023, with a constant) or some positions later (future lens, Pal et al. 2023),
/// then the final norm and the unembedding.
/// </summary>
/// <remarks>A lens trained to the network's own distribution instead of its stream (tuned lens, Belrose et al. 2023) needs gradients and is not among these.</remarks>
public sealed class AffineLens
{
    private readonly Model _model;
    private readonly AffineMap[] _maps;
    private readonly float[] _mean;

    private AffineLens(Model model, IReadOnlyList<string> points, AffineMap[] maps, int ahead, float[] mean, Provenance provenance)
    {
        _model = model;
        Points = points;
        _maps = maps;
        Ahead = ahead;
        _mean = mean;
        Provenance = provenance;
    }

    /// <summary>The streams that are read: the input of the first block, then the output of each block.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>How many positions later the stream lies that is foretold; 0 for the same position.</summary>
    public int Ahead { get; }

    /// <summary>On what the maps were fitted.</summary>
    public Provenance Provenance { get; }

    /// <summary>The map of one point.</summary>
    public AffineMap Map(int point) => _maps[point];

    /// <summary>Fits a map per layer.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data; positions without one so far ahead are left out.</param>
    /// <param name="ahead">Positions ahead; 0 for none.</param>
    /// <param name="lambda">Penalty, see <see cref="AffineMap.Fit(FloatMatrix, FloatMatrix, double)"/>.</param>
    /// <param name="progress">Told after every point.</param>
    /// <param name="cancellation">Stops between points.</param>
    /// <exception cref="StrataException">The network does not predict the next token, or no row is long enough.</exception>
    public static AffineLens Fit(Model model, TokenRows rows, int ahead = 0, double lambda = 1e-3, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        model.RequireNextToken("An affine lens");
        if (ahead < 0) throw new StrataException($"A lens {ahead} positions ahead was asked for; give 0 or more.");
        Activations streams = LensStreams.Capture(model, rows, null, cancellation);
        FloatMatrix target = LensStreams.Pairs(streams, streams.Points[^1], ahead, ahead);
        if (target.Rows < 2) throw new StrataException($"No row of \"{rows.Name}\" is long enough to look {ahead} positions ahead.");
        List<AffineMap> maps = [];
        foreach (string point in streams.Points)
        {
            cancellation.ThrowIfCancellationRequested();
            maps.Add(AffineMap.Fit(LensStreams.Pairs(streams, point, 0, ahead), target, lambda));
            progress?.Report(new WorkProgress("Fitting the lens", maps.Count, streams.Points.Count, "points"));
        }

        Provenance provenance = streams.Provenance
            .With("lens", $"affine, by ridge to {streams.Points[^1]}, {ahead} positions ahead")
            .With("lens.lambda", lambda.ToString("R", CultureInfo.InvariantCulture));
        return new AffineLens(model, streams.Points, [.. maps], ahead, Array.ConvertAll(RealMatrix.ColumnMeans(target), v => (float)v), provenance);
    }

    /// <summary>Reads data through the lens: the same grid as the logit lens, each cell foretelling the distribution <see cref="Ahead"/> positions later.</summary>
    /// <exception cref="StrataException">An id does not fit the network.</exception>
    public LogitLens Read(TokenRows rows, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default) => LogitLens.Read(_model, rows, null, progress, cancellation, this);

    /// <summary>Judges the lens on data that it was not fitted on.</summary>
    /// <returns>
    /// One row per layer: <c>point</c>, <c>block</c>, <c>R2</c>, <c>precision@1</c>, <c>@5</c>, <c>@10</c>, <c>surprisal</c>, <c>kl</c>; <c>identity@1</c> and <c>identity surprisal</c>, those of the logit lens at that place; and
    /// <c>constant@1</c>, that of the mean of the target, which reads nothing.
    /// </returns>
    /// <exception cref="StrataException">No row is long enough, or an id does not fit the network.</exception>
    public Table Judge(TokenRows rows, CancellationToken cancellation = default)
    {
        Activations streams = LensStreams.Capture(_model, rows, null, cancellation);
        string last = streams.Points[^1];
        FloatMatrix target = LensStreams.Pairs(streams, last, Ahead, Ahead);
        if (target.Rows == 0) throw new StrataException($"No row of \"{rows.Name}\" is long enough to look {Ahead} positions ahead.");
        FloatMatrix constant = new([.. Enumerable.Repeat(_mean, target.Rows).SelectMany(m => m)], target.Rows, _mean.Length);
        LensScore nothing = Score(target, constant);
        (LensScore Lens, LensScore Identity)[] scores = Points.Select((point, p) =>
        {
            cancellation.ThrowIfCancellationRequested();
            FloatMatrix read = LensStreams.Pairs(streams, point, 0, Ahead);
            return (Score(target, _maps[p].Apply(read)) with { R2 = _maps[p].R2(read, target) }, Score(target, read));
        }).ToArray();
        Column Real(string name, Func<(LensScore Lens, LensScore Identity), double> value, string? unit = null) => Column.Real(name, scores.Select(value), unit);
        return new Table(Ahead == 0 ? "Affine lens by layer" : $"Affine lens {Ahead} positions ahead, by layer", Provenance.With("lens.judged", $"{rows.Name} ({rows.Count} rows) {rows.Hash}"),
            Column.Text("point", Points),
            Column.Integer("block", Points.Select(p => BlockPoint.Of(p)?.Block ?? -1L)),
            Real("R2", s => s.Lens.R2),
            Real("precision@1", s => s.Lens.PrecisionAt1),
            Real("precision@5", s => s.Lens.PrecisionAt5),
            Real("precision@10", s => s.Lens.PrecisionAt10),
            Real("surprisal", s => s.Lens.Surprisal, "nats"),
            Real("kl", s => s.Lens.Divergence, "nats"),
            Real("identity@1", s => s.Identity.PrecisionAt1),
            Real("identity surprisal", s => s.Identity.Surprisal, "nats"),
            Column.Real("constant@1", scores.Select(_ => nothing.PrecisionAt1)))
        {
            Notes = ["Against the network's own most likely token and distribution at the position that is foretold. identity: the stream unmapped (logit lens); constant: the mean of the streams that the lens was fitted to."],
        };
    }

    /// <summary>What the lens makes of streams of a point, [rows, width].</summary>
    internal FloatMatrix Mapped(int point, FloatMatrix streams) => _maps[point].Apply(streams);

    private LensScore Score(FloatMatrix target, FloatMatrix read)
    {
        double at1 = 0, at5 = 0, at10 = 0, surprisal = 0, divergence = 0;
        const int panel = 64;
        for (int first = 0; first < target.Rows; first += panel)
        {
            int count = Math.Min(panel, target.Rows - first);
            FloatMatrix truth = _model.Unembed(target.Slice(first, count)), said = _model.Unembed(read.Slice(first, count));
            for (int i = 0; i < count; i++)
            {
                double[] p = LogitLens.LogProbabilities(truth.Row(i)), q = LogitLens.LogProbabilities(said.Row(i));
                int top = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<double>(p);
                int rank = q.Count(v => v > q[top]);
                at1 += rank < 1 ? 1 : 0;
                at5 += rank < 5 ? 1 : 0;
                at10 += rank < 10 ? 1 : 0;
                surprisal -= q[top];
                for (int v = 0; v < p.Length; v++) divergence += Math.Exp(p[v]) * (p[v] - q[v]);
            }
        }

        double n = target.Rows;
        return new LensScore(double.NaN, at1 / n, at5 / n, at10 / n, surprisal / n, divergence / n);
    }
}

/// <summary>The streams that lenses read.</summary>
internal static class LensStreams
{
    /// <summary>The input of the first block and the output of each; between two blocks the stream is one.</summary>
    public static Activations Capture(Model model, TokenRows rows, LayerPlan? plan, CancellationToken cancellation)
    {
        Activations all = model.Capture(rows, new CaptureRequest { Points = ["blocks.*.resid_pre", "blocks.*.resid_post"], Plan = plan, Announce = _ => { } }, cancellation);
        string[] points = all.Points.Where((point, i) => i == 0 || point.Contains("resid_post", StringComparison.Ordinal)).ToArray();
        return new Activations(all.Pooling, points, points.ToDictionary(p => p, all.Samples), all.Provenance);
    }

    /// <summary>The rows of positions t + offset for every t that has a position t + ahead in its sequence.</summary>
    public static FloatMatrix Pairs(Activations streams, string point, int offset, int ahead)
    {
        FloatMatrix[] parts = streams.Samples(point).Where(s => s.Rows > ahead).Select(s => s.Slice(offset, s.Rows - ahead)).ToArray();
        int width = streams.Samples(point)[0].Columns;
        return new FloatMatrix([.. parts.SelectMany(p => p.Values)], parts.Sum(p => p.Rows), width);
    }
}
