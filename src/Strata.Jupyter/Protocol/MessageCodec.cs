using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Strata.Jupyter.Zmtp;

namespace Strata.Jupyter.Protocol;

/// <summary>Reads and writes messages: identities, delimiter, signature, header, parent header, metadata, content.</summary>
/// <param name="signer">Holds the key of the connection.</param>
internal sealed class MessageCodec(MessageSigner signer)
{
    /// <summary>The version of the protocol that is spoken.</summary>
    public const string Version = "5.4";

    private const int SignedParts = 4, Remembered = 65_536, MaxName = 1000;

    private readonly string _session = Guid.NewGuid().ToString("N");
    private readonly RecentMessages _seen = new(Remembered);
    private long _sent;

    private static ReadOnlySpan<byte> Delimiter => "<IDS|MSG>"u8;

    /// <summary>Reads a message.</summary>
    /// <exception cref="MessageException">It must be dropped; nothing of it may be used.</exception>
    public JupyterMessage Read(RoutedMessage message)
    {
        IReadOnlyList<byte[]> parts = message.Parts;
        int delimiter = 0;
        while (delimiter < parts.Count && !parts[delimiter].AsSpan().SequenceEqual(Delimiter)) delimiter++;
        int first = delimiter + 2;
        if (parts.Count < first + SignedParts) throw new MessageException($"it has {parts.Count} parts; expected a delimiter, a signature and four more");

        // Nothing of the message is looked at before its signature is known to be good.
        if (!signer.Verify(parts[delimiter + 1], parts.Skip(first).Take(SignedParts))) throw new MessageException("its signature is wrong");
        if (!_seen.Add(Fingerprint(parts.Skip(first).Take(SignedParts)))) throw new MessageException("the same message was here before");
        JsonElement header = Parse(parts[first], "header");
        JupyterMessage read = new()
        {
            Identity = message.Identity,
            Route = parts.Take(delimiter).ToArray(),
            Header = parts[first],
            Type = Name(header, "msg_type"),
            Id = Name(header, "msg_id"),
            Content = Parse(parts[first + 3], "content"),
            Received = message.Received,
        };
        return read;
    }

    /// <summary>Writes a message without identities: delimiter, signature and four parts.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="parent">The message it belongs to; null for none.</param>
    /// <param name="content">Its content.</param>
    /// <param name="metadata">Its metadata; null for none.</param>
    public IReadOnlyList<byte[]> Write(string type, JupyterMessage? parent, JsonObject content, JsonObject? metadata = null)
    {
        JsonObject header = new()
        {
            ["msg_id"] = $"{_session}_{Interlocked.Increment(ref _sent)}",
            ["session"] = _session,
            ["username"] = "strata",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = Version,
        };
        byte[][] signed = [Utf8(header), parent?.Header ?? "{}"u8.ToArray(), Utf8(metadata ?? []), Utf8(content)];
        return [Delimiter.ToArray(), signer.Sign(signed), .. signed];
    }

    /// <summary>
    /// What tells a message that was recorded and sent again from a new one: all of its signed parts, date included. Its id alone does not do, because clients that share a
    /// session count their messages alike.
    /// </summary>
    private static string Fingerprint(IEnumerable<byte[]> parts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] part in parts) hash.AppendData(part);
        return Convert.ToBase64String(hash.GetHashAndReset());
    }

    private static byte[] Utf8(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static JsonElement Parse(byte[] utf8, string what)
    {
        try
        {
            JsonElement json = JsonElement.Parse(utf8);
            return json.ValueKind == JsonValueKind.Object ? json : throw new MessageException($"its {what} is no JSON object");
        }
        catch (JsonException)
        {
            throw new MessageException($"its {what} is not JSON");
        }
    }

    private static string Name(JsonElement header, string name)
    {
        try
        {
            string? text = header.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return text is { Length: > 0 and <= MaxName } ? text : throw new MessageException($"its header has no valid {name}");
        }
        catch (InvalidOperationException)
        {
            throw new MessageException($"the {name} of its header is no valid text");
        }
    }
}
