namespace Strata.Jupyter.Session;

/// <summary>A stretch of a cell that is executed at once: C# lines, or one magic command.</summary>
/// <param name="IsMagic">Whether it is a magic command.</param>
/// <param name="Text">The text. C# is preceded by as many empty lines as stand before it in the cell, so that line numbers are the cell's.</param>
internal sealed record CellPart(bool IsMagic, string Text)
{
    /// <summary>Names of C# as selectors of a cell's language; they change nothing here.</summary>
    private static readonly string[] Selectors = ["#!csharp", "#!c#"];

    /// <summary>Splits a cell's source at its magic lines.</summary>
    public static IReadOnlyList<CellPart> Split(string source)
    {
        List<CellPart> parts = [];
        List<string> lines = [];
        int line = 0;
        foreach (string text in source.ReplaceLineEndings("\n").Split('\n'))
        {
            if (text.StartsWith("#!", StringComparison.Ordinal))
            {
                AddCode(parts, lines, line);
                if (!Selectors.Contains(text.Trim())) parts.Add(new CellPart(true, text.Trim()));
            }
            else
            {
                lines.Add(text);
            }

            line++;
        }

        AddCode(parts, lines, line);
        return parts;
    }

    private static void AddCode(List<CellPart> parts, List<string> lines, int end)
    {
        if (lines.Any(text => !string.IsNullOrWhiteSpace(text))) parts.Add(new CellPart(false, new string('\n', end - lines.Count) + string.Join('\n', lines)));
        lines.Clear();
    }
}
