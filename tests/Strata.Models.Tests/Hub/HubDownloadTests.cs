using System.Collections.Concurrent;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Downloads that go well, and those that are disturbed.</summary>
public sealed class HubDownloadTests : HubFixture
{
    private static readonly string[] Needed = ["config.json", "tokenizer.json", "model.safetensors"];

    [Fact]
    public void Fetches_what_is_needed_in_the_layout_that_all_clients_share()
    {
        HubSnapshot snapshot = Fetch();

        SnapshotIsComplete(snapshot, Needed);
        string repository = Path.Combine(Cache, "models--org--name");
        Assert.Equal(Path.Combine(repository, "snapshots", FakeHub.Commit), snapshot.Folder);
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(repository, "refs", "main")));
        Assert.Equal(Needed.Select(path => Files[path].Hash).Order(), Directory.EnumerateFiles(Path.Combine(repository, "blobs")).Select(Path.GetFileName).Order());
        foreach (string path in Needed) Assert.Equal($"../../blobs/{Files[path].Hash}", new FileInfo(Path.Combine(snapshot.Folder, path)).LinkTarget);
        Assert.True(File.Exists(Path.Combine(Cache, ".locks", "models--org--name", $"{Files["model.safetensors"].Hash}.lock")));
        Assert.Equal(["org/name"], HubClient.CachedModels(Settings()));
    }

    [Fact]
    public void A_second_fetch_asks_for_the_list_alone()
    {
        Fetch();
        Hub.Requests.Clear();

        using HubClient client = new(Settings());
        HubPlan plan = client.Plan(Model);
        Assert.Equal(0, plan.MissingBytes);
        Assert.Equal(Needed.Sum(path => Files[path].Bytes.Length), plan.Bytes);
        SnapshotIsComplete(client.Download(plan), Needed);
        Assert.Equal("/api/models/org/name/revision/main", Assert.Single(Hub.Requests).Path);
    }

    [Fact]
    public void The_token_goes_to_the_hub_and_to_no_other_host()
    {
        Fetch();

        Assert.All(Hub.Requests.Where(request => request.Host == Hub.Address.Authority), request => Assert.Equal($"Bearer {Token}", request.Authorization));
        Assert.NotEmpty(Hub.Stored);
        Assert.All(Hub.Stored, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public void A_repository_that_was_renamed_is_followed_with_the_token()
    {
        Hub.Instead = context =>
        {
            if (!context.Request.Path.Value!.Contains("old")) return Task.FromResult(false);
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = context.Request.Path.Value.Replace("org/old", "org/name") + context.Request.QueryString;
            return Task.FromResult(true);
        };

        HubSnapshot snapshot = Fetch(HubReference.Parse("hf:org/old"));

        SnapshotIsComplete(snapshot, Needed);
        Assert.All(Hub.Requests.Where(request => request.Host == Hub.Address.Authority), request => Assert.NotNull(request.Authorization));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(150_000)]
    [InlineData(299_999)]
    public void A_download_that_was_cut_goes_on_where_it_stopped(int cut)
    {
        Hub.Cuts.Enqueue(cut);
        Fails(Settings(attempts: 1), "Tried once", "goes on from there");
        NothingIsVisible();
        string part = Blob("model.safetensors") + ".incomplete";
        byte[] kept = File.ReadAllBytes(part);
        Assert.Equal(cut, kept.Length);
        Assert.Equal(Weights[..kept.Length], kept);

        SnapshotIsComplete(Fetch(), Needed);
        Assert.Equal(kept.Length > 0 ? kept.Length : null, Hub.Stored[^1].From);
        Assert.False(File.Exists(part));
    }

    [Fact]
    public void Several_cuts_in_a_row_are_mended_within_one_fetch()
    {
        foreach (int cut in new[] { 1000, 50_000, 100_000 }) Hub.Cuts.Enqueue(cut);

        SnapshotIsComplete(Fetch(settings: Settings(attempts: 5)), Needed);
        Assert.Equal([null, 1000, 51_000, 151_000], Hub.Stored.Select(request => request.From));
    }

    [Fact]
    public void A_server_that_ignores_ranges_begins_again_and_the_file_is_right()
    {
        Hub.IgnoresRanges = true;
        Hub.Cuts.Enqueue(100_000);

        SnapshotIsComplete(Fetch(), Needed);
        Assert.Equal([null, 100_000L], Hub.Stored.Select(request => request.From));
    }

    [Fact]
    public void A_part_that_does_not_belong_to_the_file_is_thrown_away()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob("model.safetensors"))!);
        File.WriteAllBytes(Blob("model.safetensors") + ".incomplete", Numbers(120_000, 9));

        SnapshotIsComplete(Fetch(), Needed);
        Assert.Equal([120_000L, null], Hub.Stored.Select(request => request.From));
    }

    [Fact]
    public void A_server_without_bytes_where_the_part_ends_is_asked_from_the_beginning()
    {
        Hub.Cuts.Enqueue(100_000);
        Hub.Instead = context => context.Request.Headers.Range.Count > 0 && context.Request.Path.StartsWithSegments("/repos") ? FakeHub.Answer(context, 416) : Task.FromResult(false);

        SnapshotIsComplete(Fetch(), Needed);
        Assert.Equal([null, 100_000L, null], Hub.Stored.Select(request => request.From));
    }

    [Fact]
    public void A_part_longer_than_the_file_is_thrown_away()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob("model.safetensors"))!);
        File.WriteAllBytes(Blob("model.safetensors") + ".incomplete", Numbers(300_001, 9));

        SnapshotIsComplete(Fetch(), Needed);
    }

    [Fact]
    public void A_wrong_hash_is_refused_and_the_bytes_are_not_kept()
    {
        Hub.Sent = bytes => [(byte)(bytes[0] ^ 1), .. bytes[1..]];

        Fails(Settings(), "has the hash", Files["model.safetensors"].Hash);
        NothingIsVisible();
        Assert.Equal(0, new FileInfo(Blob("model.safetensors") + ".incomplete").Length);

        Hub.Sent = bytes => bytes;
        SnapshotIsComplete(Fetch(), Needed);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_wrong_length_is_refused(int more)
    {
        Hub.Sent = bytes => more < 0 ? bytes[..^1] : [.. bytes, 0];

        Fails(Settings(), $"{300_000 + more:N0}", "300,000");
        NothingIsVisible();
    }

    [Fact]
    public void A_stream_without_a_length_is_stopped_when_it_grows_too_long()
    {
        Hub.Instead = async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/repos")) return false;
            for (int i = 0; i < 100; i++) await context.Response.Body.WriteAsync(Numbers(10_000, i));
            return true;
        };

        Fails(Settings(), "more than the 300,000 bytes");
        NothingIsVisible();
        Assert.Equal(0, new FileInfo(Blob("model.safetensors") + ".incomplete").Length);
    }

    [Fact]
    public void A_server_that_falls_silent_is_left_after_the_time_limit()
    {
        Hub.Instead = async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/repos")) return false;
            context.Response.ContentLength = 300_000;
            await context.Response.Body.WriteAsync(Weights.AsMemory(0, 5000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(20), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        HubSettings quick = new() { Endpoint = Hub.Address, CacheFolder = Cache, Attempts = 2, Timeout = TimeSpan.FromSeconds(2), RetryDelay = TimeSpan.FromMilliseconds(1) };

        Fails(quick, "did not answer within 2 s");
        Assert.Equal(5000, new FileInfo(Blob("model.safetensors") + ".incomplete").Length);
        NothingIsVisible();
    }

    [Fact]
    public void Cancelling_keeps_the_part_and_shows_nothing()
    {
        using CancellationTokenSource stop = new();
        Hub.Instead = async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/repos") || context.Request.Headers.Range.Count > 0) return false;
            context.Response.ContentLength = 300_000;
            await context.Response.Body.WriteAsync(Weights.AsMemory(0, 100_000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(1000);
            stop.Cancel();
            await Task.Delay(TimeSpan.FromSeconds(20), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        Assert.ThrowsAny<OperationCanceledException>(() => Fetch(cancellation: stop.Token));
        NothingIsVisible();
        Assert.Equal(Weights[..100_000], File.ReadAllBytes(Blob("model.safetensors") + ".incomplete"));

        SnapshotIsComplete(Fetch(), Needed);
        Assert.Equal(100_000, Hub.Stored[^1].From);
    }

    [Fact]
    public async Task Clients_at_the_same_time_download_each_file_once()
    {
        HubSnapshot[] snapshots = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Fetch())));

        foreach (HubSnapshot snapshot in snapshots) SnapshotIsComplete(snapshot, Needed);
        Assert.Single(Hub.Stored);
    }

    [Fact]
    public async Task Clients_at_the_same_time_get_along_without_links_too()
    {
        HubSettings settings = Settings(link: (_, _) => throw new IOException("no links here"));
        HubSnapshot[] snapshots = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Fetch(settings: settings))));

        foreach (HubSnapshot snapshot in snapshots) SnapshotIsComplete(snapshot, Needed);
    }

    [Fact]
    public void Shards_are_those_that_the_index_names()
    {
        Files.Remove("model.safetensors");
        Files["model.safetensors.index.json"] = Text("{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\",\"c\":\"model-00001-of-00002.safetensors\"}}");
        Files["model-00001-of-00002.safetensors"] = new(Numbers(70_000, 6), true);
        Files["model-00002-of-00002.safetensors"] = new(Numbers(80_000, 7), true);
        Files["consolidated.safetensors"] = new(Numbers(1000, 8), true);

        SnapshotIsComplete(Fetch(), "config.json", "tokenizer.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
        Assert.Equal(2, Hub.Stored.Length);
    }

    [Fact]
    public void Without_safetensors_the_pickled_weights_are_fetched_and_without_tokenizer_json_the_vocabulary()
    {
        Files.Remove("model.safetensors");
        Files.Remove("tokenizer.json");
        Files["merges.txt"] = Text("#version");

        SnapshotIsComplete(Fetch(), "config.json", "vocab.json", "merges.txt", "pytorch_model.bin");
    }

    [Fact]
    public void Sentence_transformers_come_with_the_layers_in_their_folders()
    {
        Files["modules.json"] = Text("[]");
        Files["1_Pooling/config.json"] = Text("{\"pooling\":\"mean\"}");
        Files["2_Dense/model.safetensors"] = new(Numbers(500, 6), true);
        Files["2_Dense/pytorch_model.bin"] = new(Numbers(500, 7), true);

        HubSnapshot snapshot = Fetch();
        SnapshotIsComplete(snapshot, [.. Needed, "modules.json", "1_Pooling/config.json", "2_Dense/model.safetensors"]);
        Assert.Equal($"../../../blobs/{Files["1_Pooling/config.json"].Hash}", new FileInfo(Path.Combine(snapshot.Folder, "1_Pooling", "config.json")).LinkTarget);
    }

    [Fact]
    public void A_file_that_is_named_is_fetched_alone()
    {
        Files["quantised/name-Q4_0.gguf"] = new(Numbers(2000, 6), true);

        SnapshotIsComplete(Fetch(HubReference.Parse("hf:org/name/quantised/name-Q4_0.gguf@v1.0")), "quantised/name-Q4_0.gguf");
        Fails(HubReference.Parse("hf:org/name/quantised/name-Q5_0.gguf"), Settings(), "has no file", "name-Q4_0.gguf");
    }

    [Fact]
    public void Names_without_an_organisation_and_references_with_slashes_work()
    {
        Hub.Repositories["models/gpt2"] = Files;

        HubSnapshot snapshot = Fetch(HubReference.Parse("hf:gpt2@refs/pr/1"));

        SnapshotIsComplete(snapshot, Needed);
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(Cache, "models--gpt2", "refs", "refs", "pr", "1")));
        Assert.Equal(["gpt2"], HubClient.CachedModels(Settings()));
    }

    [Fact]
    public void Without_links_the_files_themselves_stand_in_the_snapshot()
    {
        Files["added_tokens.json"] = Files["tokenizer.json"];
        HubSettings settings = Settings(link: (_, _) => throw new IOException("no links here"));

        SnapshotIsComplete(Fetch(settings: settings), [.. Needed, "added_tokens.json"]);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Cache, "models--org--name", "blobs")));
        Hub.Requests.Clear();
        SnapshotIsComplete(Fetch(settings: settings), [.. Needed, "added_tokens.json"]);
        Assert.Single(Hub.Requests);
    }

    [Fact]
    public void Where_the_list_leaves_sizes_out_the_headers_say_them()
    {
        Hub.Listing = listing =>
        {
            foreach (var sibling in listing["siblings"]!.AsArray()) foreach (string key in new[] { "size", "blobId", "lfs" }) sibling!.AsObject().Remove(key);
        };

        SnapshotIsComplete(Fetch(), Needed);
        Assert.Equal(3, Hub.Requests.Count(request => request.Method == "HEAD"));
        Assert.Equal("GET", Assert.Single(Hub.Stored).Method);
    }

    [Fact]
    public void A_complete_cache_that_may_not_be_written_can_be_read()
    {
        Fetch();
        Directory.Delete(Path.Combine(Cache, ".locks"), recursive: true);

        SnapshotIsComplete(Fetch(), Needed);
        Assert.False(Directory.Exists(Path.Combine(Cache, ".locks")));
    }

    [Fact]
    public void A_held_lock_is_waited_for_and_the_wait_can_be_cancelled()
    {
        string name = Path.Combine(Cache, ".locks", "models--org--name", $"{Files["model.safetensors"].Hash}.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(name)!);
        using (new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            using CancellationTokenSource stop = new(TimeSpan.FromSeconds(0.5));
            Assert.ThrowsAny<OperationCanceledException>(() => Fetch(cancellation: stop.Token));
            Assert.Empty(Hub.Stored);
        }

        SnapshotIsComplete(Fetch(), Needed);
    }

    [Fact]
    public void Progress_counts_all_bytes_in_order_and_ends_at_their_number()
    {
        Hub.Cuts.Enqueue(100_000);
        Reports reports = new();
        Fetch(progress: reports);

        long total = Needed.Sum(path => Files[path].Bytes.Length);
        Assert.All(reports.All, report => Assert.Equal(("Downloading hf:org/name@main", total, "bytes"), (report.Title, report.Total, report.Unit)));
        Assert.Equal(reports.All.Select(report => report.Done).Order(), reports.All.Select(report => report.Done));
        Assert.Equal(total, reports.All.Last().Done);
    }

    [Fact]
    public void A_disk_that_is_too_small_is_said_in_bytes_before_the_download()
    {
        Fails(Settings(free: 1000), $"needs {Needed.Sum(path => Files[path].Bytes.Length):N0} more bytes", "1,000 are free", "HF_HUB_CACHE");
        Assert.Empty(Hub.Stored);
    }

    private sealed class Reports : IProgress<WorkProgress>
    {
        public ConcurrentQueue<WorkProgress> All { get; } = [];

        public void Report(WorkProgress value) => All.Enqueue(value);
    }
}
