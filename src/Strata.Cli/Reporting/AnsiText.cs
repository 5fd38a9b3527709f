using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Strata.Cli.Reporting;

/// <summary>
/// Console text as HTML: the colours and weights of its SGR sequences (ECMA-48, 8.3.117) become spans, other control sequences are taken out, and of a line that was
/// overwritten the last state stays, as a terminal would show it.
/// </summary>
internal sealed partial class AnsiText
{
    private int? _color, _background;
    private string? _exactColor, _exactBackground;
    private bool _bold, _faint, _italic, _underlined;

    private AnsiText()
    {
    }

    /// <summary>The text as HTML, all of it escaped.</summary>
    public static string ToHtml(string text)
    {
        // What was overwritten goes; the colours set in it stay, as on a terminal.
        string shown = Overwritten().Replace(text.Replace("\r\n", "\n"), match => string.Concat(Codes().Matches(match.Value).Select(code => code.Value)));
        StringBuilder html = new();
        AnsiText state = new();
        int end = 0;
        foreach (Match code in Codes().Matches(shown))
        {
            state.Append(html, shown[end..code.Index]);
            end = code.Index + code.Length;
            if (code.Groups["sgr"].Success) state.Apply(code.Groups["sgr"].Value);
        }

        state.Append(html, shown[end..]);
        return html.ToString();
    }

    private void Append(StringBuilder html, string text)
    {
        if (text.Length == 0) return;
        string classes = string.Join(' ', Classes()), style = string.Concat(Styles());
        bool plain = classes.Length == 0 && style.Length == 0;
        if (!plain) html.Append("<span").Append(classes.Length > 0 ? $" class=\"{classes}\"" : "").Append(style.Length > 0 ? $" style=\"{style}\"" : "").Append('>');
        html.Append(Html.Escape(text));
        if (!plain) html.Append("</span>");
    }

    private IEnumerable<string> Classes()
    {
        if (_color is { } color) yield return $"ansi-{color}";
        if (_background is { } background) yield return $"ansi-on-{background}";
        if (_bold) yield return "ansi-bold";
        if (_faint) yield return "ansi-faint";
        if (_italic) yield return "ansi-italic";
        if (_underlined) yield return "ansi-underlined";
    }

    private IEnumerable<string> Styles()
    {
        if (_exactColor is { } color) yield return $"color:{color};";
        if (_exactBackground is { } background) yield return $"background:{background};";
    }

    private void Apply(string sequence)
    {
        int[] codes = sequence.Split(';').Select(code => int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0).ToArray();
        for (int i = 0; i < codes.Length; i++)
        {
            switch (codes[i])
            {
                case 0: (_color, _background, _exactColor, _exactBackground, _bold, _faint, _italic, _underlined) = (null, null, null, null, false, false, false, false); break;
                case 1: _bold = true; break;
                case 2: _faint = true; break;
                case 3: _italic = true; break;
                case 4: _underlined = true; break;
                case 22: (_bold, _faint) = (false, false); break;
                case 23: _italic = false; break;
                case 24: _underlined = false; break;
                case >= 30 and <= 37: (_color, _exactColor) = (codes[i] - 30, null); break;
                case >= 90 and <= 97: (_color, _exactColor) = (codes[i] - 90 + 8, null); break;
                case 38: (_color, _exactColor) = Extended(codes, ref i); break;
                case 39: (_color, _exactColor) = (null, null); break;
                case >= 40 and <= 47: (_background, _exactBackground) = (codes[i] - 40, null); break;
                case >= 100 and <= 107: (_background, _exactBackground) = (codes[i] - 100 + 8, null); break;
                case 48: (_background, _exactBackground) = Extended(codes, ref i); break;
                case 49: (_background, _exactBackground) = (null, null); break;
            }
        }
    }

    /// <summary>A colour of the table of 256, or of three bytes, as codes 38 and 48 have it.</summary>
    private static (int? Named, string? Exact) Extended(int[] codes, ref int i)
    {
        if (i + 2 < codes.Length && codes[i + 1] == 5)
        {
            int index = codes[i += 2];
            if (index < 16) return (index, null);
            if (index > 255) return (null, null);
            if (index >= 232) return (null, Rgb(8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)));
            int cube = index - 16;
            return (null, Rgb(Level(cube / 36), Level(cube / 6 % 6), Level(cube % 6)));
        }

        if (i + 4 >= codes.Length || codes[i + 1] != 2) return (null, null);
        string exact = Rgb(codes[i + 2], codes[i + 3], codes[i + 4]);
        i += 4;
        return (null, exact);
    }

    private static int Level(int step) => step == 0 ? 0 : 55 + 40 * step;

    private static string Rgb(int red, int green, int blue) => FormattableString.Invariant($"rgb({Math.Min(red, 255)},{Math.Min(green, 255)},{Math.Min(blue, 255)})");

    [GeneratedRegex(@"\x1B\[(?<sgr>[0-9;]*)m|\x1B\[[0-?]*[ -/]*[@-~]|\x1B\][^\x07\x1B]*(\x07|\x1B\\)")]
    private static partial Regex Codes();

    [GeneratedRegex(@"[^\n]*\r(?=[^\n])")]
    private static partial Regex Overwritten();
}
