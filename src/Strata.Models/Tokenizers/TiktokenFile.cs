using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>
/// Makes a byte-level BPE tokenizer of a tiktoken file: on each line a token's bytes in base64 and its rank, which is its id and its place in the order of merges. The two parts
/// that a token is merged from are those that its bytes fall into under the merges before it.
/// </summary>
internal static class TiktokenFile
{
    private const int MaxTokenBytes = 1024;
    private const long MaxWork = 1L << 28;

    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Cl100k = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Upper = @"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}";
    private const string Lower = @"\p{Ll}\p{Lm}\p{Lo}\p{M}";

    /// <summary>The expressions that are known by name.</summary>
    public static IReadOnlyDictionary<string, string> Patterns { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["gpt2"] = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        ["cl100k_base"] = Cl100k,
        ["llama3"] = Cl100k,
        ["o200k_base"] = $@"[^\r\n\p{{L}}\p{{N}}]?[{Upper}]*[{Lower}]+{Contractions}?|[^\r\n\p{{L}}\p{{N}}]?[{Upper}]+[{Lower}]*{Contractions}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ["qwen"] = Cl100k.Replace(@"\p{N}{1,3}", @"\p{N}"),
    };

    /// <summary>Whether a file looks like this: it begins with base64, a space and a number.</summary>
    public static bool Looks(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = bytes[..Math.Min(end < 0 ? bytes.Length : end, MaxTokenBytes * 2)];
        int space = line.IndexOf((byte)' ');
        return space > 0 && line[(space + 1)..].TrimEnd((byte)'\r').IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && TryBase64(Encoding.ASCII.GetString(line[..space]), out _);
    }

    /// <summary>The parts of the tokenizer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pattern">A name of <see cref="Patterns"/> or an expression.</param>
    /// <param name="added">Special tokens.</param>
    /// <exception cref="InvalidFileException">The file is not valid.</exception>
    /// <exception cref="StrataException">The pattern is neither a name nor an expression that is supported.</exception>
    public static TokenizerParts Read(string path, string pattern, AddedToken[] added) => Parse(TokenizerFolder.ReadText(path), path, pattern, added);

    /// <summary>The parts of the tokenizer, from the file's text.</summary>
    public static TokenizerParts Parse(string text, string path, string pattern, AddedToken[] added)
    {
        MatchFinder matches = Expression(pattern);
        Dictionary<string, int> vocabulary = ReadRanks(text, path);
        TokenTable table = TokenTable.Join(vocabulary, added, (place, problem) => new InvalidFileException(path, $"with its special tokens: {place} {problem}"));
        return new TokenizerParts(path, new BytePairModel(vocabulary, Merges(vocabulary, path), new BytePairOptions { IgnoreMerges = true }), added, table)
        {
            PreTokenizer = PreTokenizer.Chain(new SplitPreTokenizer(matches, SplitBehavior.Isolated, invert: false), new ByteLevelPreTokenizer(false, useRegex: false)),
            Decoder = TokenDecoder.ByteLevel,
        };
    }

    private static MatchFinder Expression(string pattern)
    {
        try
        {
            return TokenPattern.Parse(Patterns.GetValueOrDefault(pattern, pattern)).Matches;
        }
        catch (FormatException e)
        {
            throw new StrataException($"The pattern {Excerpt.Quote(pattern)} is not one of the names {string.Join(", ", Patterns.Keys)}, and as a regular expression it {e.Message}.", e);
        }
    }

    private static Dictionary<string, int> ReadRanks(string text, string path)
    {
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        int number = 0;
        foreach (ReadOnlySpan<char> whole in text.AsSpan().EnumerateLines())
        {
            number++;
            if (whole.IsEmpty) continue;
            int space = whole.IndexOf(' ');
            if (space < 0 || !TryBase64(whole[..space].ToString(), out byte[] bytes) || !int.TryParse(whole[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int rank))
                throw new InvalidFileException(path, $"line {number} is {Excerpt.Quote(whole)}; expected a token of 1 to {MaxTokenBytes} bytes in base64, a space and its rank.");
            if (!vocabulary.TryAdd(string.Create(bytes.Length, bytes, Spell), rank)) throw new InvalidFileException(path, $"line {number} gives a token a second time.");
        }

        return vocabulary;
    }

    private static void Spell(Span<char> text, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++) text[i] = ByteAlphabet.Character(bytes[i]);
    }

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 4 * 3 + 3];
        bool valid = Convert.TryFromBase64String(text, bytes, out int length) && length is > 0 and <= MaxTokenBytes;
        bytes = bytes[..(valid ? length : 0)];
        return valid;
    }

    private static Dictionary<long, (int Rank, int Id)> Merges(Dictionary<string, int> vocabulary, string path)
    {
        if (vocabulary.Keys.Sum(token => (long)token.Length * token.Length) > MaxWork) throw new InvalidFileException(path, "has too many long tokens; tokens have a few bytes each.");
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        Dictionary<long, (int, int)> merges = new(vocabulary.Count);
        List<int> starts = [];
        foreach ((string token, int rank) in vocabulary)
        {
            if (token.Length == 1) continue;
            Reduce(token, rank, ids, starts);
            // A token that its bytes never merge to is found only as a whole word.
            if (starts.Count != 2) continue;
            merges[BytePairModel.Key(ids[token.AsSpan(0, starts[1])], ids[token.AsSpan(starts[1])])] = (rank, rank);
        }

        return merges;
    }

    /// <summary>Merges the bytes of a token, lowest rank first, by ranks below its own; the beginnings of the parts stay.</summary>
    private static void Reduce(string token, int below, Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids, List<int> starts)
    {
        starts.Clear();
        for (int i = 0; i < token.Length; i++) starts.Add(i);
        while (starts.Count > 2)
        {
            int best = -1;
            int bestRank = below;
            for (int i = 0; i + 1 < starts.Count; i++)
            {
                int end = i + 2 < starts.Count ? starts[i + 2] : token.Length;
                if (!ids.TryGetValue(token.AsSpan(starts[i]..end), out int rank) || rank >= bestRank) continue;
                best = i;
                bestRank = rank;
            }

            if (best < 0) return;
            starts.RemoveAt(best + 1);
        }
    }
}
