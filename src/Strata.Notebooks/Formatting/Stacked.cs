namespace Strata.Notebooks;

/// <summary>Shows several values as one output, one below the other.</summary>
internal static class Stacked
{
    public static MimeBundle Of(IReadOnlyList<object> parts)
    {
        MimeBundle[] bundles = parts.Select(Formatters.Format).ToArray();
        string Joined(string type, string between) => string.Join(between, bundles.Select(b => b.Renderings[type]));
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = Joined(MimeBundle.Html, ""),
            [MimeBundle.Markdown] = Joined(MimeBundle.Markdown, "\n\n"),
            [MimeBundle.PlainText] = Joined(MimeBundle.PlainText, "\n\n"),
        });
    }
}
