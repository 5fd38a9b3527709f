using Microsoft.CodeAnalysis.CSharp;
using Strata.Jupyter.Session;

namespace Strata.Jupyter.Kernel;

/// <summary>A cell that is being written, with the cursor in it. The protocol counts code points, C# counts UTF-16 units.</summary>
internal sealed class DraftCell
{
    /// <summary>A cell with its cursor.</summary>
    /// <param name="text">The text.</param>
    /// <param name="codePoints">The cursor's position in code points; outside the text, the nearest end counts.</param>
    public DraftCell(string text, int codePoints)
    {
        Text = text;
        Cursor = Utf16(text, codePoints);
        int start = Cursor == 0 ? 0 : text.LastIndexOf('\n', Cursor - 1) + 1;
        int end = text.IndexOf('\n', Cursor);
        LineStart = start;
        Line = text[start..(end < 0 ? text.Length : end)];
    }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>The cursor's position in <see cref="Text"/>.</summary>
    public int Cursor { get; }

    /// <summary>The line with the cursor.</summary>
    public string Line { get; }

    /// <summary>Where that line begins.</summary>
    public int LineStart { get; }

    /// <summary>Whether the cursor is in the line of a magic command.</summary>
    public bool IsInMagic => Line.StartsWith("#!", StringComparison.Ordinal);

    /// <summary>The C# of the cell: other lines are blank, and every character keeps its place.</summary>
    public string Code() => CellPart.CSharpOf(Text);

    /// <summary>Where the identifier begins that ends at the cursor.</summary>
    public int IdentifierStart()
    {
        int start = Cursor;
        while (start > 0 && SyntaxFacts.IsIdentifierPartCharacter(Text[start - 1])) start--;
        return start;
    }

    /// <summary>The word of a magic line on which the cursor stands, without a value that <c>=</c> joins to it.</summary>
    public string Word()
    {
        int at = Cursor - LineStart, start = at, end = at;
        while (start > 0 && !char.IsWhiteSpace(Line[start - 1])) start--;
        while (end < Line.Length && !char.IsWhiteSpace(Line[end])) end++;
        return Line[start..end].Split('=')[0];
    }

    /// <summary>A position in UTF-16 units as the protocol counts it.</summary>
    public int CodePoints(int utf16) => Text.AsSpan(0, utf16).ToString().EnumerateRunes().Count();

    private static int Utf16(string text, int codePoints)
    {
        int at = 0;
        for (; codePoints > 0 && at < text.Length; codePoints--) at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        return at;
    }
}
