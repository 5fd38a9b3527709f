using System.Text;

namespace Strata.Notebooks;

/// <summary>HTML of a plot: a static drawing, which the interactive plot replaces in documents that hold plotly.js (<see cref="PlotlyAsset.Script"/>).</summary>
public static class PlotlyFragment
{
    /// <summary>The fragment.</summary>
    /// <param name="drawing">HTML to show until the plot is drawn, and where plotly.js is missing or fails.</param>
    /// <param name="remarks">HTML below the plot; empty for none.</param>
    /// <param name="json">The Plotly figure: <c>data</c>, <c>layout</c>, <c>config</c>. What could end the script block is escaped here.</param>
    public static string Render(string drawing, string remarks, string json)
    {
        string id = "strata-" + Guid.NewGuid().ToString("N")[..16];
        StringBuilder html = new();
        html.Append(StrataStyle.Element).Append($"<div class=\"strata-figure\" id=\"{id}\"><div class=\"strata-plot\">").Append(drawing).Append("</div>").Append(remarks);
        // Within JSON, < occurs in texts alone, where the escape means the same.
        if (PlotlyAsset.IsAvailable) html.Append("<script type=\"application/json\">").Append(json.Replace("<", "\\u003C", StringComparison.Ordinal)).Append("</script><script>").Append(Draw(id)).Append("</script>");
        return html.Append("</div>").ToString();
    }

    /// <summary>Draws as soon as plotly.js is there: now, when <see cref="PlotlyAsset.Script"/> has run, or when the page has loaded. The drawing comes back if that fails.</summary>
    private static string Draw(string id) =>
        $"(function(){{var r=document.getElementById(\"{id}\"),done=false;"
        + "function draw(){if(done||!r||!window.Plotly)return;done=true;"
        + "var p=r.querySelector(\".strata-plot\"),s=p.innerHTML,d=document.createElement(\"div\");"
        + "function back(){p.innerHTML=s}"
        + "try{var f=JSON.parse(r.querySelector(\"script\").textContent);p.textContent=\"\";p.appendChild(d);"
        // Texts of cells that a narrow page makes smaller than two letters are told on hovering alone.
        + "f.data.forEach(function(t){if(t.texttemplate&&(d.clientWidth-220)/t.z[0].length<15)delete t.texttemplate});"
        + "Plotly.newPlot(d,f.data,f.layout,f.config).catch(back)}catch(e){back()}}"
        + "draw();if(!done){document.addEventListener(\"strata-plotly\",draw);window.addEventListener(\"load\",draw)}})();";
}
