using Strata.Models;

namespace Strata.Research;

/// <summary>Further views of rows by the words of a command: changes of their texts, one after the other, or a corruption of their tokens.</summary>
public static class SequenceViews
{
    /// <summary>Share of a row's tokens that a corruption changes.</summary>
    public const double CorruptedShare = 0.15;

    /// <summary>What a view can be made by, each with what it does.</summary>
    public static IReadOnlyList<(string Name, string What)> Ways { get; } =
    [
        .. TextAugmentation.All.Select(a => (a.Name, $"texts: {a.What}")),
        ("replace", "tokens: 15 % become other ids of the data"), ("repeat", "tokens: 15 % become copies of the one before"), ("shuffle", "tokens: 15 % change places"),
    ];

    /// <summary>Views of rows.</summary>
    /// <param name="model">Tokenizes changed texts.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="texts">Their texts, one per row; null where they have none.</param>
    /// <param name="ways">Names of <see cref="Ways"/>: text augmentations in the order in which they are applied, or one corruption of tokens; empty for all text augmentations.</param>
    /// <param name="views">How many views beside the rows themselves.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="StrataException">A name is unknown, texts and tokens are mixed, texts are asked for and there are none, the model has no tokenizer, or there is no view to make.</exception>
    public static IReadOnlyList<TokenRows> Make(Model model, TokenRows rows, IReadOnlyList<string>? texts, IReadOnlyList<string> ways, int views = 1, int seed = 0)
    {
        string? unknown = ways.FirstOrDefault(w => Ways.All(known => known.Name != w));
        if (unknown is not null) throw new StrataException($"There is no way \"{unknown}\" to make a view. {NearestNames.Suggest(unknown, Ways.Select(w => w.Name))}");
        if (views < 1) throw new StrataException($"{views} views were asked for; give 1 or more.");
        CorruptionKind[] corruptions = ways.Where(w => TextAugmentation.All.All(a => a.Name != w)).Select(w => Enum.Parse<CorruptionKind>(w, ignoreCase: true)).ToArray();
        if (corruptions.Length > 0)
        {
            if (ways.Count > 1) throw new StrataException($"\"{string.Join(", ", ways)}\" cannot be combined: a view is made by changes of its text, or by one corruption of its tokens.");
            return Enumerable.Range(0, views).Select(v => TokenCorruption.Corrupt(rows, corruptions[0], CorruptedShare, seed + v)).ToArray();
        }

        if (texts is null) throw new StrataException($"Views by changes of the text need rows of text, and \"{rows.Name}\" are token ids. Make the views of tokens: replace, repeat or shuffle.");
        return TextAugmentation.Views(model, texts, ways.Count == 0 ? null : ways.Select(TextAugmentation.Get).ToArray(), views, seed);
    }

    /// <summary>The texts of a data set; null unless every row has one and the rows were made of them.</summary>
    public static IReadOnlyList<string>? TextsOf(DataSet data) => data.Rows.All(r => r.Text is not null) ? data.Rows.Select(r => r.Text!).ToArray() : null;
}
