using System.Security.Cryptography;
using System.Text;

namespace Strata.Models;

/// <summary>A file of a repository at a commit.</summary>
/// <param name="Path">Its path in the repository, with <c>/</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Hash">SHA-256 of the content (64 hexadecimal digits) where large-file storage keeps it, else git's own SHA-1 of the blob (40). Also its name in the cache. Empty for a file that is known from the cache alone.</param>
public sealed record HubFile(string Path, long Size, string Hash)
{
    /// <summary>A hash to which the content is yet to be added.</summary>
    internal IncrementalHash StartHash()
    {
        if (Hash.Length == 64) return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Not for secrecy: git names a blob so, by its length and content.
        IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {Size}\0"));
        return hash;
    }
}
