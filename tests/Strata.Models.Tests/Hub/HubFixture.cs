using System.Text;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>A server, an empty cache, and a small model on the server that has all that real ones have; afterwards the cache is whole, whatever happened.</summary>
public abstract class HubFixture : IAsyncLifetime
{
    internal const string Token = "hf_TestTokenNotToBeSeen";

    internal static readonly byte[] Weights = Numbers(300_000, 1);

    private readonly TemporaryFolder _folder = new();

    internal FakeHub Hub { get; } = FakeHub.Start();

    internal string Cache => _folder.File("hub");

    internal Dictionary<string, ServedFile> Files { get; } = new()
    {
        ["config.json"] = Text("{\"model_type\":\"gpt2\"}"),
        ["tokenizer.json"] = Text("{\"version\":\"1.0\"}"),
        ["vocab.json"] = Text("{}"),
        ["model.safetensors"] = new(Weights, true),
        ["pytorch_model.bin"] = new(Numbers(1000, 2), true),
        ["tf_model.h5"] = new(Numbers(1000, 3), true),
        ["flax_model.msgpack"] = new(Numbers(1000, 4), true),
        ["onnx/model.onnx"] = new(Numbers(1000, 5), true),
        ["README.md"] = Text("# Hello"),
    };

    internal static HubReference Model { get; } = HubReference.Parse("hf:org/name");

    public Task InitializeAsync()
    {
        Hub.Repositories["models/org/name"] = Files;
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Hub.DisposeAsync();
        CheckCache();
        _folder.Dispose();
    }

    internal static ServedFile Text(string text) => new(Encoding.UTF8.GetBytes(text), false);

    internal static byte[] Numbers(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal HubSettings Settings(int attempts = 3, bool offline = false, string? token = Token, Action<string, string>? link = null, long? free = null) => new()
    {
        Endpoint = Hub.Address,
        CacheFolder = Cache,
        Attempts = attempts,
        Offline = offline,
        Token = token,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        Timeout = TimeSpan.FromSeconds(5),
        Link = link ?? ((path, target) => File.CreateSymbolicLink(path, target)),
        FreeBytes = _ => free,
    };

    internal HubSnapshot Fetch(HubReference? reference = null, HubSettings? settings = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using HubClient client = new(settings ?? Settings());
        return client.Download(client.Plan(reference ?? Model, null, cancellation), progress, cancellation);
    }

    /// <summary>The fetch fails with a message that has these parts, and never the token.</summary>
    internal string Fails(HubSettings settings, params string[] parts) => Fails(Model, settings, parts);

    internal string Fails(HubReference reference, HubSettings settings, params string[] parts)
    {
        StrataException failure = Assert.ThrowsAny<StrataException>(() => Fetch(reference, settings));
        foreach (string part in parts) Assert.Contains(part, failure.Message);
        Assert.DoesNotContain(Token, failure.ToString());
        return failure.Message;
    }

    internal string Blob(string path) => Path.Combine(Cache, "models--org--name", "blobs", Files[path].Hash);

    internal void SnapshotIsComplete(HubSnapshot snapshot, params string[] paths)
    {
        string[] there = [.. Directory.EnumerateFiles(snapshot.Folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(snapshot.Folder, path)).Order(StringComparer.Ordinal)];
        Assert.Equal(paths.Order(StringComparer.Ordinal), there);
        foreach (string path in paths) Assert.Equal(Files[path].Bytes, File.ReadAllBytes(Path.Combine(snapshot.Folder, path)));
    }

    internal void NothingIsVisible()
    {
        Assert.False(Directory.Exists(Path.Combine(Cache, "models--org--name", "snapshots")));
        Assert.False(Directory.Exists(Path.Combine(Cache, "models--org--name", "refs")));
    }

    /// <summary>Whatever has a name is complete; parts are called so; nothing else lies anywhere, in the cache or beside it.</summary>
    private void CheckCache()
    {
        Assert.All(Directory.EnumerateFileSystemEntries(_folder.Path), entry => Assert.Equal("hub", Path.GetFileName(entry)));
        if (!Directory.Exists(Cache)) return;
        foreach (string path in Directory.EnumerateFiles(Cache, "*", SearchOption.AllDirectories))
        {
            string[] parts = Path.GetRelativePath(Cache, path).Split('/');
            if (parts[0] == ".locks") Assert.EndsWith(".lock", path);
            else if (parts[1] == "blobs") Assert.True(path.EndsWith(".incomplete", StringComparison.Ordinal) || HashMatches(path), path);
            else if (parts[1] == "refs") Assert.Equal(FakeHub.Commit, File.ReadAllText(path));
            else Assert.Equal(("snapshots", FakeHub.Commit, true), (parts[1], parts[2], Hub.Repositories.Values.Any(files => files.TryGetValue(string.Join('/', parts[3..]), out ServedFile? file) && file.Bytes.AsSpan().SequenceEqual(File.ReadAllBytes(path)))));
        }
    }

    private static bool HashMatches(string path)
    {
        string name = Path.GetFileName(path);
        return new ServedFile(File.ReadAllBytes(path), name.Length == 64).Hash == name;
    }
}
