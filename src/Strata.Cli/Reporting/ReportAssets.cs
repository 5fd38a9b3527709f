namespace Strata.Cli.Reporting;

/// <summary>What the outputs of formatters need in the page that holds them.</summary>
/// <param name="Style">A <c>style</c> element, or nothing.</param>
/// <param name="FigureScript">Script elements that make figures interactive, or nothing; put into a report only when it holds a figure.</param>
public sealed record ReportAssets(string Style, string FigureScript);
