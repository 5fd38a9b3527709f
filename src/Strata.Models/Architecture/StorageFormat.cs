using Strata.Tensors;

namespace Strata.Models;

/// <summary>The formats in which linear maps may stay in memory, by the words for them.</summary>
public static class StorageFormat
{
    private static readonly (string Word, DType DType)[] Formats = [("f32", DType.Float32), ("bf16", DType.BFloat16), ("f16", DType.Float16), ("int8", DType.Int8)];

    /// <summary>The words.</summary>
    public static IReadOnlyList<string> Words { get; } = [.. Formats.Select(format => format.Word)];

    /// <summary>The format of a word.</summary>
    /// <param name="option">The option that it was given to, for the message.</param>
    /// <param name="word">The word.</param>
    /// <exception cref="StrataException">There is no such format.</exception>
    public static DType Parse(string option, string word)
    {
        int index = Array.FindIndex(Formats, format => format.Word == word);
        return index >= 0 ? Formats[index].DType : throw new StrataException($"{option} \"{word}\" is not known. {NearestNames.Suggest(word, Words)}");
    }

    /// <summary>The word of a format.</summary>
    public static string WordOf(DType dtype) => Formats.First(format => format.DType == dtype).Word;
}
