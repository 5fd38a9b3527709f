using System.CommandLine;
using Strata.Cli.Reporting;
using Strata.Cli.Running;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary><c>strata report</c>: renders executed notebooks, of any kernel, as they are; nothing runs.</summary>
internal static class ReportVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> notebooks = new("NOTEBOOK") { Description = "Executed notebooks (.ipynb) of any kernel.", Arity = ArgumentArity.OneOrMore };
        Option<string?> report = new("--report", "-o") { Description = "The report: one HTML file that needs no network. Without it, the notebook's name with .html, beside it.", HelpName = "OUT.html" };
        Option<string?> site = new("--site") { Description = "Write a page with a searchable card per notebook, and a report of each, into this folder.", HelpName = "FOLDER" };
        return Verb.Create("report", "Render executed notebooks to reports, or to a gallery; nothing runs.", [notebooks, report, site], (parse, _) =>
        {
            string[] paths = parse.GetRequiredValue(notebooks);
            if (parse.GetValue(site) is { } folder)
            {
                if (parse.GetValue(report) is not null) throw new StrataException("--report and --site exclude each other; give one.");
                Gallery.Write(folder, Read(paths));
                terminal.Note($"Gallery of {paths.Length} {(paths.Length == 1 ? "notebook" : "notebooks")}: {Path.Combine(folder, Gallery.IndexFile)}");
                return;
            }

            if (paths.Length > 1) throw new StrataException($"{paths.Length} notebooks were given: --site FOLDER writes a gallery of them; --report takes one.");
            terminal.Note($"Report: {WriteOne(paths[0], parse.GetValue(report))}");
        });
    }

    private static string WriteOne(string path, string? target)
    {
        target ??= Path.ChangeExtension(path, ".html");
        AtomicFile.CheckTarget(target);
        if (Path.GetFullPath(target) == Path.GetFullPath(path)) throw new StrataException($"--report {target}: the report would replace the notebook; give it a name of its own, such as report.html.");
        new ReportWriter(ReportAssets.OfThisBuild).Write(target, ReadExecuted(path), path, run: null);
        return target;
    }

    private static IReadOnlyList<(string Path, Notebook Notebook)> Read(IEnumerable<string> paths) => paths.Select(path => (path, ReadExecuted(path))).ToArray();

    private static Notebook ReadExecuted(string path)
    {
        Notebook notebook = Notebook.Read(path);
        return notebook.IsExecuted
            ? notebook
            : throw new InvalidFileException(path, $"has not been executed: none of its code cells has outputs. Run it first: strata run \"{path}\" --save EXECUTED.ipynb");
    }
}
