using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>One panel of an atlas: a figure or a table, and how to read it.</summary>
/// <param name="Shown">A <see cref="Figure"/> drawn small, or a <see cref="Table"/>.</param>
/// <param name="Guide">One line that says how to read it, without a judgement.</param>
internal sealed record AtlasPanel(object Shown, string Guide);

/// <summary>The panels of an atlas, small multiples over relative depth.</summary>
internal sealed class AtlasPanels
{
    private static readonly Axis Depth = "relative depth";

    private readonly Atlas _atlas;
    private readonly int _blocks;

    private AtlasPanels(Atlas atlas) => (_atlas, _blocks) = (atlas, atlas.Model.Model.Spec.Blocks);

    /// <summary>Every panel for which the atlas has numbers, in groups with a heading.</summary>
    public static IReadOnlyList<(string Heading, IReadOnlyList<AtlasPanel> Panels)> Of(Atlas atlas)
    {
        AtlasPanels made = new(atlas);
        (string, AtlasPanel?[])[] groups =
        [
            ("How the states spread",
            [
                made.Measured("Entropy of a prompt's states", "Over how many directions the states of one prompt spread, on a log scale: 0 when they lie on one line, log(T − 1) at most for T tokens. Higher is not better.", "prompt-entropy"),
                made.Measured("Effective rank of all states", "How many directions carry the states of all prompts together, not centred; the width of the network at most.", "effective-rank"),
                made.Measured("Intrinsic dimension (TwoNN)", "How many coordinates a state has locally, as its nearest neighbours tell. A curved surface of dimension 2 may need many directions.", "two-nn"),
            ]),
            ("Directions and lengths",
            [
                made.Measured("Anisotropy", "Expected cosine of two states of different prompts: as they are, and after their common mean has been taken away. A large value that the centring removes is one shared direction.", "anisotropy", "anisotropy-centred"),
                made.Measured("Likeness of a prompt's tokens", "Mean cosine of the tokens of one prompt with each other; 1 when all are the same.", "token-homogeneity"),
                made.Measured("Curvature of the path through a prompt", "By what angle the path from token to token turns; 2π/3 ≈ 2.09 for states that are independent of each other.", "curvature"),
                made.Measured("Norms and the largest element", "Mean length of a state and the largest element of all, on a log axis. A gap that widens with depth is carried by few dimensions; the table says which.", true, "norm", "max-activation"),
                made.Measured("Largest element by the median one", "How far the largest element of a prompt stands out; the literature calls it massive from about 1,000 on.", true, "massive-ratio"),
                made.Massive(),
            ]),
            ("What the blocks do",
            [
                made.Measured("Block influence", "1 − the cosine between what enters a block and what leaves it: 0 for a block that does not turn the stream. A block that turns it little need not be dispensable.", "block-influence"),
                made.Layers(),
                made.WithoutBlocks(),
            ]),
            ("What can be read",
            [
                made.Lens("Logit lens: agreement with the last layer", "agreement", "share of positions", "How often the most likely token of a layer, read through the final norm and the unembedding, is that of the network itself. The last layer agrees by definition."),
                made.Lens("Logit lens: distance to the last layer", "kl", "KL(final ‖ layer), nats", "How far the distribution that a layer would predict is from that of the network; 0 at the last layer by definition."),
                made.Probe(),
            ]),
        ];
        return groups.Select(g => (g.Item1, (IReadOnlyList<AtlasPanel>)g.Item2.OfType<AtlasPanel>().ToArray())).Where(g => g.Item2.Count > 0).ToArray();
    }

    private AtlasPanel? Measured(string title, string guide, params IReadOnlyList<string> names) => Measured(title, guide, false, names);

    /// <summary>Measures over depth, each with its control in its own colour.</summary>
    private AtlasPanel? Measured(string title, string guide, bool log, params IReadOnlyList<string> names)
    {
        string[] known = names.Where(_atlas.Measures.Values.ContainsKey).ToArray();
        if (known.Length == 0) return null;
        List<LineSeries> lines = [];
        for (int i = 0; i < known.Length; i++)
        {
            lines.Add(Line(known.Length == 1 ? "trained" : known[i], _atlas.Measures.Values[known[i]]) with { Hue = i });
            if (_atlas.Measures.Control is { } control) lines.Add(Line(known.Length == 1 ? "random weights" : $"{known[i]}, random weights", control.Values[known[i]]) with { Hue = i, Dashed = true });
        }

        string? unit = _atlas.Measures.Units[known[0]];
        return new AtlasPanel(Drawn(title, new Axis(known.Length == 1 ? known[0] : "", unit) { Log = log }, lines, _atlas.Measures.Table.Provenance), guide);
    }

    private LineSeries Line(string name, IReadOnlyDictionary<string, MeasureValue> values) =>
        new(name, values.Keys.Select(Place).ToArray(), values.Values.Select(v => v.Value).ToArray());

    private double Place(string point) => MeasureFigures.RelativeDepth(point, _blocks);

