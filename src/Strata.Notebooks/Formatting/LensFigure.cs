using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>What the colours of a lens grid measure.</summary>
internal enum LensQuantity
{
    Probability,
    Entropy,
    Kl,
    Loss,
}

/// <summary>The figures of lenses: the grid (layers upward, positions to the right, the most likely next token in each cell), attributions, scores by layer.</summary>
internal static class LensFigure
{
    private const int MaxPositions = 200;
    private const int MaxToken = 12;
    private const int MaxParts = 40, LargestParts = 12;

    /// <summary>The grid of one row of the data.</summary>
    /// <param name="lens">The lens.</param>
    /// <param name="row">Row of the data.</param>
    /// <param name="quantity">What the colours measure.</param>
    /// <param name="positions">The positions that are drawn, at most so many as fit; null for the first.</param>
    public static Figure Of(LogitLens lens, int row, LensQuantity quantity, PositionSelection? positions = null)
    {
        int[] ids = lens.Rows.Sequences[row];
        int[] wanted = [.. Enumerable.Range(0, ids.Length).Where(t => positions?.Contains(t, ids.Length) ?? true)], drawn = [.. wanted.Take(MaxPositions)];
        if (drawn.Length == 0) throw new StrataException($"None of the {ids.Length} positions of row {row} is among {positions}.");
        int shown = drawn.Length, points = lens.Points.Count;
        double[,] values = new double[points, shown];
        string[,] texts = new string[points, shown];
        for (int p = 0; p < points; p++)
        {
            for (int t = 0; t < shown; t++)
            {
                LensCell cell = lens.Cells[row][p][drawn[t]];
                values[p, t] = Value(cell, quantity);
                texts[p, t] = Label(lens.OutputLabel(cell.TopId));
            }
        }

        HeatmapStyle style = new()
        {
            X = lens.Rows.Images is null ? "position: token that is read there" : "token of the image: row and column of its patch",
            Y = "after block (in: before the first)",
            Value = AxisOf(quantity),
            RowLabels = lens.Points.Select(LayerLabel).ToArray(),
            ColumnLabels = drawn.Select(t => $"{t}: {Label(lens.TokenLabel(ids[t]))}").ToArray(),
            CellTexts = texts,
            RowsUpward = true,
            Min = quantity == LensQuantity.Probability ? 0 : null,
            Max = quantity == LensQuantity.Probability ? 1 : null,
        };
        string title = lens.Rows.Images is not null ? "Logit lens: the most likely class at each layer"
            : lens.Ahead > 0 ? $"Future lens: the most likely token {lens.Ahead + 1} positions on, at each layer"
            : IsAffine(lens) ? "Affine lens: the most likely next token at each layer" : "Logit lens: the most likely next token at each layer";
        Figure figure = Figure.Heatmap(title, values, style).WithProvenance(lens.Provenance)
            .WithNotes($"Each layer's stream is {(IsAffine(lens) ? "mapped to the last by least squares, then " : "")}read through the final norm, with its own statistics, and the unembedding.");
        if (lens.Rows.Count > 1) figure = figure.WithSubtitle($"row {row} of {lens.Rows.Count}");
        return shown == wanted.Length ? figure : figure.WithNotes($"First {shown} of {wanted.Length} positions.");
    }

    /// <summary>The number of the block whose output a stream is, with its run where it runs again.</summary>
    private static string LayerLabel(string point) => BlockPoint.Of(point) switch
    {
        { Place: "resid_pre" } => "in",
        { } output => $"{output.Block}{(output.Place.IndexOf('#') is int again and >= 0 ? output.Place[again..] : "")}",
        null => point,
    };

    /// <summary>What each part adds to a score: a bar per part, or blocks against heads and neurons where there are such.</summary>
    public static Figure Of(DirectLogitAttribution attribution)
    {
        string title = $"Direct logit attribution: {Escape.Clip(TokenText.Visible(attribution.Title).Replace('␣', ' '), 120)}";
        Figure figure = attribution.Parts.Any(p => p.Contains(".head.", StringComparison.Ordinal) || p.Contains(".neurons.", StringComparison.Ordinal)) ? ByBlock(attribution, title)
            : Figure.Bars(title, "part of the stream", "adds to the score", attribution.Parts, new BarSeries("adds", attribution.Values));
        return figure.WithNotes(attribution.ToTable().Notes).WithProvenance(attribution.Provenance);
    }

    /// <summary>Figure and table of an attribution; of many parts the table has the largest.</summary>
    public static IReadOnlyList<object> Parts(DirectLogitAttribution attribution) => [Of(attribution), attribution.ToTable(attribution.Parts.Count > MaxParts ? LargestParts : null)];

