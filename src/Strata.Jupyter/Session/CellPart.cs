namespace Strata.Jupyter.Session;

/// <summary>What a stretch of a cell is.</summary>
internal enum CellPartKind
{
    /// <summary>C# lines.</summary>
    CSharp,

    /// <summary>One magic command.</summary>
    Magic,

    /// <summary>Text to be shown as Markdown.</summary>
    Markdown,

    /// <summary>Text to be shown as HTML.</summary>
    Html,

    /// <summary>Code in a language that is not run here; the text is the line that names it.</summary>
    Foreign,
}

/// <summary>A stretch of a cell that is executed at once.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text. C# is preceded by as many empty lines as stand before it in the cell, so that line numbers are the cell's.</param>
internal sealed record CellPart(CellPartKind Kind, string Text)
{
    /// <summary>Lines that say, in other notebook hosts too, in which language the lines after them are.</summary>
    private static readonly Dictionary<string, CellPartKind> Selectors = new(StringComparer.OrdinalIgnoreCase)
    {
        ["#!csharp"] = CellPartKind.CSharp,
        ["#!c#"] = CellPartKind.CSharp,
        ["#!markdown"] = CellPartKind.Markdown,
        ["#!html"] = CellPartKind.Html,
        ["#!javascript"] = CellPartKind.Foreign,
        ["#!js"] = CellPartKind.Foreign,
        ["#!fsharp"] = CellPartKind.Foreign,
        ["#!f#"] = CellPartKind.Foreign,
        ["#!pwsh"] = CellPartKind.Foreign,
        ["#!powershell"] = CellPartKind.Foreign,
        ["#!python"] = CellPartKind.Foreign,
        ["#!r"] = CellPartKind.Foreign,
        ["#!sql"] = CellPartKind.Foreign,
        ["#!kql"] = CellPartKind.Foreign,
        ["#!http"] = CellPartKind.Foreign,
        ["#!mermaid"] = CellPartKind.Foreign,
        ["#!value"] = CellPartKind.Foreign,
    };

    /// <summary>Splits a cell's source at its magic lines and at the lines that name a language.</summary>
    public static IReadOnlyList<CellPart> Split(string source)
    {
        List<CellPart> parts = [];
        List<string> lines = [];
        CellPartKind kind = CellPartKind.CSharp;
        int line = 0;
        foreach (string text in source.ReplaceLineEndings("\n").Split('\n'))
        {
            if (IsSelector(text, out CellPartKind selected))
            {
                Add(parts, kind, lines, line);
                kind = selected;
                if (kind == CellPartKind.Foreign) parts.Add(new CellPart(kind, text.Trim()));
            }
            else if (kind == CellPartKind.CSharp && text.StartsWith("#!", StringComparison.Ordinal))
            {
                Add(parts, kind, lines, line);
                parts.Add(new CellPart(CellPartKind.Magic, text.Trim()));
            }
            else
            {
                lines.Add(text);
            }

            line++;
        }

        Add(parts, kind, lines, line);
        return parts;
    }

    /// <summary>The C# of a cell that is being written: every other line is blank, and every character keeps its place.</summary>
    public static string CSharpOf(string source)
    {
        CellPartKind kind = CellPartKind.CSharp;
        IEnumerable<string> Lines()
        {
            foreach (string text in source.Split('\n'))
            {
                bool isSelector = IsSelector(text, out CellPartKind selected);
                if (isSelector) kind = selected;
                bool isCode = !isSelector && kind == CellPartKind.CSharp && !text.StartsWith("#!", StringComparison.Ordinal);
                yield return isCode ? text : new string(' ', text.Length);
            }
        }

        return string.Join('\n', Lines());
    }

    private static bool IsSelector(string line, out CellPartKind kind)
    {
        kind = CellPartKind.CSharp;
        return line.StartsWith("#!", StringComparison.Ordinal) && Selectors.TryGetValue(line.Trim(), out kind);
    }

    private static void Add(List<CellPart> parts, CellPartKind kind, List<string> lines, int end)
    {
        if (kind != CellPartKind.Foreign && lines.Any(text => !string.IsNullOrWhiteSpace(text)))
            parts.Add(new CellPart(kind, (kind == CellPartKind.CSharp ? new string('\n', end - lines.Count) : "") + string.Join('\n', lines)));
        lines.Clear();
    }
}
