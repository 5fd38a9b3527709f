using System.Net;
using System.Text.RegularExpressions;

namespace Strata.Cli.Reporting;

/// <summary>Text on its way into HTML.</summary>
internal static partial class Html
{
    /// <summary>Escapes text for content and for quoted attributes.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Escapes console text: colours are taken out, and of a line that was overwritten the last state stays, as a terminal would show it.</summary>
    public static string EscapeConsole(string text)
    {
        string plain = TerminalCodes().Replace(text.Replace("\r\n", "\n"), "");
        return Escape(Overwritten().Replace(plain, ""));
    }

    [GeneratedRegex(@"\x1B\[[0-?]*[ -/]*[@-~]|\x1B\][^\x07\x1B]*(\x07|\x1B\\)")]
    private static partial Regex TerminalCodes();

    [GeneratedRegex(@"[^\n]*\r(?=[^\n])")]
    private static partial Regex Overwritten();
}
