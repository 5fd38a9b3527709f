using System.Text;
using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>One row of a data set: token ids, text or both, or an image, and any further fields its file had.</summary>
public sealed class DataRow
{
    /// <summary>Name of the field that holds the path of an image.</summary>
    internal const string ImageField = "image";

    private static readonly IReadOnlyDictionary<string, JsonElement> NoFields = new Dictionary<string, JsonElement>();
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A row. The array and the dictionary are kept, not copied: leave them unchanged.</summary>
    /// <param name="tokens">Token ids, [position]; at least one, none negative. Null when the row is text only.</param>
    /// <param name="text">Text. Null when the row is tokens only.</param>
    /// <param name="fields">Further fields by name.</param>
    /// <exception cref="StrataException">Neither tokens nor text nor an image, no token, a negative token, text that is no valid Unicode, or a field named tokens or text.</exception>
    public DataRow(int[]? tokens, string? text = null, IReadOnlyDictionary<string, JsonElement>? fields = null)
    {
        Fields = fields ?? NoFields;
        if (tokens is null && text is null && !HasImage) throw new StrataException("A row has neither tokens nor text; give one of them, or both, or the path of an image in the field \"image\".");
        if (tokens is not null) CheckTokens(tokens);
        if (text is not null) CheckText(text);
        if (fields is not null && (fields.ContainsKey("tokens") || fields.ContainsKey("text")))
            throw new StrataException("A further field of a row cannot be named \"tokens\" or \"text\"; choose another name.");
        Tokens = tokens;
        Text = text;
    }

    /// <summary>Token ids, [position]; null when the row is text only. To be read, not written.</summary>
    public int[]? Tokens { get; }

    /// <summary>Text; null when the row is tokens only.</summary>
    public string? Text { get; }

    /// <summary>Is the row an image?</summary>
    public bool HasImage => Fields.TryGetValue(ImageField, out JsonElement path) && path.ValueKind == JsonValueKind.String;

    /// <summary>Path of an image file: the field <c>image</c> where it holds a string, from <see cref="Folder"/> where it is relative; null for rows without an image.</summary>
    public string? Image => HasImage ? Path.Combine(Folder, Fields[ImageField].GetString()!) : null;

    /// <summary>The folder that the path of an image starts from: that of the row's file; empty for the current one.</summary>
    public string Folder { get; internal init; } = "";

    /// <summary>Further fields of the row by name, such as <c>boards</c> or <c>label</c>, as the JSON they were.</summary>
    public IReadOnlyDictionary<string, JsonElement> Fields { get; }

    /// <summary>A copy with one more field, or with a field replaced.</summary>
    /// <exception cref="StrataException">The field is named tokens or text.</exception>
    public DataRow With(string field, JsonElement value) => new(Tokens, Text, new Dictionary<string, JsonElement>(Fields) { [field] = value }) { Folder = Folder };

    private static void CheckTokens(int[] tokens)
    {
        if (tokens.Length == 0) throw new StrataException("A row has an empty list of tokens; a row needs at least one.");
        for (int i = 0; i < tokens.Length; i++)
            if (tokens[i] < 0) throw new StrataException($"Token {i} of a row is {tokens[i]}; token ids are 0 or more.");
    }

    private static void CheckText(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\ud800', '\udfff')) return;
        try
        {
            StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new StrataException($"The text of a row is no valid Unicode: half of a surrogate pair at character {e.Index}.", e);
        }
    }
}
