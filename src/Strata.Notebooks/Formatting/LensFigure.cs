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

    /// <summary>The grid of one row of the data.</summary>
    /// <param name="lens">The lens.</param>
    /// <param name="row">Row of the data.</param>
    /// <param name="quantity">What the colours measure.</param>
    public static Figure Of(LogitLens lens, int row, LensQuantity quantity)
    {
        int[] ids = lens.Rows.Sequences[row];
        int shown = Math.Min(MaxPositions, ids.Length), points = lens.Points.Count;
        double[,] values = new double[points, shown];
        string[,] texts = new string[points, shown];
        for (int p = 0; p < points; p++)
        {
            for (int t = 0; t < shown; t++)
            {
                LensCell cell = lens.Cells[row][p][t];
                values[p, t] = Value(cell, quantity);
                texts[p, t] = Label(lens.OutputLabel(cell.TopId));
            }
        }

        HeatmapStyle style = new()
        {
            X = lens.Rows.Images is null ? "position: token that is read there" : "token of the image: row and column of its patch",
            Y = "layer",
            Value = AxisOf(quantity),
            RowLabels = lens.Points.ToArray(),
            ColumnLabels = ids.Take(shown).Select((id, t) => $"{t}: {Label(lens.TokenLabel(id))}").ToArray(),
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
        return shown == ids.Length ? figure : figure.WithNotes($"First {shown} of {ids.Length} positions.");
    }

    /// <summary>What each part adds to a score, a bar per part.</summary>
    public static Figure Of(DirectLogitAttribution attribution) => Figure.Bars($"Direct logit attribution: {Escape.Clip(TokenText.Visible(attribution.Title), 120)}", "part of the stream", "adds to the score",
        attribution.Parts, new BarSeries("adds", attribution.Values)).WithNotes(attribution.ToTable().Notes).WithProvenance(attribution.Provenance);

    /// <summary>Precision and surprisal of a lens over the blocks, the unmapped stream and the constant dashed; then the table.</summary>
    public static IReadOnlyList<object> Judged(Table table)
    {
        double[] places = Enumerable.Range(0, table.Rows).Select(i => (double)i).ToArray();
        LineSeries Line(string column, bool dashed = false) => new(column, places, table[column].Numbers) { Dashed = dashed };
        Axis x = "streams read: 0 the embedding, then one per block";
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
