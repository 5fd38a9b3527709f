using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>What will be downloaded, known before the first byte of it is.</summary>
public sealed class HubPlan
{
    internal HubPlan(HubReference reference, string commit, string folder, IReadOnlyList<HubFile> files, long missingBytes, string? note)
    {
        Reference = reference;
        Commit = commit;
        Folder = folder;
        Files = files;
        MissingBytes = missingBytes;
        Note = note;
    }

    /// <summary>What was asked for.</summary>
    public HubReference Reference { get; }

    /// <summary>The commit that the revision stands for.</summary>
    public string Commit { get; }

    /// <summary>The folder in which the files will be found.</summary>
    public string Folder { get; }

    /// <summary>The files that are needed.</summary>
    public IReadOnlyList<HubFile> Files { get; }

    /// <summary>Bytes of all files.</summary>
    public long Bytes => Files.Sum(file => file.Size);

    /// <summary>The splits that the files of a data set belong to, by the hub's convention for their names.</summary>
    public IReadOnlyList<string> Splits => [.. Files.Select(file => HubDataFiles.SplitOf(file.Path)).Distinct()];

    /// <summary>Bytes that are not in the cache yet.</summary>
    public long MissingBytes { get; }

    /// <summary>Why the network was not asked; null when it was.</summary>
    public string? Note { get; }

    /// <summary>Reference, commit, files, bytes, folder.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Reference}, commit {Commit}: {Files.Count} {(Files.Count == 1 ? "file" : "files")}, {Bytes:N0} bytes");
        text.Append(MissingBytes == 0 ? ", all in the cache" : MissingBytes == Bytes ? " to download" : string.Create(CultureInfo.InvariantCulture, $", {MissingBytes:N0} of them to download"));
        text.Append(CultureInfo.InvariantCulture, $". Folder: {Folder}");
        foreach (HubFile file in Files) text.Append(CultureInfo.InvariantCulture, $"\n  {file.Path} ({file.Size:N0} bytes)");
        if (Note is not null) text.Append(CultureInfo.InvariantCulture, $"\n{Note}");
        return text.ToString();
    }
}

/// <summary>Files of a repository that are complete on this machine.</summary>
/// <param name="Reference">What was asked for.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Folder">The folder of the commit in the cache.</param>
/// <param name="Files">Paths of the files on this machine, in the order of the plan.</param>
public sealed record HubSnapshot(HubReference Reference, string Commit, string Folder, IReadOnlyList<string> Files);
