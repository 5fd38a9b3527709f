using System.Text;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// A change of a text that leaves its meaning: the second view of the two-view measures. Words are what white space separates; each of at least 4 characters is changed with probability <see cref="WordShare"/>. What is drawn
/// depends on the seed alone.
/// </summary>
public sealed class TextAugmentation
{
    private const int LeastCharacters = 4;

    private static readonly string[] KeyRows = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

    private readonly Func<string, Random, string> _change;

    private TextAugmentation(string name, string what, Func<string, Random, string> change)
    {
        Name = name;
        What = what;
        _change = change;
    }

    /// <summary>Share of the words that are changed.</summary>
    public const double WordShare = 0.3;

    /// <summary>Share of the characters of such a word that are changed, at least one.</summary>
    public const double CharacterShare = 0.3;

    /// <summary>Splits words in two.</summary>
    public static TextAugmentation Split { get; } = new("split", "splits words in two", (word, random) => word.Insert(random.Next(1, word.Length), " "));

    /// <summary>Replaces characters by random letters.</summary>
    public static TextAugmentation RandomCharacter { get; } = new("random-character", "replaces characters by random letters",
        (word, random) => Characters(word, random, c => Case((char)('a' + random.Next(26)), c)));

    /// <summary>Replaces characters by neighbours on a QWERTY keyboard.</summary>
    public static TextAugmentation Keyboard { get; } = new("keyboard", "replaces characters by neighbours on the keyboard",
        (word, random) => Characters(word, random, c => Neighbours(char.ToLowerInvariant(c)) is { Length: > 0 } near ? Case(near[random.Next(near.Length)], c) : c));

    /// <summary>All of them, in the order in which the published code applies them.</summary>
    public static IReadOnlyList<TextAugmentation> All { get; } = [Split, RandomCharacter, Keyboard];

    /// <summary>As it is written in a command.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public string What { get; }

    /// <summary>The augmentation of a name.</summary>
    /// <exception cref="StrataException">No augmentation has this name.</exception>
    public static TextAugmentation Get(string name) => All.FirstOrDefault(a => a.Name == name)
        ?? throw new StrataException($"There is no text augmentation \"{name}\". {NearestNames.Suggest(name, All.Select(a => a.Name))}");

    /// <summary>The changed text.</summary>
    public string Apply(string text, int seed)
    {
        Random random = new(seed);
        StringBuilder result = new(text.Length + 8);
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && char.IsWhiteSpace(text[end]) == char.IsWhiteSpace(text[at])) end++;
            string part = text[at..end];
            bool change = !char.IsWhiteSpace(part[0]) && part.Length >= LeastCharacters && !part.Any(char.IsSurrogate) && random.NextDouble() < WordShare;
            result.Append(change ? _change(part, random) : part);
            at = end;
        }

        return result.ToString();
    }

    /// <summary>Further views of texts: each augmentation after the other, with a seed of its own per view and text.</summary>
    /// <param name="model">Tokenizes the changed texts.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="augmentations">What is applied, in order; null for all.</param>
    /// <param name="views">How many views beside the texts themselves: 1 for InfoNCE and DiME, 15 for LiDAR as published.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="StrataException">The model has no tokenizer, or there is no view to make.</exception>
    public static IReadOnlyList<TokenRows> Views(Model model, IReadOnlyList<string> texts, IReadOnlyList<TextAugmentation>? augmentations = null, int views = 1, int seed = 0)
    {
        augmentations ??= All;
        if (views < 1 || augmentations.Count == 0) throw new StrataException($"{views} views by {augmentations.Count} augmentations: give at least 1 of each.");
        string name = string.Join(" + ", augmentations.Select(a => a.Name));
        return Enumerable.Range(0, views).Select(v => new TokenRows($"{name}, view {v + 1}", texts.Select((text, i) =>
        {
            for (int a = 0; a < augmentations.Count; a++) text = augmentations[a].Apply(text, HashCodeOf(seed, v, i, a));
            return model.Tokenize(text).Ids.ToArray();
        }).ToArray())).ToArray();
    }

    /// <summary>A seed per view, text and step; System.HashCode differs from run to run.</summary>
    private static int HashCodeOf(params int[] parts) => parts.Aggregate(17, (hash, part) => unchecked(hash * 486187739 + part));

    private static string Characters(string word, Random random, Func<char, char> change)
    {
        char[] characters = word.ToCharArray();
        int[] order = Enumerable.Range(0, characters.Length).ToArray();
        random.Shuffle(order);
        foreach (int i in order.Take(Math.Max(1, (int)(CharacterShare * characters.Length)))) characters[i] = change(characters[i]);
        return new string(characters);
    }

    private static char Case(char letter, char like) => char.IsUpper(like) ? char.ToUpperInvariant(letter) : letter;

    /// <summary>Keys left, right, above and below; the rows of a keyboard are shifted by half a key.</summary>
    private static char[] Neighbours(char key)
    {
        int row = Array.FindIndex(KeyRows, r => r.Contains(key));
        if (row < 0) return [];
        int column = KeyRows[row].IndexOf(key);
        (int Row, int Column)[] near = [(row, column - 1), (row, column + 1), (row - 1, column), (row - 1, column + 1), (row + 1, column - 1), (row + 1, column)];
        return near.Where(n => n.Row >= 0 && n.Row < KeyRows.Length && n.Column >= 0 && n.Column < KeyRows[n.Row].Length).Select(n => KeyRows[n.Row][n.Column]).ToArray();
    }
}
