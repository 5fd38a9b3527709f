using System.Net;

namespace Strata.Cli.Reporting;

/// <summary>Text on its way into HTML.</summary>
internal static class Html
{
    /// <summary>Escapes text for content and for quoted attributes.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>JSON as the content of a script element: nothing in it can end the element.</summary>
    public static string EscapeJson(string json) => json.Replace("<", "\\u003C").Replace(">", "\\u003E").Replace("\u2028", "\\u2028").Replace("\u2029", "\\u2029");
}
