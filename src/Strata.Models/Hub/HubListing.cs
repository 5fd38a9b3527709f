using System.Text.Json;

namespace Strata.Models;

/// <summary>A file as the hub lists it; size and hash are null where the list leaves them out.</summary>
internal sealed record HubListedFile(string Path, long? Size, string? Hash);

/// <summary>What a repository holds at a commit, from the hub's information on it (<c>/api/models/ID/revision/REVISION?blobs=true</c>).</summary>
/// <param name="Commit">The commit that the revision stands for: 40 hexadecimal digits.</param>
/// <param name="Files">The files. Their paths are as the hub wrote them, unchecked.</param>
internal sealed record HubListing(string Commit, IReadOnlyList<HubListedFile> Files)
{
    /// <summary>Most bytes of an answer that are read.</summary>
    public const int MaxBytes = 64 << 20;

    private const int MaxFiles = 200_000;

    /// <summary>Reads the answer.</summary>
    /// <param name="json">Its bytes.</param>
    /// <param name="asked">Where it comes from, for messages.</param>
    /// <exception cref="InvalidFileException">It is not such an answer.</exception>
    public static HubListing Read(ReadOnlyMemory<byte> json, string asked)
    {
        using JsonDocument document = JsonFile.ParseObject(json, asked);
        ConfigReader info = new(document.RootElement, asked);
        string? commit = info.OptionalString("sha");
        if (commit is null || !HubPath.IsCommit(commit)) throw new InvalidFileException(asked, $"\"sha\" is {Excerpt.Quote(commit ?? "missing")}; expected a commit of 40 hexadecimal digits.");
        if (!document.RootElement.TryGetProperty("siblings", out JsonElement siblings) || siblings.ValueKind != JsonValueKind.Array || siblings.GetArrayLength() > MaxFiles)
            throw new InvalidFileException(asked, $"\"siblings\" is no list of at most {MaxFiles:N0} files.");
        List<HubListedFile> files = [];
        foreach (JsonElement sibling in siblings.EnumerateArray()) files.Add(ReadFile(new ConfigReader(sibling, asked, $"siblings[{files.Count}]")));
        return new HubListing(commit, files);
    }

    private static HubListedFile ReadFile(ConfigReader file)
    {
        string path = file.OptionalString("rfilename") ?? throw new InvalidFileException(file.Path, $"{file.Place} has no \"rfilename\".");
        ConfigReader? large = file.Has("lfs") ? file.Object("lfs") : null;
        string? hash = large is null ? HashOf(file, "blobId", 40) : HashOf(large, "sha256", 64) ?? HashOf(large, "oid", 64);
        return new HubListedFile(path, SizeOf(large ?? file), hash);
    }

    private static string? HashOf(ConfigReader from, string key, int digits)
    {
        string? hash = from.OptionalString(key);
        return hash is null || HubPath.IsHex(hash, digits) ? hash : throw new InvalidFileException(from.Path, $"{from.Place}.{key} is {Excerpt.Quote(hash)}; expected {digits} hexadecimal digits.");
    }

    private static long? SizeOf(ConfigReader from)
    {
        if (!from.Has("size")) return null;
        return from.Element.GetProperty("size").ValueKind == JsonValueKind.Number && from.Element.GetProperty("size").TryGetInt64(out long size) && size >= 0
            ? size : throw new InvalidFileException(from.Path, $"{from.Place}.size is no number of bytes.");
    }
}
