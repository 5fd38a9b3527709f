using System.Text.Json;
using Microsoft.FSharp.Collections;
using Plotly.NET;
using StrataFigure = Strata.Notebooks.Figure;

namespace Strata.PlotlyNet;

/// <summary>From Strata's figures to Plotly.NET's charts.</summary>
public static class FigureExtensions
{
    /// <summary>
    /// The figure as a Plotly.NET chart: the same traces, layout and configuration, to be styled, combined, shown or exported further with Plotly.NET. Its texts carry
    /// HTML entities where Plotly would read markup, so they are harmless in what Plotly.NET writes, which escapes nothing itself. What Strata thinned out for drawing
    /// is thinned out here too (<see cref="StrataFigure.Notes"/>); notes and provenance have no place in a chart.
    /// </summary>
    public static GenericChart ToPlotlyNet(this StrataFigure figure)
    {
        using JsonDocument json = JsonDocument.Parse(figure.ToPlotlyJson());
        IEnumerable<Trace> traces = json.RootElement.GetProperty("data").EnumerateArray().Select(trace => PlotlyObjects.Read(trace, new Trace(trace.GetProperty("type").GetString()!)));
        GenericChart chart = GenericChart.ofTraceObjects(useDefaults: false, ListModule.OfSeq(traces));
        chart = GenericChart.setLayout(PlotlyObjects.Read(json.RootElement.GetProperty("layout"), new Layout()), chart);
        return GenericChart.setConfig(PlotlyObjects.Read(json.RootElement.GetProperty("config"), new Config()), chart);
    }
}
