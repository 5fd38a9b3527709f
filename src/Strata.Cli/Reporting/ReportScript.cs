namespace Strata.Cli.Reporting;

/// <summary>The script of reports on saved notebooks: draws figures over their static pictures, and gives frames the height of their content.</summary>
internal static class ReportScript
{
    /// <summary>The JavaScript. The picture of a figure comes back when drawing fails.</summary>
    public const string Source = """
        (function () {
          function draw(figure) {
            var area = figure.querySelector(".plot-area"), still = Array.from(area.childNodes), box = document.createElement("div");
            function back() { area.replaceChildren.apply(area, still); }
            try {
              var plot = JSON.parse(figure.querySelector("script").textContent);
              area.replaceChildren(box);
              window.Plotly.newPlot(box, plot.data, plot.layout, { responsive: true, displaylogo: false }).catch(back);
            } catch (e) { back(); }
          }
          function fit(frame) {
            var inner = frame.contentDocument;
            if (!inner || !inner.body) return;
            function measure() { frame.style.height = Math.ceil(inner.body.getBoundingClientRect().height) + "px"; }
            measure();
            new ResizeObserver(measure).observe(inner.body);
          }
          if (window.Plotly) document.querySelectorAll("figure.plot").forEach(draw);
          document.querySelectorAll("iframe.html").forEach(function (frame) {
            frame.addEventListener("load", function () { fit(frame); });
            if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit(frame);
          });
        })();
        """;
}
