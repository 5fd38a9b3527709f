using System.Net;
using System.Text.RegularExpressions;

namespace Strata.Cli.Reporting;

/// <summary>A figure of Strata inside saved HTML, taken apart: its parts are shown by the report's own means, and its script is not needed.</summary>
/// <param name="Drawing">The static drawing, as the address of a picture that holds its data.</param>
/// <param name="Notes">Remarks, as plain text.</param>
/// <param name="Json">The Plotly figure.</param>
internal sealed partial record StrataFigure(string Drawing, IReadOnlyList<string> Notes, string Json)
{
    /// <summary>Splits HTML into figures of Strata and what stands between them.</summary>
    /// <param name="html">HTML of any origin: only what has exactly the form that Strata writes counts as a figure.</param>
    /// <returns>The pieces in order; each is a figure or HTML.</returns>
    public static IEnumerable<(StrataFigure? Figure, string Html)> Split(string html)
    {
        int end = 0;
        foreach (Match match in Form().Matches(html))
        {
            yield return (null, html[end..match.Index]);
            string[] notes = Note().Matches(match.Groups["rest"].Value).Select(note => WebUtility.HtmlDecode(note.Groups[1].Value)).ToArray();
            yield return (new StrataFigure(match.Groups["drawing"].Value, notes, match.Groups["json"].Value), match.Value);
            end = match.Index + match.Length;
        }

        yield return (null, html[end..]);
    }

    [GeneratedRegex("""<div class="strata-figure" id="strata-[0-9a-f]{16}"><div class="strata-plot"><img alt="[^"]*" src="(?<drawing>data:image/svg\+xml;base64,[A-Za-z0-9+/=]*)"></div>(?<rest>(?:(?!<script|<svg).)*)<script type="application/json">(?<json>[^<]*)</script><script>[^<]*</script></div>""", RegexOptions.Singleline)]
    private static partial Regex Form();

    [GeneratedRegex("""<p class="strata-note">([^<]*)</p>""")]
    private static partial Regex Note();
}
