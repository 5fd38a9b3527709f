namespace Strata.Models;

/// <summary>
/// One repository in the cache that all clients of the hub share: <c>models--org--name/blobs/HASH</c> holds the content, <c>snapshots/COMMIT/PATH</c> links to it,
/// <c>refs/REVISION</c> holds a commit, and <c>.locks</c> keeps two processes from downloading the same file. What is under its name is complete; what is not is called <c>HASH.incomplete</c>.
/// </summary>
internal sealed class HubCache(string folder, HubReference repository, Action<string, string> link)
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);

    private readonly string _name = NameOf(repository);

    /// <summary>Folder of the repository.</summary>
    public string Folder => Path.Combine(folder, _name);

    /// <summary>Folder of a commit's files.</summary>
    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    /// <summary>Where a file of a commit is seen.</summary>
    public string SnapshotFile(string commit, string path) => Path.Combine(Snapshot(commit), path.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Where a content is kept.</summary>
    public string Blob(string hash) => Path.Combine(Folder, "blobs", hash);

    /// <summary>Where a content is kept while it is incomplete.</summary>
    public string Part(string hash) => Blob(hash) + ".incomplete";

    /// <summary>The models in a cache, as <c>org/name</c>, in the order of their names; none where there is no cache.</summary>
    public static IReadOnlyList<string> Models(string cacheFolder)
    {
        const string prefix = "models--";
        try
        {
            return [.. new DirectoryInfo(cacheFolder).EnumerateDirectories($"{prefix}*")
                .Where(repo => Directory.Exists(Path.Combine(repo.FullName, "snapshots")) && Directory.EnumerateFileSystemEntries(Path.Combine(repo.FullName, "snapshots")).Any())
                .Select(repo => repo.Name[prefix.Length..].Split("--"))
                .Where(parts => parts.Length <= 2 && parts.All(HubReference.IsName))
                .Select(parts => string.Join('/', parts))
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The commit that a revision stood for when it was last asked; null when that is not known.</summary>
    public string? CommitOf(string revision)
    {
        if (HubPath.IsCommit(revision)) return revision;
        try
        {
            return File.ReadAllText(RefFile(revision)).Trim() is var commit && HubPath.IsCommit(commit) ? commit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps what a revision stands for.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (HubPath.IsCommit(revision) || CommitOf(revision) == commit) return;
        Directory.CreateDirectory(Path.GetDirectoryName(RefFile(revision))!);
        AtomicFile.WriteText(RefFile(revision), commit);
    }

    /// <summary>Is a file there, as content or, where the system has no links, in the snapshot itself?</summary>
    public bool Has(string commit, HubFile file) => LengthOf(SnapshotFile(commit, file.Path)) == file.Size || (file.Hash.Length > 0 && LengthOf(Blob(file.Hash)) == file.Size);

    /// <summary>Bytes of a file that still have to come.</summary>
    public long MissingBytes(string commit, HubFile file) => Has(commit, file) ? 0 : file.Size - Math.Min(file.Size, LengthOf(Part(file.Hash)) ?? 0);

    /// <summary>The files of a commit in the cache: path and bytes.</summary>
    public IReadOnlyList<HubListedFile> FilesOf(string commit)
    {
        string snapshot = Snapshot(commit);
        if (!Directory.Exists(snapshot)) return [];
        return [.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories)
            .Select(path => new HubListedFile(Path.GetRelativePath(snapshot, path).Replace(Path.DirectorySeparatorChar, '/'), LengthOf(path), null))
            .Where(file => file.Size is not null)];
    }

    /// <summary>Waits until this process may write a content. The lock is one of the operating system and ends with the process, however that ends.</summary>
    public async Task<IDisposable> LockAsync(string hash, CancellationToken cancellation)
    {
        string path = Path.Combine(folder, ".locks", _name, hash + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(LockPoll, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Makes complete contents visible under their paths at a commit.</summary>
    public void Show(string commit, IReadOnlyList<HubFile> files)
    {
        for (int i = 0; i < files.Count; i++)
        {
            HubFile file = files[i];
            string path = SnapshotFile(commit, file.Path), blob = Blob(file.Hash);
            if (LengthOf(path) == file.Size && (new FileInfo(path).LinkTarget is not { } target || Path.GetFileName(target) == file.Hash)) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Link(path, blob, last: !files.Skip(i + 1).Any(other => other.Hash == file.Hash));
        }
    }

    /// <summary>Bytes of a file, through links; null where there is none.</summary>
    public static long? LengthOf(string path)
    {
        try
        {
            if (!File.Exists(path)) return null;
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return RandomAccess.GetLength(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string RefFile(string revision) => Path.Combine(Folder, "refs", revision.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Links beside the path and renames, so that nobody finds the path missing. Without links the content itself moves there, as other clients do it.</summary>
    private void Link(string path, string blob, bool last)
    {
        string beside = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            link(beside, Path.GetRelativePath(Path.GetDirectoryName(path)!, blob));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            if (last) beside = blob;
            else File.Copy(blob, beside);
        }

        File.Move(beside, path, overwrite: true);
    }

    private static string NameOf(HubReference repository) => $"{(repository.Kind == HubKind.Model ? "models" : "datasets")}--{repository.Id.Replace("/", "--", StringComparison.Ordinal)}";
}
