using System.Text;

namespace Strata.Models;

/// <summary>How the texts of tokens become one text again.</summary>
internal enum TokenDecoder
{
    /// <summary>One behind another with spaces between.</summary>
    JoinWithSpaces,

    /// <summary>One behind another.</summary>
    Fuse,

    /// <summary>As bytes of <see cref="ByteAlphabet"/>, read as UTF-8.</summary>
    ByteLevel,
}

/// <summary>Reads and applies decoders.</summary>
internal static class TokenDecoders
{
    private const string Supported = "ByteLevel, Fuse and Sequence";

    /// <summary>Reads a <c>decoder</c> of tokenizer.json.</summary>
    /// <exception cref="InvalidFileException">It is of a kind that is not supported.</exception>
    public static TokenDecoder Read(ConfigReader config) => config.RequiredString("type") switch
    {
        "ByteLevel" => TokenDecoder.ByteLevel,
        "Fuse" => TokenDecoder.Fuse,
        // Bytes are joined in any case; a step that fuses what is fused adds nothing.
        "Sequence" => config.Objects("decoders").Select(Read).Aggregate(TokenDecoder.JoinWithSpaces, (a, b) => a > b ? a : b),
        string other => throw config.Refuse("type", $"is {Excerpt.Quote(other)}; supported decoders are {Supported}."),
    };

    /// <summary>The text of tokens. Bytes that are not UTF-8, such as half a character, become U+FFFD.</summary>
    /// <param name="decoder">Which decoder.</param>
    /// <param name="tokens">The tokens' texts, and for each whether it is an added token, which is not written in bytes.</param>
    public static string Decode(this TokenDecoder decoder, IReadOnlyList<(string Text, bool Added)> tokens)
    {
        if (decoder != TokenDecoder.ByteLevel) return string.Join(decoder == TokenDecoder.Fuse ? "" : " ", tokens.Select(token => token.Text));
        List<byte> bytes = new(tokens.Count * 4);
        foreach ((string text, bool added) in tokens)
        {
            if (added) bytes.AddRange(Encoding.UTF8.GetBytes(text));
            else ByteAlphabet.AddBytes(text, bytes);
        }

        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }
}
