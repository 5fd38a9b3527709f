using Strata.Notebooks;

namespace Strata.Cli.Reporting;

/// <summary>What the outputs of formatters need in the page that holds them.</summary>
/// <param name="Style">A <c>style</c> element, or nothing.</param>
/// <param name="FigureScript">JavaScript that makes figures interactive, or nothing; put into a report only when it holds a figure.</param>
public sealed record ReportAssets(string Style, string FigureScript)
{
    /// <summary>What this build holds.</summary>
    public static ReportAssets OfThisBuild => new(StrataStyle.Element, PlotlyAsset.Source);

    /// <summary>A file beside the report that holds <see cref="FigureScript"/>, for reports that share it; null when each holds its own.</summary>
    public string? FigureScriptFile { get; init; }

    /// <summary>The page that the report belongs to, beside it; null for a report of its own.</summary>
    public string? GalleryFile { get; init; }
}
