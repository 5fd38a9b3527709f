using System.Collections;
using Strata.Notebooks;
using Strata.Research;

namespace Strata.DotNetInteractive;

/// <summary>
/// What the host must be told of the types that Strata shows. Figures and outputs of magic commands carry their formatters themselves (the convention of
/// <c>TypeFormatterSourceAttribute</c>); types of the assemblies below do not know of notebooks, so the extension registers them from this list.
/// </summary>
public static class DisplayedTypes
{
    private static readonly string[] Text = [MimeBundle.Html, MimeBundle.Markdown, MimeBundle.PlainText];
    private static readonly string[] Plot = [MimeBundle.Html, MimeBundle.Svg, MimeBundle.Markdown, MimeBundle.PlainText];

    // Text, sequences and exceptions are shown as the host shows them.
    private static readonly Type[] LeftToHost = [typeof(string), typeof(IEnumerable), typeof(Exception)];

    /// <summary>
    /// Whether outputs may hold Plotly JSON. The host's Jupyter mode sends every rendering but <c>application/json</c> as a string, which front ends then prefer and
    /// cannot draw; there, figures are drawn from their HTML.
    /// </summary>
    public static bool HasPlotly { get; } = !Environment.GetCommandLineArgs().Contains("jupyter");

    /// <summary>Each type with the MIME types of its renderings.</summary>
    public static IReadOnlyList<(Type Type, string[] MimeTypes)> All { get; } = Formatters.Types
        .Except(LeftToHost)
        .Except([typeof(MimeBundle)])
        .OrderBy(type => type.Name, StringComparer.Ordinal)
        .Select(type => (type, type == typeof(Figure) || type == typeof(ComparisonMatrix) ? WithPlotly(Plot) : Text))
        .ToArray();

    /// <summary>The script that draws figures, as an output to be shown once in a notebook; null where this build has none.</summary>
    public static MimeBundle? PlotlyScript { get; } = PlotlyAsset.IsAvailable
        ? new MimeBundle(new Dictionary<string, string> { [MimeBundle.Html] = PlotlyAsset.Script, [MimeBundle.PlainText] = "Strata is loaded; #!strata lists its commands." })
        : null;

    /// <summary>Writes one rendering of a value.</summary>
    /// <returns>Whether the value has this rendering.</returns>
    public static bool Write(object value, string mimeType, TextWriter writer)
    {
        if (!Formatters.Format(value).Renderings.TryGetValue(mimeType, out string? text)) return false;
        writer.Write(text);
        return true;
    }

    /// <summary>Leaves out what this host cannot carry.</summary>
    internal static MimeBundle Fit(MimeBundle output) => HasPlotly || !output.Renderings.ContainsKey(MimeBundle.Plotly)
        ? output
        : output with { Renderings = output.Renderings.Where(pair => pair.Key != MimeBundle.Plotly).ToDictionary() };

    private static string[] WithPlotly(string[] types) => HasPlotly ? [MimeBundle.Plotly, .. types] : types;
}
