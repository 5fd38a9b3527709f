using System.Text;

namespace Strata.Notebooks;

/// <summary>Writes a figure as HTML: the static drawing, its notes and provenance, and the data for the interactive plot that takes the drawing's place.</summary>
internal static class FigureHtml
{
    private const int MaxNotes = 20;

    public static string Render(Figure figure, FittedFigure fitted)
    {
        string id = "strata-" + Guid.NewGuid().ToString("N")[..16];
        StringBuilder html = new();
        html.Append(StrataStyle.Element).Append($"<div class=\"strata-figure\" id=\"{id}\"><div class=\"strata-plot\">").Append(fitted.Svg).Append("</div>");
        foreach (string note in figure.GivenNotes.Take(MaxNotes).Concat(fitted.Notes)) html.Append("<p class=\"strata-note\">").Append(Escape.Html(Escape.Clip(note, 600))).Append("</p>");
        if (!PlotlyAsset.IsAvailable) html.Append("<p class=\"strata-note\">Static drawing: this build holds no plotly.js.</p>");
        html.Append(ProvenanceLines.Details(figure.Provenance));
        if (PlotlyAsset.IsAvailable) html.Append("<script type=\"application/json\">").Append(fitted.PlotlyJson).Append("</script><script>").Append(Draw(id)).Append("</script>");
        return html.Append("</div>").ToString();
    }

    /// <summary>Draws as soon as plotly.js is there: now, when <see cref="PlotlyAsset.Script"/> has run, or when the page has loaded. The drawing comes back if that fails.</summary>
    private static string Draw(string id) =>
        $"(function(){{var r=document.getElementById(\"{id}\"),done=false;"
        + "function draw(){if(done||!r||!window.Plotly)return;done=true;"
        + "var p=r.querySelector(\".strata-plot\"),s=p.innerHTML,d=document.createElement(\"div\");"
        + "function back(){p.innerHTML=s}"
        + "try{var f=JSON.parse(r.querySelector(\"script\").textContent);p.textContent=\"\";p.appendChild(d);"
        + "Plotly.newPlot(d,f.data,f.layout,f.config).catch(back)}catch(e){back()}}"
        + "draw();if(!done){document.addEventListener(\"strata-plotly\",draw);window.addEventListener(\"load\",draw)}})();";
}
