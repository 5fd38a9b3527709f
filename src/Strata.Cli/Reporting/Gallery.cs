using System.Security.Cryptography;
using System.Text;
using Strata.Cli.Running;
using Strata.Models;

namespace Strata.Cli.Reporting;

/// <summary>A folder of reports with a page that leads to them. plotly.js lies beside the reports once. Everything works from the file system, offline.</summary>
internal static class Gallery
{
    /// <summary>The page with the cards.</summary>
    public const string IndexFile = "index.html";

    /// <summary>How far into a file the mark of its maker stands.</summary>
    private const int HeadLength = 4096;

    /// <summary>
    /// Writes the gallery. All files are written beside their targets and renamed together; pages of an earlier gallery are replaced, and no other file is touched.
    /// </summary>
    /// <param name="folder">The folder; made when it is missing.</param>
    /// <param name="notebooks">Executed notebooks in the order of their cards.</param>
    /// <exception cref="InvalidFileException">A target is a file that Strata did not write, or cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<(string Path, Notebook Notebook)> notebooks)
    {
        string plotly = ReportAssets.OfThisBuild.FigureScript;
        string plotlyFile = $"plotly-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(plotly)))[..12]}.js";
        ReportWriter writer = new(ReportAssets.OfThisBuild with { FigureScriptFile = plotly.Length > 0 ? plotlyFile : null, GalleryFile = IndexFile });

        List<(string Name, string Text)> files = [];
        List<GalleryCard> cards = [];
        foreach (((string path, Notebook notebook), string name) in notebooks.Zip(Names(notebooks.Select(n => n.Path))))
        {
            Report report = writer.Render(notebook, path, run: null);
            files.Add((name, report.Html));
            cards.Add(GalleryCard.Of(name, notebook, report));
        }

        files.Add((IndexFile, GalleryPage.Render(cards)));
        MakeFolder(folder);
        foreach ((string name, _) in files) RequireOwn(Path.Combine(folder, name));
        // Its name says what it holds, so a file that is there is the right one.
        if (plotly.Length > 0 && !File.Exists(Path.Combine(folder, plotlyFile))) files.Insert(0, (plotlyFile, plotly));
        AtomicFile.Write(files.Select(file => (Path.Combine(folder, file.Name), (Action<Stream>)(stream => stream.Write(Encoding.UTF8.GetBytes(file.Text))))).ToArray());
    }

    /// <summary>A file name per notebook: its own, with a number where another has it already.</summary>
    private static IEnumerable<string> Names(IEnumerable<string> paths)
    {
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase) { IndexFile };
        foreach (string path in paths)
        {
            string stem = Path.GetFileNameWithoutExtension(path), name = $"{stem}.html";
            for (int i = 2; !taken.Add(name); i++) name = $"{stem}-{i}.html";
            yield return name;
        }
    }

    private static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(folder, $"cannot be made: {e.Message}", e);
        }
    }

    private static void RequireOwn(string path)
    {
        AtomicFile.CheckTarget(path);
        if (!File.Exists(path)) return;
        char[] head = new char[HeadLength];
        try
        {
            using StreamReader reader = new(path);
            int read = reader.ReadBlock(head);
            if (new string(head, 0, read).Contains(ReportWriter.GeneratorMark)) return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }

        throw new InvalidFileException(path, "was not written by strata and would be replaced; nothing was changed. Choose another folder, or move the file away.");
    }
}
