using System.Text;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Shows what a network wrote: the prompt, then the new text.</summary>
internal static class GenerationFormatter
{
    private const int MaxRows = 50;
    private const int MaxText = 4000;

    public static MimeBundle Format(Generation generation)
    {
        (string Prompt, string New, int Count)[] rows = generation.Prompts.Sequences.Zip(generation.NewTokens).Take(MaxRows).Select(pair => Row(generation, pair.First, pair.Second)).ToArray();
        string note = generation.NewTokens.Count > MaxRows ? $"First {MaxRows} of {generation.NewTokens.Count} prompts." : "";
        StringBuilder html = new($"{StrataStyle.Element}<div class=\"strata-output\"><div class=\"strata-title\">Generated text</div>");
        foreach ((string prompt, string text, int count) in rows)
        {
            html.Append("<p style=\"white-space:pre-wrap;margin:.4em 0;unicode-bidi:isolate\" title=\"").Append(NumberText.Count(count, "new token")).Append("\"><span style=\"opacity:.65\">")
                .Append(Escape.Html(prompt)).Append("</span> <span style=\"border-bottom:2px solid #0072B2\">").Append(Escape.Html(text)).Append("</span></p>");
        }

        if (note.Length > 0) html.Append("<p class=\"strata-note\">").Append(note).Append("</p>");
        html.Append(ProvenanceLines.Details(generation.Provenance)).Append("</div>");
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = html.ToString(),
            [MimeBundle.Markdown] = string.Join("\n\n", rows.Select(r => $"{Escape.Markdown(r.Prompt)} **{Escape.Markdown(r.New)}**").Append(note)).TrimEnd(),
            [MimeBundle.PlainText] = string.Join("\n", rows.Select(r => $"{r.Prompt} | {r.New}").Append(note)).TrimEnd(),
        });
    }

    private static (string, string, int) Row(Generation generation, int[] prompt, int[] tokens) =>
        (Escape.Clip(generation.Decode(prompt), MaxText), Escape.Clip(generation.Decode(tokens), MaxText), tokens.Length);
}
