using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Strata.Cli.Running;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Cli.Reporting;

/// <summary>A rendered report.</summary>
/// <param name="Html">The page.</param>
/// <param name="Title">The notebook's first heading, or its file's name.</param>
/// <param name="Sections">Its text, heading by heading.</param>
internal sealed record Report(string Html, string Title, IReadOnlyList<Section> Sections);

/// <summary>Turns a notebook into one HTML file that needs nothing else: no network, no folder beside it.</summary>
/// <param name="assets">What the outputs of formatters need in the page.</param>
public sealed class ReportWriter(ReportAssets assets)
{
    /// <summary>What every page says of its maker; pages with it may be replaced by later ones.</summary>
    internal const string GeneratorMark = "<meta name=\"generator\" content=\"Strata\">";

    /// <summary>Code longer than this many lines is folded.</summary>
    private const int FoldedLines = 30;

    /// <summary>Writes the report; the file is replaced as a whole or not at all.</summary>
    /// <param name="path">The report's file.</param>
    /// <param name="notebook">The notebook.</param>
    /// <param name="notebookPath">Its file, for the title and for pictures beside it.</param>
    /// <param name="run">The run that made the outputs; null when they are from the file, and then nothing of them is trusted (see <see cref="SavedOutput"/>).</param>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Write(string path, Notebook notebook, string notebookPath, RunResult? run) => AtomicFile.WriteText(path, Render(notebook, notebookPath, run).Html);

