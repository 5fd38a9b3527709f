using System.Security.Cryptography;
using System.Text;

namespace Strata.Jupyter.Protocol;

/// <summary>Signs messages with HMAC-SHA256 over header, parent header, metadata and content, written in lower-case hexadecimal digits.</summary>
/// <param name="key">The connection file's key; empty when the front end wants no signatures.</param>
internal sealed class MessageSigner(string key)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);

    /// <summary>The signature of four parts; empty without a key.</summary>
    public byte[] Sign(IEnumerable<byte[]> parts)
    {
        if (_key.Length == 0) return [];
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (byte[] part in parts) hash.AppendData(part);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Whether a signature is that of the parts. Takes the same time wherever it differs.</summary>
    public bool Verify(byte[] signature, IEnumerable<byte[]> parts) => CryptographicOperations.FixedTimeEquals(signature, Sign(parts));
}
