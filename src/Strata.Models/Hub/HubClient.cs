namespace Strata.Models;

/// <summary>Finds and downloads models and data sets of the Hugging Face hub, or of another server with the same paths, into the cache that all clients of the hub share.</summary>
/// <remarks>Nothing is executed, and no file is written outside <see cref="HubSettings.CacheFolder"/>. Downloads that stop, for whatever reason, go on where they stopped.</remarks>
public sealed class HubClient : IDisposable
{
    private const long SpareBytes = 16 << 20;

    private readonly HubSettings _settings;
    private readonly HubHttp _http;

    /// <summary>A client.</summary>
    /// <param name="settings">Those of the environment where null.</param>
    /// <exception cref="StrataException">The environment's settings are not valid.</exception>
    public HubClient(HubSettings? settings = null)
    {
        _settings = settings ?? HubSettings.FromEnvironment();
        _http = new HubHttp(_settings);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    /// <summary>The models in the cache, as <c>org/name</c>.</summary>
    public static IReadOnlyList<string> CachedModels(HubSettings settings) => HubCache.Models(settings.CacheFolder);

    /// <summary>Finds out which files are needed and how much of them is missing.</summary>
    /// <param name="reference">The repository.</param>
    /// <param name="split">The part of a data set, such as <c>train</c>; null for all files that hold rows.</param>
    /// <param name="cancellation">Ends the wait for the hub.</param>
    /// <exception cref="HubException">The hub refused or was not reached, what is needed is not there, or the names of the files could lead out of the cache.</exception>
    public HubPlan Plan(HubReference reference, string? split = null, CancellationToken cancellation = default) => Run(() => PlanAsync(reference, split, cancellation));

    /// <summary>Downloads what is missing of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Told a few times a second, in bytes.</param>
    /// <param name="cancellation">Stops; what has arrived is kept for the next time.</param>
    /// <exception cref="HubException">The disk is too small, the hub refused or was not reached, or what it sent is not what it announced.</exception>
    public HubSnapshot Download(HubPlan plan, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default) => Run(() => DownloadAsync(plan, progress, cancellation));

    /// <summary>Finds out what is needed, says what will be downloaded, and downloads it.</summary>
    /// <param name="reference">The repository.</param>
    /// <param name="split">The part of a data set; see <see cref="Plan"/>.</param>
    /// <param name="announce">Told the plan where something is missing, or where the hub was not asked.</param>
    /// <param name="progress">Told a few times a second, in bytes.</param>
    /// <param name="cancellation">Stops; what has arrived is kept for the next time.</param>
    /// <exception cref="HubException">See <see cref="Plan"/> and <see cref="Download"/>.</exception>
    public HubSnapshot Fetch(HubReference reference, string? split, Action<string> announce, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        return Fetch(Plan(reference, split, cancellation), announce, progress, cancellation);
    }

    /// <summary>Says what will be downloaded of a plan, and downloads it.</summary>
    /// <exception cref="HubException">See <see cref="Download"/>.</exception>
    public HubSnapshot Fetch(HubPlan plan, Action<string> announce, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (plan.MissingBytes > 0 || plan.Note is not null) announce(plan.ToString());
        return Download(plan, progress, cancellation);
    }

    private async Task<HubPlan> PlanAsync(HubReference reference, string? split, CancellationToken cancellation)
    {
        HubCache cache = new(_settings.CacheFolder, reference, _settings.Link);
        if (_settings.Offline) return await PlanCachedAsync(cache, reference, split, "The hub was not asked: HF_HUB_OFFLINE is set.").ConfigureAwait(false);
        try
        {
            return await PlanOnlineAsync(cache, reference, split, cancellation).ConfigureAwait(false);
        }
        catch (HubException e) when (e.InnerException is PassingHubException { NoAnswer: true } && cache.CommitOf(reference.Revision) is { } commit && Directory.Exists(cache.Snapshot(commit)))
        {
            return await PlanCachedAsync(cache, reference, split, $"{_settings.Endpoint.Host} was not reached; this is what the cache has. HF_HUB_OFFLINE=1 saves the wait.").ConfigureAwait(false);
        }
    }

    private async Task<HubPlan> PlanOnlineAsync(HubCache cache, HubReference reference, string? split, CancellationToken cancellation)
    {
        Uri address = Address($"api/{(reference.Kind == HubKind.Model ? "models" : "datasets")}/{reference.Id}/revision/{Uri.EscapeDataString(reference.Revision)}?blobs=true");
        bool cached = cache.CommitOf(reference.Revision) is not null;
        HubRetry retry = new(_settings, cached ? Math.Min(2, _settings.Attempts) : _settings.Attempts);
        byte[] json = await retry.RunAsync(() => ReadAllAsync(address, reference, HubListing.MaxBytes, cancellation), cancellation).ConfigureAwait(false);
        HubListing listing = HubListing.Read(json, $"the hub's answer on {reference}");
        Dictionary<string, HubListedFile> listed = listing.Files.DistinctBy(file => file.Path, StringComparer.Ordinal).ToDictionary(file => file.Path, StringComparer.Ordinal);
        async Task<HubFile> Find(string path) => await CompleteAsync(reference, listing.Commit, listed[path], cancellation).ConfigureAwait(false);
        async Task<byte[]> Read(string path)
        {
            HubFile file = await Find(path).ConfigureAwait(false);
            HubTransferProgress silent = new("", 0, null);
            await Transfer(cache, reference, listing.Commit, file, silent).RunAsync(cancellation).ConfigureAwait(false);
            string place = cache.Blob(file.Hash);
            return await File.ReadAllBytesAsync(File.Exists(place) ? place : cache.SnapshotFile(listing.Commit, path), cancellation).ConfigureAwait(false);
        }

        List<HubFile> files = [];
        foreach (string path in await ChooseAsync(reference, split, listed.Keys, Read).ConfigureAwait(false)) files.Add(await Find(path).ConfigureAwait(false));
        RefuseCollisions(reference, files);
        return new HubPlan(reference, listing.Commit, cache.Snapshot(listing.Commit), files, files.Sum(file => cache.MissingBytes(listing.Commit, file)), null);
    }

    private static async Task<HubPlan> PlanCachedAsync(HubCache cache, HubReference reference, string? split, string note)
    {
        string command = $"With a network, this fetches it: strata fetch {reference}";
        string commit = cache.CommitOf(reference.Revision) ?? throw new HubException($"{reference} is not in the cache ({cache.Folder}). {note} {command}");
        Dictionary<string, HubListedFile> there = cache.FilesOf(commit).ToDictionary(file => file.Path, StringComparer.Ordinal);
        try
        {
            IReadOnlyList<string> paths = await ChooseAsync(reference, split, there.Keys, path => File.ReadAllBytesAsync(cache.SnapshotFile(commit, path))).ConfigureAwait(false);
            return new HubPlan(reference, commit, cache.Snapshot(commit), [.. paths.Select(path => new HubFile(path, there[path].Size!.Value, ""))], 0, note);
        }
        catch (Exception e) when (e is HubException or MissingShardException)
        {
            throw new HubException($"The cache has only a part of {reference}: {e.Message} {note} {command}", e);
        }
    }

    private static async Task<IReadOnlyList<string>> ChooseAsync(HubReference reference, string? split, IReadOnlyCollection<string> paths, Func<string, Task<byte[]>> read) =>
        reference.Kind == HubKind.Model
            ? await HubSelection.OfModelAsync(reference, paths, read).ConfigureAwait(false)
            : HubDataFiles.Of(reference, paths, split);

    private async Task<HubSnapshot> DownloadAsync(HubPlan plan, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        HubCache cache = new(_settings.CacheFolder, plan.Reference, _settings.Link);
        if (plan.Note is null)
        {
            CheckDisk(plan, cache);
            HubTransferProgress total = new($"Downloading {plan.Reference}", plan.Bytes, plan.MissingBytes == 0 ? null : progress);
            ParallelOptions options = new() { MaxDegreeOfParallelism = _settings.Parallel, CancellationToken = cancellation };
            // The largest first: else the others wait for it at the end.
            await Parallel.ForEachAsync(plan.Files.OrderByDescending(file => file.Size).DistinctBy(file => file.Hash), options, async (file, stop) =>
                await Transfer(cache, plan.Reference, plan.Commit, file, total).RunAsync(stop).ConfigureAwait(false)).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            // A snapshot is seen when all of it is there, a revision when its snapshot is.
            cache.Show(plan.Commit, plan.Files);
            cache.WriteRef(plan.Reference.Revision, plan.Commit);
        }

        return new HubSnapshot(plan.Reference, plan.Commit, plan.Folder, [.. plan.Files.Select(file => cache.SnapshotFile(plan.Commit, file.Path))]);
    }

    private HubTransfer Transfer(HubCache cache, HubReference reference, string commit, HubFile file, HubTransferProgress progress) =>
        new(_http, _settings, cache, reference, commit, file, FileAddress(reference, commit, file.Path), progress);

    /// <summary>A listed file with size and hash; where the list has neither, the hub's headers on the file say them.</summary>
    private async Task<HubFile> CompleteAsync(HubReference reference, string commit, HubListedFile listed, CancellationToken cancellation)
    {
        if (HubPath.Refusal(listed.Path) is { } reason) throw new HubException($"{reference} lists a file {Excerpt.Quote(listed.Path)}, which cannot be kept: {reason}. Nothing was downloaded.");
        if (listed is { Size: { } size, Hash: { } hash }) return new HubFile(listed.Path, size, hash);
        HubRetry retry = new(_settings, _settings.Attempts);
        using HubAnswer answer = await retry.RunAsync(() => _http.SendAsync(HttpMethod.Head, FileAddress(reference, commit, listed.Path), null, reference, cancellation), cancellation).ConfigureAwait(false);
        if (answer.Linked is { Size: { } said, Hash: { } etag } && said >= 0 && (HubPath.IsHex(etag, 40) || HubPath.IsHex(etag, 64))) return new HubFile(listed.Path, said, etag);
        throw new HubException($"{reference}: {_settings.Endpoint.Host} says neither size nor hash of {Excerpt.Quote(listed.Path)}, so that a download could not be checked.");
    }

    private async Task<byte[]> ReadAllAsync(Uri address, HubReference reference, int most, CancellationToken cancellation)
    {
        using HubAnswer answer = await _http.SendAsync(HttpMethod.Get, address, null, reference, cancellation).ConfigureAwait(false);
        await using Stream body = await answer.Message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using MemoryStream all = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = await _http.WithinTimeAsync(address.Host, limit => body.ReadAsync(buffer, limit).AsTask(), cancellation).ConfigureAwait(false)) > 0;)
        {
            if (all.Length + read > most) throw new HubException($"{address.Host} answers with more than {most:N0} bytes on {reference}.");
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    private void CheckDisk(HubPlan plan, HubCache cache)
    {
        if (plan.MissingBytes == 0) return;
        Directory.CreateDirectory(cache.Folder);
        if (_settings.FreeBytes(cache.Folder) is { } free && free < plan.MissingBytes + SpareBytes)
            throw new HubException($"{plan.Reference} needs {plan.MissingBytes:N0} more bytes in {_settings.CacheFolder}, where {free:N0} are free. Make room, or set HF_HUB_CACHE to a folder on a larger disk.");
    }

    /// <summary>Two names that some systems hold for one would overwrite each other.</summary>
    private static void RefuseCollisions(HubReference reference, List<HubFile> files)
    {
        IGrouping<string, HubFile>? same = files.GroupBy(file => file.Path, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (same is not null) throw new HubException($"{reference} has two files named {Excerpt.Quote(same.Key)} that differ in upper and lower case alone. Name one of them.");
    }

    private Uri FileAddress(HubReference reference, string commit, string path) =>
        Address($"{(reference.Kind == HubKind.Model ? "" : "datasets/")}{reference.Id}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    private Uri Address(string path) => new($"{_settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    /// <summary>Waits off the calling thread, whose synchronisation context, if it has one, must not be waited for.</summary>
    private static T Run<T>(Func<Task<T>> work)
    {
        try
        {
            return Task.Run(work).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"The cache of the hub cannot be read or written: {e.Message}", e);
        }
    }
}
