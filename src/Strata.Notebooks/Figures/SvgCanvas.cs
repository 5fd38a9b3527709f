using System.Globalization;
using System.Text;

namespace Strata.Notebooks;

/// <summary>Where a text is anchored.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>Collects the elements of a drawing. Every text goes through <see cref="Escape"/>.</summary>
/// <param name="width">Width of the drawing in pixels.</param>
internal sealed class SvgCanvas(double width = SvgFigure.Width)
{
    public const string Ink = "#222";
    public const string Faint = "#666";
    private readonly StringBuilder _elements = new();

    /// <summary>Width of the drawing.</summary>
    public double Width => width;

    /// <summary>Is it one of several side by side, with less room for ticks and a lower plot?</summary>
    public bool IsCompact => width < SvgFigure.Width;

    /// <summary>A coordinate with one decimal.</summary>
    public static string N(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>Width of a text in pixels, estimated from the widths of Helvetica.</summary>
    public static double TextWidth(string text, double size)
    {
        double units = 0;
        foreach (Rune rune in text.EnumerateRunes()) units += RuneWidth(rune.Value);
        return units * size / 1000;
    }

    /// <summary>A text cut so that it fits into a width; empty when not even two characters fit.</summary>
    public static string Fit(string text, double size, double width)
    {
        if (TextWidth(text, size) <= width) return text;
        int length = Math.Min(text.Length, (int)(width / size * 5) + 2);
        while (length > 1 && TextWidth(Escape.Clip(text, length), size) > width) length--;
        return length > 1 && text.Length > length ? Escape.Clip(text, length) : "";
    }

    /// <summary>Breaks a text at spaces into lines that fit a width.</summary>
    public static List<string> Wrap(string text, double size, double width, int maxLines)
    {
        List<string> lines = [];
        string rest = Escape.Clip(text.ReplaceLineEndings(" ").Trim(), 1000);
        while (rest.Length > 0 && lines.Count < maxLines - 1 && TextWidth(rest, size) > width)
        {
            int cut = Fit(rest, size, width).Length - 1;
            int space = rest.LastIndexOf(' ', Math.Max(0, cut));
            int end = space > 0 ? space : Math.Max(1, cut);
            lines.Add(rest[..end]);
            rest = rest[end..].TrimStart();
        }

        if (rest.Length > 0) lines.Add(Fit(rest, size, width));
        return lines;
    }

    public SvgCanvas Raw(string element)
    {
        _elements.Append(element);
        return this;
    }

    public void Text(double x, double y, string text, double size = 11, Anchor anchor = Anchor.Start, string fill = Ink, bool bold = false, double rotate = 0)
    {
        if (text.Length == 0) return;
        _elements.Append("<text x=\"").Append(N(x)).Append("\" y=\"").Append(N(y)).Append('"');
        if (size != 11) _elements.Append(" font-size=\"").Append(N(size)).Append('"');
        if (anchor != Anchor.Start) _elements.Append(" text-anchor=\"").Append(anchor == Anchor.Middle ? "middle" : "end").Append('"');
        if (fill != Ink) _elements.Append(" fill=\"").Append(fill).Append('"');
        if (bold) _elements.Append(" font-weight=\"600\"");
        if (rotate != 0) _elements.Append(" transform=\"rotate(").Append(N(rotate)).Append(' ').Append(N(x)).Append(' ').Append(N(y)).Append(")\"");
        _elements.Append('>').Append(Escape.Html(text)).Append("</text>");
    }

    public void Line(double x1, double y1, double x2, double y2, string stroke, double width = 1) =>
        _elements.Append($"<path d=\"M{N(x1)} {N(y1)}L{N(x2)} {N(y2)}\" stroke=\"{stroke}\" stroke-width=\"{N(width)}\"/>");

    public void Rect(double x, double y, double width, double height, string fill, string? stroke = null) =>
        _elements.Append($"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(width)}\" height=\"{N(height)}\" fill=\"{fill}\"{(stroke is null ? "" : $" stroke=\"{stroke}\"")}/>");

    /// <summary>A path from its data; nothing when there are none.</summary>
    public void Path(StringBuilder data, string attributes)
    {
        if (data.Length > 0) _elements.Append("<path d=\"").Append(data).Append("\" ").Append(attributes).Append("/>");
    }

    /// <summary>The whole drawing as an <c>svg</c> element that shrinks with the page.</summary>
    public string Finish(double height, string title, string description)
    {
        string head = $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(width)} {N(height)}\" width=\"{N(width)}\" height=\"{N(height)}\" role=\"img\" "
            + "style=\"max-width:100%;height:auto\" font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\" font-size=\"11\" fill=\"#222\">";
        return $"{head}<title>{Escape.Html(title)}</title><desc>{Escape.Html(description)}</desc><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>{_elements}</svg>";
    }

    private static int RuneWidth(int rune) => rune switch
    {
        >= ' ' and <= '~' => Ascii[rune - ' '],
        >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0x1F300 => 1000,
        _ => 610,
    };

    // Advance widths of Helvetica, in thousandths of the font size, from space to tilde.
    private static ReadOnlySpan<short> Ascii =>
    [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
        1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
        333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ];
}
