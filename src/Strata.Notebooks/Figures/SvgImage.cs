using System.Text;

namespace Strata.Notebooks;

/// <summary>
/// A drawing inside HTML, as the source of an <c>img</c> element: front ends that do not trust a saved notebook show pictures, but of an <c>svg</c> element
/// they leave nothing except the texts, run together.
/// </summary>
internal static class SvgImage
{
    /// <summary>The element.</summary>
    /// <param name="svg">A complete drawing.</param>
    /// <param name="title">What it shows, for those who do not see it.</param>
    public static string Html(string svg, string title) =>
        $"<img alt=\"{Escape.Html(Escape.Clip(title, 300))}\" src=\"data:{MimeBundle.Svg};base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\">";
}