    /// <summary>The report; see <see cref="Write"/>.</summary>
    internal Report Render(Notebook notebook, string notebookPath, RunResult? run)
    {
        MarkdownRenderer markdown = new(Path.GetDirectoryName(Path.GetFullPath(notebookPath))!);
        SavedOutput saved = new(markdown, interactive: assets.FigureScript.Length > 0);
        OutputRenderer outputs = new(saved, trusted: run is not null);
        ProvenanceList provenance = new();
        StringBuilder cells = new();
        for (int i = 0; i < notebook.Cells.Count; i++) Cell(cells, notebook, i, run?.Cells[i], markdown, outputs, provenance);

        string title = markdown.Headings.FirstOrDefault(heading => heading.Level == 1)?.Text is { Length: > 0 } first ? first : Path.GetFileNameWithoutExtension(notebookPath);
        // Of a saved notebook only scripts with this number run, and nobody can have known it when the notebook was written.
        string? nonce = run is null ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) : null;
        StringBuilder page = new();
        Head(page, title, nonce);
        Contents(page, markdown.Headings, !provenance.IsEmpty);
        page.Append("<main>");
        Masthead(page, markdown.Headings, title, notebook, notebookPath, run);
        page.Append(cells);
        if (!provenance.IsEmpty) page.Append(provenance.ToHtml());
        page.Append($"<footer>Strata {Html.Escape(new Provenance().Version)}</footer></main></div>");
        if (run is null ? saved.HasFigure : HasFigure(notebook)) page.Append(FigureScript(nonce));
        if (nonce is not null) page.Append($"<script nonce=\"{nonce}\">{ReportScript.Source}</script>");
        return new Report(page.Append("</body></html>\n").ToString(), title, markdown.Sections);
    }

    private string FigureScript(string? nonce)
    {
        string attribute = nonce is null ? "" : $" nonce=\"{nonce}\"";
        return assets.FigureScriptFile is { } file ? $"<script{attribute} src=\"{Html.Escape(file)}\"></script>"
            : assets.FigureScript.Length > 0 ? $"<script{attribute}>{assets.FigureScript}</script>"
            : "";
    }

    private void Head(StringBuilder page, string title, string? nonce)
    {
        // The policy holds whatever an output contains: the page can fetch nothing.
        string scripts = nonce is null ? "'unsafe-inline' 'unsafe-eval'" : $"'nonce-{nonce}'";
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Append($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src {scripts}; img-src data: blob:; font-src data:; worker-src blob:; form-action 'none'; base-uri 'none'\">")
            .Append($"{GeneratorMark}<title>{Html.Escape(title)}</title><style>{ReportStyle.Css}</style>{assets.Style}</head><body><div class=\"page\">");
    }

    private void Contents(StringBuilder page, IReadOnlyList<Heading> headings, bool hasProvenance)
    {
        page.Append("<nav aria-label=\"Contents\">");
        if (assets.GalleryFile is { } gallery) page.Append($"<a class=\"to-gallery\" href=\"{Html.Escape(gallery)}\">← All notebooks</a>");
        page.Append("<div class=\"contents-title\" id=\"contents\">Contents</div><ol>");
        foreach (Heading heading in headings.Where(heading => heading.Level <= 3))
            page.Append($"<li class=\"level-{heading.Level}\"><a href=\"#{Html.Escape(heading.Anchor)}\">{Html.Escape(heading.Text)}</a></li>");
        if (hasProvenance) page.Append("<li class=\"level-2\"><a href=\"#provenance\">Provenance</a></li>");
        page.Append("</ol></nav>");
    }

    private static void Masthead(StringBuilder page, IReadOnlyList<Heading> headings, string title, Notebook notebook, string notebookPath, RunResult? run)
    {
        page.Append("<header>");
        if (!headings.Any(heading => heading.Level == 1)) page.Append($"<h1>{Html.Escape(title)}</h1>");
        page.Append($"<p class=\"about\"><span>{Html.Escape(Path.GetFileName(notebookPath))}</span>");
        if (run is null)
        {
            page.Append($"<span>{Html.Escape(notebook.KernelName)}</span><span>outputs as saved in the notebook, not run for this report</span>");
            if (FirstError(notebook) is { } failed) page.Append($"<a class=\"badge failed\" href=\"#cell:{failed + 1}\">failed</a>");
        }
        else
        {
            page.Append(CultureInfo.InvariantCulture, $"<span>run {run.Started:yyyy-MM-dd HH:mm zzz}</span><span>{Seconds(run.Duration)}</span>");
            page.Append(run.Failure is { } failure ? $"<a class=\"badge failed\" href=\"#cell:{failure.Position + 1}\">failed</a>" : "<span class=\"badge\">all cells ran</span>");
        }

        page.Append("</p></header>");
    }

    /// <summary>The first cell that failed without announcing it; null when there is none.</summary>
    private static int? FirstError(Notebook notebook) => Enumerable.Range(0, notebook.Cells.Count)
        .Where(i => notebook.Cells[i].Outputs.Any(output => output is ErrorOutput) && !notebook.Cells[i].Tags.Contains("raises-exception"))
        .Select(i => (int?)i).FirstOrDefault();

    private static void Cell(StringBuilder page, Notebook notebook, int position, CellOutcome? outcome, MarkdownRenderer markdown, OutputRenderer outputs, ProvenanceList provenance)
    {
        NotebookCell cell = notebook.Cells[position];

        // A colon keeps the page's own ids apart from those of headings, which have none.
        string anchor = $"cell:{position + 1}";
        switch (cell.Kind)
        {
            case CellKind.Markdown:
                page.Append($"<section class=\"markdown\" id=\"{anchor}\">{markdown.ToHtml(cell.Source, cell.Attachments)}</section>");
                break;
            case CellKind.Raw:
                page.Append($"<section id=\"{anchor}\"><pre class=\"value\">{Html.Escape(cell.Source)}</pre></section>");
                break;
            case CellKind.Code when !string.IsNullOrWhiteSpace(cell.Source) || cell.Outputs.Count > 0:
                string state = outcome?.Status switch
                {
                    CellStatus.Failed => " failed",
                    CellStatus.NotRun => " not-run",
                    _ => "",
                };
                page.Append($"<section class=\"code{state}\" id=\"{anchor}\">");
                Source(page, cell, NotebookRunner.IsCSharp(cell.Language ?? notebook.Language), outcome);
                IReadOnlyList<CellOutput> shown = cell.Outputs;
                for (int i = 0; i < shown.Count; i++) Output(page, shown[i], $"{anchor}:output:{i + 1}", Label(cell, position, shown.Count > 1 ? i + 1 : null), outputs, provenance);
                page.Append("</section>");
                break;
        }
    }

    private static void Source(StringBuilder page, NotebookCell cell, bool isCSharp, CellOutcome? outcome)
    {
        bool folded = cell.IsSourceHidden || cell.Source.Count(c => c == '\n') >= FoldedLines;
        page.Append($"<details{(folded ? "" : " open")}><summary>");
        page.Append(cell.ExecutionCount is { } count ? $"<span class=\"count\">{count}</span>" : "<span class=\"count\">–</span>");
        if (outcome?.Status == CellStatus.NotRun) page.Append("<span>not run</span>");
        else if (outcome is { Status: not CellStatus.NothingToRun }) page.Append($"<span>{Seconds(outcome.Duration)}</span>");
        if (outcome?.Status == CellStatus.FailedAsExpected) page.Append("<span>fails as announced</span>");
        foreach (string tag in cell.Tags) page.Append($"<span class=\"tag\">{Html.Escape(tag)}</span>");
        page.Append($"</summary><pre class=\"source\"><code>{(isCSharp ? CodeTint.ToHtml(cell.Source) : Html.Escape(cell.Source))}</code></pre></details>");
    }

    private static void Output(StringBuilder page, CellOutput output, string anchor, string label, OutputRenderer outputs, ProvenanceList provenance)
    {
        string html = outputs.ToHtml(output);
        if (html.Length == 0) return;
        page.Append($"<div class=\"output\" id=\"{anchor}\">{html}");
        if (output is DisplayOutput display && display.Metadata[Renderings.ProvenanceKey] is JsonObject origin)
        {
            int number = provenance.Add(origin, label, anchor);
            page.Append($"<a class=\"origin\" href=\"#origin:{number}\" title=\"Where this result came from\">provenance {number}</a>");
        }

        page.Append("</div>");
    }

    private static string Label(NotebookCell cell, int position, int? output)
    {
        string place = cell.ExecutionCount is { } count ? $"cell {count}" : $"cell at position {position + 1}";
        return output is null ? place : $"{place}, output {output}";
    }

    private static bool HasFigure(Notebook notebook) =>
        notebook.Cells.SelectMany(cell => cell.Outputs).OfType<DisplayOutput>().Any(display => display.Bundle.Renderings.ContainsKey(MimeBundle.Plotly));

    private static string Seconds(TimeSpan duration) => duration.TotalMinutes < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalMinutes} min {duration.Seconds} s");
}
