using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Strata.Models;

/// <summary>Reads JSON files from outside, as Python writes them: bounded in size and depth, valid UTF-8, no key twice, no half surrogate pairs. Afterwards every string of the document can be read.</summary>
internal static class JsonFile
{
    private const int MaxDepth = 64;

    /// <summary>Reads a file whose root must be an object.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, is too long or is not such JSON.</exception>
    public static JsonDocument ReadObject(string path, int maxBytes) => ParseObject(ReadBytes(path, maxBytes), path);

    /// <summary>Reads a file whose root must be an array.</summary>
    /// <exception cref="InvalidFileException">The file cannot be read, is too long or is not such JSON.</exception>
    public static JsonDocument ReadArray(string path, int maxBytes) => Parse(ReadBytes(path, maxBytes), path, JsonValueKind.Array);

    private static byte[] ReadBytes(string path, int maxBytes)
    {
        try
        {
            long length = new FileInfo(path).Length;
            if (length > maxBytes) throw new InvalidFileException(path, $"has {length:N0} bytes; at most {maxBytes:N0} are read from such a file.");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Parses bytes whose root must be an object.</summary>
    /// <exception cref="InvalidFileException">They are not such JSON.</exception>
    public static JsonDocument ParseObject(ReadOnlyMemory<byte> bytes, string path) => Parse(bytes, path, JsonValueKind.Object);

    private static JsonDocument Parse(ReadOnlyMemory<byte> bytes, string path, JsonValueKind root)
    {
        // Some editors put a byte order mark in front.
        if (bytes.Span.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        int invalid = FirstInvalidUtf8(bytes.Span);
        if (invalid >= 0) throw new InvalidFileException(path, $"is not valid UTF-8 at byte {invalid}.");
        bytes = QuoteBareWords(bytes);
        try
        {
            CheckStrings(bytes.Span, path);
            JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == root) return document;
            document.Dispose();
        }
        catch (JsonException e)
        {
            throw new InvalidFileException(path, $"is not valid JSON: {Excerpt.Message(e)}", e);
        }

        throw new InvalidFileException(path, $"must hold a JSON {root.ToString().ToLowerInvariant()}.");
    }

    /// <summary>Python writes infinities and not-a-number as bare words, which JSON does not have: they become strings.</summary>
    private static ReadOnlyMemory<byte> QuoteBareWords(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> bytes = json.Span;
        if (bytes.IndexOf("Infinity"u8) < 0 && bytes.IndexOf("NaN"u8) < 0) return json;
        ArrayBufferWriter<byte> result = new(bytes.Length + 64);
        for (int at = 0, end; at < bytes.Length; at = end)
        {
            int word = bytes[at] == '"' ? 0 : BareWord(bytes[at..]);
            end = bytes[at] == '"' ? StringEnd(bytes, at) : at + Math.Max(1, word);
            if (word > 0) result.Write("\""u8);
            result.Write(bytes[at..end]);
            if (word > 0) result.Write("\""u8);
        }

        return result.WrittenMemory;
    }

    /// <summary>Length of the bare word that bytes begin with; 0 for none.</summary>
    private static int BareWord(ReadOnlySpan<byte> bytes) => bytes.StartsWith("Infinity"u8) ? 8 : bytes.StartsWith("-Infinity"u8) ? 9 : bytes.StartsWith("NaN"u8) ? 3 : 0;

    /// <summary>The place behind the string that begins at a place.</summary>
    private static int StringEnd(ReadOnlySpan<byte> bytes, int start)
    {
        int at = start + 1;
        while (at < bytes.Length && bytes[at] != '"') at += bytes[at] == '\\' ? 2 : 1;
        return Math.Min(at + 1, bytes.Length);
    }

    /// <summary>Position of the first byte that is not UTF-8; -1 when all are.</summary>
    public static int FirstInvalidUtf8(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes)) return -1;
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int consumed) == OperationStatus.Done) at += consumed;
        return at;
    }

    /// <summary>The string at the reader; null when an escape gives half of a surrogate pair.</summary>
    public static string? Text(in Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static void CheckStrings(ReadOnlySpan<byte> json, string path)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped) continue;
            if (Text(reader) is null) throw new InvalidFileException(path, $"the string at byte {reader.TokenStartIndex} holds half of a surrogate pair.");
        }
    }
}
