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

/// <summary>The grid of a logit lens: layers upward, positions to the right, the most likely next token in each cell.</summary>
internal static class LensFigure
{
    private const int MaxPositions = 64;
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
        Figure figure = Figure.Heatmap(lens.Rows.Images is null ? "Logit lens: the most likely next token at each layer" : "Logit lens: the most likely class at each layer", values, style).WithProvenance(lens.Provenance)
            .WithNotes("Each layer's stream is read through the final norm, with its own statistics, and the unembedding.");
        if (lens.Rows.Count > 1) figure = figure.WithSubtitle($"row {row} of {lens.Rows.Count}");
        return shown == ids.Length ? figure : figure.WithNotes($"First {shown} of {ids.Length} positions.");
    }

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
