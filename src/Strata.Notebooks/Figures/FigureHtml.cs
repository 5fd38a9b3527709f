using System.Text;

namespace Strata.Notebooks;

/// <summary>Writes a figure as HTML: the static drawing, its notes and provenance, and the data for the interactive plot that takes the drawing's place.</summary>
internal static class FigureHtml
{
    private const int MaxNotes = 20;

    public static string Render(Figure figure, FittedFigure fitted)
    {
        StringBuilder remarks = new();
        foreach (string note in figure.GivenNotes.Take(MaxNotes).Concat(fitted.Notes)) remarks.Append("<p class=\"strata-note\">").Append(Escape.Html(Escape.Clip(note, 600))).Append("</p>");
        if (!PlotlyAsset.IsAvailable) remarks.Append("<p class=\"strata-note\">Static drawing: this build holds no plotly.js.</p>");
        remarks.Append(ProvenanceLines.Details(figure.Provenance));
        return PlotlyFragment.Render(SvgImage.Html(fitted.Svg, figure.Title), remarks.ToString(), fitted.PlotlyJson);
    }
}
