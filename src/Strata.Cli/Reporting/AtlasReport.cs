using Strata.Models;
using Strata.Notebooks;
using Strata.Research;

namespace Strata.Cli.Reporting;

/// <summary>The page of an atlas as a file of its own, in the looks of reports. It holds no script.</summary>
internal static class AtlasReport
{
    /// <summary>More room than a report's column of text has, and the paper's margins left to the printer.</summary>
    private const string Css = "main.atlas{max-width:1240px;margin:auto;padding:28px 20px 48px}@media (max-width:600px){main.atlas{padding:16px 12px 32px}}@media print{main.atlas{padding:0;max-width:none}:root{--text:#000;--quiet:#333;--paper:#fff}@page{size:A4;margin:14mm}}";

    /// <summary>Writes the page; the file is replaced as a whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="atlas">The atlas.</param>
    /// <param name="command">The command that made it.</param>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public static void Write(string path, Atlas atlas, string command) => AtomicFile.WriteText(path,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">"
        + $"{ReportWriter.GeneratorMark}<title>{Html.Escape(AtlasPage.Title(atlas))}</title><style>{ReportStyle.Css}{Css}</style></head><body><main class=\"atlas\">"
        + $"{AtlasPage.ToHtml(atlas, command)}<footer>Strata {Html.Escape(new Provenance().Version)}</footer></main></body></html>\n");
}
