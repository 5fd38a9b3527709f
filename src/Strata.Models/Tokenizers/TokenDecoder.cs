using System.Runtime.InteropServices;
using System.Text;

namespace Strata.Models;

/// <summary>A token on its way back to text, and whether it is an added one, which is not written in bytes.</summary>
internal readonly record struct DecodedToken(int Id, string Text, bool Added);

/// <summary>How the texts of tokens become one text again: each step changes the list, and what is left is joined.</summary>
internal abstract class TokenDecoder
{
    private const int MaxLength = 1 << 25;
    private const string Supported = "BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip and WordPiece";

    /// <summary>Where a file names no decoder: the tokens with spaces between them.</summary>
    public static TokenDecoder JoinWithSpaces { get; } = new EachDecoder((text, i) => i == 0 ? text : " " + text);

    /// <summary>As bytes of <see cref="ByteAlphabet"/>, read as UTF-8.</summary>
    public static TokenDecoder ByteLevel { get; } = new ByteLevelDecoder();

    /// <summary>Reads a <c>decoder</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is of a kind that is not supported.</exception>
    public static TokenDecoder Read(ConfigReader config) => config.RequiredString("type") switch
    {
        "BPEDecoder" => WordSuffix(config.OptionalString("suffix") ?? "</w>"),
        "ByteFallback" => new ByteFallbackDecoder(),
        "ByteLevel" => ByteLevel,
        "CTC" => new CtcDecoder(config.OptionalString("pad_token") ?? "<pad>", config.OptionalString("word_delimiter_token") ?? "|", config.OptionalBool("cleanup") ?? true),
        "Fuse" => new FuseDecoder(),
        "Metaspace" => Metaspace(config.OptionalString("replacement") ?? "\u2581", MetaspacePreTokenizer.ReadScheme(config)),
        "Replace" => ReadReplace(config),
        "Sequence" => new SequenceDecoder([.. config.Objects("decoders").Select(Read)]),
        "Strip" => ReadStrip(config),
        "WordPiece" => WordPiece(config.OptionalString("prefix") ?? "##", config.OptionalBool("cleanup") ?? true),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported decoders are {Supported}."),
    };

    /// <summary>BERT's pieces: those that go on a word lose their mark, all others follow a space.</summary>
    public static TokenDecoder WordPiece(string prefix, bool cleanup) => new EachDecoder((text, i) =>
    {
        if (i > 0) text = prefix.Length > 0 && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : " " + text;
        return cleanup ? CleanUp(text) : text;
    });

    /// <summary>One decoder after another.</summary>
    public static TokenDecoder Chain(params TokenDecoder[] steps) => new SequenceDecoder(steps);

    /// <summary>The text of tokens. Bytes that are not UTF-8, such as half a character, become U+FFFD.</summary>
    public string Decode(List<DecodedToken> tokens) => string.Concat(Apply(tokens).Select(token => token.Text));

    /// <summary>The changed tokens.</summary>
    public abstract List<DecodedToken> Apply(List<DecodedToken> tokens);

    /// <summary>Spaces that tokenization into words has put before punctuation and English endings.</summary>
    private static string CleanUp(string text) => text.Contains(' ')
        ? text.Replace(" .", ".").Replace(" ?", "?").Replace(" !", "!").Replace(" ,", ",").Replace(" ' ", "'").Replace(" n't", "n't").Replace(" 'm", "'m")
            .Replace(" do not", " don't").Replace(" 's", "'s").Replace(" 've", "'ve").Replace(" 're", "'re")
        : text;

    /// <summary>Pieces whose mark of a word's end becomes a space (or what stands for one), at the last one nothing.</summary>
    public static TokenDecoder WordSuffix(string suffix, string space = " ") => new EachDecoder((text, i, last) => suffix.Length == 0 ? text : text.Replace(suffix, i == last ? "" : space, StringComparison.Ordinal));

    private static EachDecoder Metaspace(string mark, PrependScheme scheme) =>
        new((text, i) => mark.Length == 0 ? text : text.Replace(mark, i == 0 && scheme != PrependScheme.Never ? "" : " ", StringComparison.Ordinal));

    private static EachDecoder ReadReplace(ConfigReader config)
    {
        ReplaceNormalizer replace = new(TextPattern.Read(config), config.RequiredString("content"));
        return new EachDecoder((text, _) => replace.Apply(AlignedText.Of(text)).Text);
    }