    /// <summary>Where the largest element of every layer sits.</summary>
    private AtlasPanel? Massive()
    {
        if (!_atlas.Measures.Values.TryGetValue("max-activation", out IReadOnlyDictionary<string, MeasureValue>? values)) return null;
        (string Point, double Value, ExtremePlace Place)[] rows = values.Where(v => v.Value.Place is not null).Select(v => (v.Key, v.Value.Value, v.Value.Place!)).ToArray();
        Table table = new("Where the largest elements sit", _atlas.Measures.Table.Provenance,
            Column.Text("behind", rows.Select(r => Behind(r.Point))),
            Column.Real("value", rows.Select(r => r.Value)),
            Column.Text("token", rows.Select(r => r.Place.Position is int position ? TokenText.Visible(_atlas.Label(_atlas.Rows.Sequences[r.Place.Sequence][position])) : "")),
            Column.Text("row : position", rows.Select(r => FormattableString.Invariant($"{r.Place.Sequence} : {r.Place.Position}"))),
            Column.Integer("dimension", rows.Select(r => (long)r.Place.Dimension)));
        return new AtlasPanel(table, "The same dimension at many layers, on the first token or on delimiters, is the usual picture of massive activations.");
    }

    private static string Behind(string point) => BlockPoint.Of(point) is { } at ? at.Place == "resid_pre" ? "embedding" : $"block {at.Block}" : point;

    private AtlasPanel? Layers()
    {
        if (_atlas.Layers is not { } matrix) return null;
        string[] labels = Enumerable.Range(0, matrix.Points.Count).Select(i => $"{i}").ToArray();
        Figure figure = Figure.Heatmap("Which layers are alike (CKA)", matrix.Values, new HeatmapStyle { X = "layer", Y = "layer", Value = "CKA, linear, debiased", RowLabels = labels, ColumnLabels = labels, RowsUpward = true, Max = 1 });
        return new AtlasPanel(figure.Compact().WithProvenance(matrix.Provenance), "How alike two layers arrange the same states: 1 for a rotated and scaled copy, about 0 for unrelated ones. Layer 0 is the embedding, layer n what block n − 1 leaves.");
    }

    private AtlasPanel? WithoutBlocks()
    {
        if (_atlas.WithoutBlocks is not { } sweep) return null;
        Evaluation[] dropped = sweep.Results.Where(r => !r.Plan.IsIdentity).ToArray();
        double whole = sweep.Results.First(r => r.Plan.IsIdentity).Loss;
        double[] blocks = dropped.Select(r => (double)Enumerable.Range(0, r.Plan.Blocks).Except(r.Plan.Executions.Select(LayerPlan.BlockOf)).Single()).ToArray();
        Figure figure = Figure.Lines("Loss without each block", "block left out", new Axis("loss", "nats"),
            new LineSeries("one block left out", blocks, dropped.Select(r => r.Loss).ToArray()),
            new LineSeries("all blocks", blocks, blocks.Select(_ => whole).ToArray()) { Dashed = true });
        return new AtlasPanel(figure.Compact().WithProvenance(sweep.Provenance), "How much worse the network predicts these data when one block is skipped and the others run as they are.");
    }

    private AtlasPanel? Lens(string title, string column, string axis, string guide)
    {
        if (_atlas.Lens is not { } lens) return null;
        LineSeries Of(string name, Table table) => new(name, table["point"].Texts.Select(Place).ToArray(), table[column].Numbers) { Hue = 0 };
        List<LineSeries> lines = [Of("trained", lens)];
        if (_atlas.TwinLens is { } twin) lines.Add(Of("random weights", twin) with { Dashed = true });
        return new AtlasPanel(Drawn(title, axis, lines, lens.Provenance), guide);
    }

    /// <summary>Accuracy of the probe, the mean over the label sets, the best layer ringed.</summary>
    private AtlasPanel? Probe()
    {
        if (_atlas.Probes is not { } probes) return null;
        string[] points = probes.Results.Keys.ToArray();
        double[] places = points.Select(Place).ToArray();
        LineSeries Of(string name, IReadOnlyDictionary<string, IReadOnlyList<ProbeResult>> results, Func<ProbeResult, double> value) =>
            new(name, places, points.Select(p => results[p].Average(value)).ToArray());
        LineSeries read = Of("test accuracy", probes.Results, r => r.TestAccuracy);
        List<LineSeries> lines = [read with { Hue = 0, Ringed = Enumerable.Range(0, read.Y.Count).MaxBy(i => read.Y[i]) }];
        if (probes.TwinResults is { } twin) lines.Add(Of("random weights", twin, r => r.TestAccuracy) with { Hue = 0, Dashed = true });
        if (probes.Results.Values.First()[0].ControlAccuracy is var control && !double.IsNaN(control)) lines.Add(Of("shuffled labels", probes.Results, r => r.ControlAccuracy) with { Hue = 1, Dashed = true });
        lines.Add(Of("majority", probes.Results, r => r.MajorityAccuracy) with { Hue = 3, Dashed = true });
        string[] sets = probes.Results.Values.First().Select(r => r.Labels).ToArray();
        string title = sets.Length == 1 ? $"Linear probe: {Escape.Clip(sets[0], 40)}" : $"Linear probes of {sets.Length} labels, mean";
        return new AtlasPanel(Drawn(title, "accuracy", lines, probes.Table.Provenance), "How well a linear map reads the labels on sequences that it was not fitted on. The ring is the best layer; what majority, shuffled labels and random weights reach needs no training of the network.");
    }

    private static Figure Drawn(string title, Axis y, IReadOnlyList<LineSeries> lines, Provenance provenance) => Figure.Lines(title, Depth, y, lines).Compact().WithProvenance(provenance);
}
