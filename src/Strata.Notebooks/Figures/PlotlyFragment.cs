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
        + Fit
        + "try{var f=JSON.parse(r.querySelector(\"script\").textContent);p.textContent=\"\";p.appendChild(d);"
        + "fit(f,d.clientWidth);"
        + "Plotly.newPlot(d,f.data,f.layout,f.config).catch(back)}catch(e){back()}}"
        + "draw();if(!done){document.addEventListener(\"strata-plotly\",draw);window.addEventListener(\"load\",draw)}})();";

    /// <summary>
    /// Fits a plot to a narrow page: texts of cells that become smaller than two letters are told on hovering alone; on a phone titles are broken into lines, the buttons, which would lie over them, left out, scales of colours made slim and square cells not surrounded by empty space.
    /// There is no "&lt;" in it, so that a reader of HTML finds its end.
    /// </summary>
    private const string Fit =
        "function fit(f,w){f.data.forEach(function(t){if(t.texttemplate&&15>(w-180)/t.z[0].length)delete t.texttemplate});"
        + "if(w>=600)return;f.data.forEach(function(t){var b=t.colorbar;if(b){b.thickness=10;if(b.title)b.title.side=\"right\"}});"
        + "if(f.data.length==1&&(f.layout.yaxis||{}).scaleanchor)f.layout.height=Math.min(f.layout.height,w+40);"
        + "f.config.displayModeBar=false;var t=f.layout.title;if(!t)return;var n=Math.floor(w/7.5),c=0;"
        + "t.text=t.text.split(\"\\u003cbr>\").map(function(l){if(l.indexOf(\"\\u003c\")>=0)return l;var o=[\"\"];l.split(\" \").forEach(function(x){var e=o[o.length-1];"
        + "if(e&&e.length+x.length>=n){o.push(x);c++}else o[o.length-1]=e?e+\" \"+x:x});return o.join(\"\\u003cbr>\")}).join(\"\\u003cbr>\");f.layout.margin.t+=20*c}";
}
