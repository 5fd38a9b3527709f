using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The class-space lens drawn on the image: for each layer its patches in the colours of their most likely classes.</summary>
internal static class ClassOverlay
{
    private const int MaxPanels = 16, PanelsPerRow = 4, MaxLabel = 40;
    private const double Margin = 14, Gap = 12;

    /// <summary>The image, then a panel per layer; hovering over a patch tells its class.</summary>
    /// <param name="lens">The lens.</param>
    /// <param name="row">Which image.</param>
    /// <param name="picture">The image as the network saw it; null leaves the ground white.</param>
    public static Html Of(ClassLens lens, int row, PixelImage? picture)
    {
        (int height, int width) = (lens.Rows.Images![row].Height, lens.Rows.Images[row].Width);
        (int rows, int columns) = lens.Image.GridOf(height, width);
        int[] points = Thinned(lens.Points.Count);
        int[] classes = [.. Coloured(lens, row, points)];
        double side = (SvgFigure.Width - 2 * Margin - (PanelsPerRow - 1) * Gap) / PanelsPerRow, tall = side * height / width;
        string title = $"Most likely class of each patch, by layer: image {row}{Truth(lens, row)}";
        SvgCanvas canvas = new();
        canvas.Text(Margin, 28, SvgCanvas.Fit(title, 15, SvgFigure.Width - 2 * Margin), 15, bold: true);
        string id = $"seen-{lens.Provenance.DataHash?[..12]}-{row}-{points.Length}";
        if (picture is not null)
            canvas.Raw($"<defs><image id=\"{id}\" width=\"{SvgCanvas.N(side)}\" height=\"{SvgCanvas.N(tall)}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{Convert.ToBase64String(picture.ToPng())}\"/></defs>");
        double top = 44;
        for (int panel = 0; panel <= points.Length; panel++)
        {
            double left = Margin + panel % PanelsPerRow * (side + Gap), upper = top + panel / PanelsPerRow * (tall + 30);
            string name = panel == 0 ? "what the network sees" : BlockPoint.Of(lens.Points[points[panel - 1]]) is { Place: "resid_pre" } ? "before block 0" : $"after block {BlockPoint.Of(lens.Points[points[panel - 1]])!.Value.Block}";
            canvas.Text(left, upper + 12, name, 11, bold: true);
            canvas.Raw(string.Create(CultureInfo.InvariantCulture, $"<g transform=\"translate({left:0.#} {upper + 17:0.#})\">"));
            if (picture is not null) canvas.Raw($"<use href=\"#{id}\"/>");
            canvas.Raw($"<rect width=\"{SvgCanvas.N(side)}\" height=\"{SvgCanvas.N(tall)}\" fill=\"none\" stroke=\"#bbb\"/>");
            if (panel > 0) Patches(canvas, lens, row, points[panel - 1], classes, side * lens.Image.Patch / width, tall * lens.Image.Patch / height);
            canvas.Raw("</g>");
        }

        double bottom = Legend(canvas, lens, classes, top + (points.Length / PanelsPerRow + 1) * (tall + 30) + 10);
        string note = $"{columns} x {rows} patches through final norm and classifier. The more likely the class, the stronger the colour; grey: other classes. A patch mixes with others from block to block, so late patches may speak of the whole image.";
        foreach (string line in SvgCanvas.Wrap(note, 10.5, SvgFigure.Width - 2 * Margin, 3)) canvas.Text(Margin, bottom += 14, line, 10.5, fill: SvgCanvas.Faint);
        return new Html(canvas.Finish(bottom + 12, title, ProvenanceLines.OneLine(lens.Provenance)));
    }

    private static void Patches(SvgCanvas canvas, ClassLens lens, int row, int point, int[] classes, double width, double height)
    {
        int[] ids = lens.Rows.Sequences[row];
        ClassCell[] cells = lens.Cells[row][point];
        for (int t = 0; t < ids.Length; t++)
        {
            if (lens.Image.PlaceOf(ids[t]) is not { } place) continue;
            int colour = Array.IndexOf(classes, cells[t].Top);
            string fill = colour < 0 ? "#777" : ColorScale.Palette[colour];
            string label = $"{place.Row},{place.Column}: {Label(lens, cells[t].Top)} {cells[t].Probability.ToString("P0", CultureInfo.InvariantCulture)}";
            if (!float.IsNaN(cells[t].TrueProbability)) label += $"; true class {cells[t].TrueProbability.ToString("P0", CultureInfo.InvariantCulture)}";
            canvas.Raw(string.Create(CultureInfo.InvariantCulture,
                $"<rect x=\"{place.Column * width:0.##}\" y=\"{place.Row * height:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" fill=\"{fill}\" fill-opacity=\"{0.25 + 0.6 * cells[t].Probability:0.##}\"><title>{Escape.Html(label)}</title></rect>"));
        }
    }

    private static double Legend(SvgCanvas canvas, ClassLens lens, int[] classes, double top)
    {
        double x = Margin;
        for (int i = 0; i < classes.Length; i++)
        {
            string label = Label(lens, classes[i]);
            double needed = 30 + SvgCanvas.TextWidth(label, 11);
            if (x > Margin && x + needed > SvgFigure.Width - Margin) (x, top) = (Margin, top + 18);
            canvas.Rect(x, top - 9, 11, 11, ColorScale.Palette[i]);
            canvas.Text(x + 16, top, label);
            x += needed;
        }

        return top + 8;
    }

    /// <summary>The classes that most patches are of in the layers that are drawn, the image's own first: as many as there are colours.</summary>
    private static IEnumerable<int> Coloured(ClassLens lens, int row, int[] points)
    {
        int truth = lens.Rows.Classes?[row] ?? -1;
        IEnumerable<int> often = points.SelectMany(p => lens.Cells[row][p]).GroupBy(c => c.Top).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Select(g => g.Key);
        return (truth < 0 ? often : often.Prepend(truth)).Distinct().Take(ColorScale.Palette.Length - 1);
    }

    /// <summary>All points, or as many as there are panels, spread evenly with the last among them.</summary>
    private static int[] Thinned(int count) => count <= MaxPanels - 1
        ? [.. Enumerable.Range(0, count)]
        : [.. Enumerable.Range(0, MaxPanels - 1).Select(i => (int)Math.Round(i * (count - 1.0) / (MaxPanels - 2)))];

    private static string Label(ClassLens lens, int index) => Escape.Clip(TokenText.Visible(lens.Labels[index]).Replace('␣', ' '), MaxLabel);

    private static string Truth(ClassLens lens, int row) => lens.Rows.Classes?[row] is int truth and >= 0 ? $", a {Label(lens, truth)}" : "";
}
