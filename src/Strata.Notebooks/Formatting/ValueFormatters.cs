using System.Collections;
using System.Globalization;
using System.Text;

namespace Strata.Notebooks;

/// <summary>Shows text, numbers and short sequences.</summary>
internal static class ValueFormatters
{
    private const int MaxText = 20_000;
    private const int MaxItems = 20;
    private const int MaxItem = 200;

    /// <summary>A text as it is, in a fixed-width block where it has several lines.</summary>
    public static MimeBundle Text(string text)
    {
        string shown = text.Length <= MaxText ? text : $"{Escape.Clip(text, MaxText)}\n({NumberText.Count(text.Length, "character")} in all)";
        return Plain(shown);
    }

    /// <summary>The first items of a sequence on one line. It is read no further than that.</summary>
    public static MimeBundle Sequence(IEnumerable items)
    {
        List<string> shown = [];
        bool more = false;
        foreach (object? item in items)
        {
            more = shown.Count == MaxItems;
            if (more) break;
            shown.Add(Escape.Clip(item is string text ? $"\"{text}\"" : Show(item), MaxItem));
        }

        string list = $"[{string.Join(", ", shown)}{(more ? ", …" : "")}]";
        string size = items is Array { Rank: > 1 } array ? Lengths(array) : items is ICollection collection ? NumberText.Count(collection.Count, "item") : more ? $"more than {MaxItems} items" : "";
        return Plain(size.Length == 0 || !more ? list : $"{list} ({size})");
    }

    /// <summary>A value as text, numbers with seven significant digits.</summary>
    public static string Show(object? value) => value switch
    {
        null => "null",
        float number => NumberText.Significant(number, 7),
        double number => NumberText.Significant(number, 7),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Plain text in all three renderings.</summary>
    public static MimeBundle Plain(string text)
    {
        string block = text.Contains('\n') ? $"<pre class=\"strata-output\">{Escape.Html(text)}</pre>" : $"<span class=\"strata-output\">{Escape.Html(text)}</span>";
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = block,
            [MimeBundle.Markdown] = MarkdownLines(text),
            [MimeBundle.PlainText] = text,
        });
    }

    /// <summary>Text in Markdown with its line breaks kept.</summary>
    private static string MarkdownLines(string text)
    {
        StringBuilder result = new();
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (result.Length > 0) result.Append("  \n");
            result.Append(Escape.Markdown(line));
        }

        return result.ToString();
    }

    private static string Lengths(Array array) => string.Join(" x ", Enumerable.Range(0, array.Rank).Select(array.GetLength));
}