    private static EachDecoder ReadStrip(ConfigReader config)
    {
        string content = TextPattern.RequiredCharacter(config, "content");
        int start = config.OptionalInt("start", 0, int.MaxValue) ?? 0;
        int stop = config.OptionalInt("stop", 0, int.MaxValue) ?? 0;
        return new EachDecoder((text, _) =>
        {
            ReadOnlySpan<char> rest = text;
            for (int i = 0; i < start && rest.StartsWith(content, StringComparison.Ordinal); i++) rest = rest[content.Length..];
            for (int i = 0; i < stop && rest.EndsWith(content, StringComparison.Ordinal); i++) rest = rest[..^content.Length];
            return rest.ToString();
        });
    }

    private sealed class SequenceDecoder(TokenDecoder[] steps) : TokenDecoder
    {
        public override List<DecodedToken> Apply(List<DecodedToken> tokens)
        {
            foreach (TokenDecoder step in steps) tokens = step.Apply(tokens);
            return tokens;
        }
    }

    /// <summary>A change of each token on its own, which may depend on its place and on the last place.</summary>
    private sealed class EachDecoder(Func<string, int, int, string> change) : TokenDecoder
    {
        public EachDecoder(Func<string, int, string> change) : this((text, i, _) => change(text, i))
        {
        }

        public override List<DecodedToken> Apply(List<DecodedToken> tokens)
        {
            List<DecodedToken> result = new(tokens.Count);
            long length = 0;
            for (int i = 0; i < tokens.Count; i++)
            {
                string text = change(tokens[i].Text, i, tokens.Count - 1);
                length += text.Length;
                if (length > MaxLength) throw new StrataException($"The tokenizer's decoder makes more than {MaxLength:N0} characters. Decode fewer ids at once; if they are few, the tokenizer's file is damaged.");
                result.Add(tokens[i] with { Text = text });
            }

            return result;
        }
    }

    private sealed class FuseDecoder : TokenDecoder
    {
        public override List<DecodedToken> Apply(List<DecodedToken> tokens) => [new DecodedToken(-1, string.Concat(tokens.Select(token => token.Text)), false)];
    }

    private sealed class CtcDecoder(string pad, string delimiter, bool cleanup) : TokenDecoder
    {
        public override List<DecodedToken> Apply(List<DecodedToken> tokens)
        {
            List<DecodedToken> result = [];
            for (int i = 0; i < tokens.Count; i++)
            {
                if (i > 0 && tokens[i].Text == tokens[i - 1].Text) continue;
                string text = pad.Length == 0 ? tokens[i].Text : tokens[i].Text.Replace(pad, "", StringComparison.Ordinal);
                if (cleanup) text = CleanUp(text);
                if (cleanup && delimiter.Length > 0) text = text.Replace(delimiter, " ", StringComparison.Ordinal);
                if (text.Length > 0) result.Add(tokens[i] with { Text = text });
            }

            return result;
        }
    }

    private sealed class ByteLevelDecoder : TokenDecoder
    {
        public override List<DecodedToken> Apply(List<DecodedToken> tokens)
        {
            List<byte> bytes = new(tokens.Count * 4);
            foreach (DecodedToken token in tokens)
            {
                if (token.Added) bytes.AddRange(Encoding.UTF8.GetBytes(token.Text));
                else ByteAlphabet.AddBytes(token.Text, bytes);
            }

            return [new DecodedToken(-1, Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(bytes)), false)];
        }
    }

    /// <summary>Runs of byte tokens become the text that they spell; a run that is not UTF-8 becomes one U+FFFD for each byte.</summary>
    private sealed class ByteFallbackDecoder : TokenDecoder
    {
        public override List<DecodedToken> Apply(List<DecodedToken> tokens)
        {
            List<DecodedToken> result = new(tokens.Count);
            List<byte> bytes = [];
            foreach (DecodedToken token in tokens)
            {
                if (ByteTokenText.Byte(token.Text) is { } value)
                {
                    bytes.Add(value);
                    continue;
                }

                Flush(bytes, result);
                result.Add(token);
            }

            Flush(bytes, result);
            return result;
        }

        private static void Flush(List<byte> bytes, List<DecodedToken> result)
        {
            if (bytes.Count == 0) return;
            ReadOnlySpan<byte> run = CollectionsMarshal.AsSpan(bytes);
            result.Add(new DecodedToken(-1, System.Text.Unicode.Utf8.IsValid(run) ? Encoding.UTF8.GetString(run) : new string('\uFFFD', run.Length), false));
            bytes.Clear();
        }
    }
}

/// <summary>The text of a token that stands for a byte: <c>&lt;0x0A&gt;</c>.</summary>
internal static class ByteTokenText
{
    /// <summary>The byte that a token stands for; null for any other.</summary>
    public static byte? Byte(string token) => token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out byte value) ? value : null;
}
