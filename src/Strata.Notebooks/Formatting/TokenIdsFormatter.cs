using System.Text;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Shows what became of a text: each token as a coloured chip with its id on hovering, the BOS policy, and any warning.</summary>
internal static class TokenIdsFormatter
{
    private const int MaxTokens = 2000;
    private const int MaxToken = 60;

    // Pale enough for dark text; neighbours differ, so that the borders of tokens show.
    private static readonly string[] Colors = ["#cfe5f5", "#fbe0cc", "#cdeee3", "#f3dcea", "#fbeecb"];

    public static MimeBundle Format(TokenIds tokens)
    {
        int shown = Math.Min(MaxTokens, tokens.Ids.Length);
        string note = shown < tokens.Ids.Length ? $"First {shown:N0} of {tokens.Ids.Length:N0} tokens. {tokens.BosPolicy.Note}" : $"{NumberText.Count(shown, "token")}. {tokens.BosPolicy.Note}";
        string[] labels = tokens.Tokens.Take(shown).Select(t => Escape.Clip(TokenText.Visible(t), MaxToken)).ToArray();
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = Html(tokens, labels, note),
            [MimeBundle.Markdown] = string.Join("\n\n", Lines(Escape.Markdown(string.Join(" | ", labels)), tokens.Warning is null ? null : $"**Warning:** {Escape.Markdown(tokens.Warning)}", Escape.Markdown(note))),
            [MimeBundle.PlainText] = string.Join("\n", Lines(string.Join(" | ", labels.Select((label, i) => $"{label} ({tokens.Ids[i]})")), tokens.Warning is null ? null : $"Warning: {tokens.Warning}", note)),
        });
    }

    private static string Html(TokenIds tokens, string[] labels, string note)
    {
        StringBuilder html = new($"{StrataStyle.Element}<div class=\"strata-output\"><div style=\"line-height:2\">");
        for (int i = 0; i < labels.Length; i++)
        {
            (int start, int end) = tokens.Offsets[i];
            string place = start == end ? "added by the tokenizer" : $"characters {start}..{end}";
            html.Append($"<span title=\"id {tokens.Ids[i]}, position {i}, {place}\" style=\"background:{Colors[i % Colors.Length]};color:#222;border-radius:3px;padding:.15em .3em;margin:0 1px;font-family:monospace;white-space:pre;unicode-bidi:isolate\">")
                .Append(Escape.Html(labels[i])).Append("</span>");
        }

        html.Append("</div>");
        if (tokens.Warning is string warning) html.Append("<div class=\"strata-error\">").Append(Escape.Html(warning)).Append("</div>");
        return html.Append("<p class=\"strata-note\">").Append(Escape.Html(note)).Append("</p></div>").ToString();
    }

    private static IEnumerable<string> Lines(params string?[] lines) => lines.OfType<string>();
}
