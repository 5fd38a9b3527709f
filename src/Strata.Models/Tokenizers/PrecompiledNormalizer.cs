using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>
/// SentencePiece's table of replacements as tokenizer.json applies it: to each user-perceived character of fewer than six bytes as a whole, and where the table has nothing for
/// it, to its code points one by one. (SentencePiece itself takes the longest entry at each place; see <see cref="SentencePieceNormalizer"/>.)
/// </summary>
internal sealed class PrecompiledNormalizer(CharsMap map) : Normalizer
{
    private const int LongestGrapheme = 5;

    public static Normalizer FromConfig(ConfigReader config)
    {
        string base64 = config.RequiredString("precompiled_charsmap");
        byte[] blob = new byte[base64.Length / 4 * 3 + 3];
        if (!Convert.TryFromBase64String(base64, blob, out int length)) throw config.Refuse("precompiled_charsmap", "is not base64.");
        try
        {
            return length == 0 ? new SequenceNormalizer([]) : new PrecompiledNormalizer(CharsMap.Parse(blob.AsSpan(0, length)));
        }
        catch (FormatException e)
        {
            throw config.Refuse("precompiled_charsmap", $"{e.Message}.");
        }
    }

    public override AlignedText Apply(AlignedText text)
    {
        AlignedText.Builder result = new(text.Text.Length);
        Span<byte> utf8 = stackalloc byte[16];
        for (int at = 0; at < text.Text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text.Text, at);
            ReadOnlySpan<char> grapheme = text.Text.AsSpan(at, length);
            if (length <= LongestGrapheme && Encoding.UTF8.GetBytes(grapheme, utf8) is <= LongestGrapheme and int bytes && map.TryShortest(utf8[..bytes], out string whole))
                result.Append(whole, text.StartOf(at), text.EndOf(at + length - 1));
            else
                AppendCharacters(text, at, length, result);
            at += length;
        }

        return result.Build();
    }

    private void AppendCharacters(AlignedText text, int at, int length, AlignedText.Builder result)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.Text.AsSpan(at, length).EnumerateRunes())
        {
            int end = at + rune.Utf16SequenceLength;
            if (map.TryShortest(utf8[..rune.EncodeToUtf8(utf8)], out string replacement)) result.Append(replacement, text.StartOf(at), text.EndOf(end - 1));
            else result.Append(rune.Value, text.StartOf(at), text.EndOf(end - 1));
            at = end;
        }
    }
}