    /// <summary>A row per run of a block, a column per part of it; what lies outside of blocks is told in a note.</summary>
    private static Figure ByBlock(DirectLogitAttribution attribution, string title)
    {
        List<string> rows = [], columns = [];
        List<(int Row, int Column, double Value)> cells = [];
        List<string> outside = [];
        foreach ((string part, double value) in attribution.Parts.Zip(attribution.Values))
        {
            if (BlockPoint.Of(part) is not { } point)
            {
                outside.Add($"{part} {NumberText.Significant(value)}");
                continue;
            }

            string[] run = point.Place.Split('#');
            cells.Add((Place(rows, run.Length > 1 ? $"{point.Block} (run {run[1]})" : $"{point.Block}"), Place(columns, run[0].Replace("attn.head.", "head ").Replace("mlp.neurons.", "neurons ").Replace("attn.bias", "attention bias").Replace("mlp.bias", "MLP bias")), value));
        }

        // Every MLP behind every attention, also where blocks differ in what they have.
        int[] order = [.. Enumerable.Range(0, columns.Count).OrderBy(c => columns[c].StartsWith("mlp", StringComparison.Ordinal) || columns[c].StartsWith("neurons", StringComparison.Ordinal) || columns[c].StartsWith("MLP", StringComparison.Ordinal))];
        double[,] values = new double[rows.Count, columns.Count];
        for (int i = 0; i < rows.Count; i++) for (int j = 0; j < columns.Count; j++) values[i, j] = double.NaN;
        foreach ((int row, int column, double value) in cells) values[row, Array.IndexOf(order, column)] = value;
        HeatmapStyle style = new() { X = "part of the block", Y = "block", Value = "adds to the score", RowLabels = rows, ColumnLabels = [.. order.Select(c => columns[c])], Scale = ColorScaleKind.Diverging, RowsUpward = true };
        return Figure.Heatmap(title, values, style).WithNotes($"Outside of the blocks: {string.Join(", ", outside)}.");
    }

    private static int Place(List<string> names, string name)
    {
        int place = names.IndexOf(name);
        if (place >= 0) return place;
        names.Add(name);
        return names.Count - 1;
    }

    /// <summary>Identifiability and hits of the class-space lens over the blocks, the network with random weights dashed.</summary>
    public static Figure Identified(Table table)
    {
        double[] places = [.. Enumerable.Range(0, table.Rows).Select(i => (double)i)];
        IEnumerable<LineSeries> lines = table.Columns.Where(c => c.Name is "cls identifiability" or "patch identifiability" or "random weights")
            .Select(c => new LineSeries(c.Name, places, table[c.Name].Numbers) { Dashed = c.Name == "random weights" });
        return Figure.Lines("How far the true class is up among all classes", "layer (0: the embedding)", "identifiability", [.. lines]).WithNotes(table.Notes).WithProvenance(table.Provenance);
    }

    /// <summary>Precision and surprisal of a lens over the blocks, the unmapped stream and the constant dashed; then the table.</summary>
    public static IReadOnlyList<object> Judged(Table table)
    {
        double[] places = Enumerable.Range(0, table.Rows).Select(i => (double)i).ToArray();
        LineSeries Line(string column, bool dashed = false) => new(column, places, table[column].Numbers) { Dashed = dashed };
        Axis x = "layer (0: the embedding)";
        return
        [
            Figure.Lines($"{table.Title}: share of the network's own most likely tokens", x, "precision", Line("precision@1"), Line("precision@5"), Line("precision@10"), Line("identity@1", true), Line("constant@1", true)).WithNotes(table.Notes).WithProvenance(table.Provenance),
            Figure.Lines($"{table.Title}: surprisal of the network's own most likely token", x, new Axis("surprisal", "nats"), Line("surprisal"), Line("identity surprisal", true)).WithProvenance(table.Provenance),
            table,
        ];
    }

    private static bool IsAffine(LogitLens lens) => lens.Provenance.Settings["lens"].StartsWith("affine", StringComparison.Ordinal);

    private static double Value(LensCell cell, LensQuantity quantity) => quantity switch
    {
        LensQuantity.Probability => cell.Probability,
        LensQuantity.Entropy => cell.Entropy,
        LensQuantity.Kl => cell.Divergence,
        _ => cell.Loss,
    };

    private static Axis AxisOf(LensQuantity quantity) => quantity switch
    {
        LensQuantity.Probability => "probability of that token",
        LensQuantity.Entropy => new Axis("entropy", "nats"),
        LensQuantity.Kl => new Axis("KL(final ‖ layer)", "nats"),
        _ => new Axis("loss of the true next token", "nats"),
    };

    private static string Label(string token) => Escape.Clip(TokenText.Visible(token), MaxToken);
}
