using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Strata.Models.Tests;

/// <summary>A request that reached the server.</summary>
internal sealed record HubRequest(string Host, string Method, string Path, string? Authorization, long? From);

/// <summary>A file of a repository on the server.</summary>
internal sealed record ServedFile(byte[] Bytes, bool Large)
{
    public string Hash => Large
        ? Convert.ToHexStringLower(SHA256.HashData(Bytes))
        : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {Bytes.Length}\0"), .. Bytes]));
}

/// <summary>
/// A server on this machine with the hub's paths and headers: <c>/api/models/ID/revision/REV?blobs=true</c>, <c>/ID/resolve/COMMIT/PATH</c> with <c>X-Repo-Commit</c>, <c>X-Linked-Etag</c> and
/// <c>X-Linked-Size</c>, and large files behind a redirect to a second server, as the hub keeps them. Tests change what it answers.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly IHost _hub;
    private readonly IHost _storage;

    private FakeHub()
    {
        _hub = Start(AnswerAsync);
        _storage = Start(SendStoredAsync);
        Address = AddressOf(_hub);
        StorageAddress = AddressOf(_storage);
    }

    public Uri Address { get; }

    public Uri StorageAddress { get; }

    /// <summary><c>models/org/name</c>, then the files.</summary>
    public Dictionary<string, Dictionary<string, ServedFile>> Repositories { get; } = [];

    public ConcurrentQueue<HubRequest> Requests { get; } = [];

    /// <summary>Answers a request in the server's place where it returns true.</summary>
    public Func<HttpContext, Task<bool>> Instead { get; set; } = _ => Task.FromResult(false);

    /// <summary>Changes the information on a repository before it is sent.</summary>
    public Action<JsonObject> Listing { get; set; } = _ => { };

    /// <summary>Connections are cut after so many bytes of a large file; taken one after another.</summary>
    public ConcurrentQueue<int> Cuts { get; } = [];

    /// <summary>Sent in place of a large file's bytes.</summary>
    public Func<byte[], byte[]> Sent { get; set; } = bytes => bytes;

    /// <summary>Large files begin at the first byte, whatever was asked for.</summary>
    public bool IgnoresRanges { get; set; }

    public static FakeHub Start() => new();

    /// <summary>The requests for contents of large files.</summary>
    public HubRequest[] Stored => [.. Requests.Where(request => request.Host == StorageAddress.Authority)];

    public static void Abort(HttpContext context) => context.Abort();

    public static async Task<bool> Answer(HttpContext context, int status, string? code = null, string? retryAfter = null)
    {
        context.Response.StatusCode = status;
        if (code is not null) context.Response.Headers["X-Error-Code"] = code;
        if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
        await context.Response.WriteAsync("{\"error\":\"no\"}");
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.StopAsync();
        await _storage.StopAsync();
        _hub.Dispose();
        _storage.Dispose();
    }

    private IHost Start(Func<HttpContext, Task> answer)
    {
        IHost host = new HostBuilder().ConfigureWebHost(web => web
            .UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0))
            .Configure(app => app.Run(async context =>
            {
                HttpRequest request = context.Request;
                long? from = request.GetTypedHeaders().Range?.Ranges.Single().From;
                Requests.Enqueue(new HubRequest(request.Host.Value!, request.Method, request.Path.Value!, request.Headers.Authorization, from));
                if (!await Instead(context)) await answer(context);
            }))).Build();
        host.Start();
        return host;
    }

    private static Uri AddressOf(IHost host) =>
        new(host.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private async Task AnswerAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Trim('/').Split('/');
        string kind = "models";
        if (parts[0] == "api")
        {
            int revision = Array.IndexOf(parts, "revision");
            await SendListingAsync(context, string.Join('/', parts[1..revision]), Uri.UnescapeDataString(string.Join('/', parts[(revision + 1)..])));
            return;
        }

        if (parts[0] == "datasets") (kind, parts) = ("datasets", parts[1..]);
        int resolve = Array.IndexOf(parts, "resolve");
        if (resolve < 0 || !Repositories.TryGetValue($"{kind}/{string.Join('/', parts[..resolve])}", out Dictionary<string, ServedFile>? files)) await Answer(context, 404, "RepoNotFound");
        else if (!files.TryGetValue(string.Join('/', parts[(resolve + 2)..]), out ServedFile? file)) await Answer(context, 404, "EntryNotFound");
        else await SendFileAsync(context, file);
    }

    private async Task SendListingAsync(HttpContext context, string repository, string revision)
    {
        if (!Repositories.TryGetValue(repository, out Dictionary<string, ServedFile>? files))
        {
            await Answer(context, 401, "RepoNotFound");
            return;
        }

        if (revision is not ("main" or Commit or "v1.0" or "refs/pr/1"))
        {
            await Answer(context, 404, "RevisionNotFound");
            return;
        }

        JsonArray siblings = [];
        foreach ((string path, ServedFile file) in files)
        {
            JsonObject sibling = new() { ["rfilename"] = path, ["size"] = file.Bytes.Length, ["blobId"] = file.Large ? new string('0', 40) : file.Hash };
            if (file.Large) sibling["lfs"] = new JsonObject { ["sha256"] = file.Hash, ["size"] = file.Bytes.Length, ["pointerSize"] = 134 };
            siblings.Add(sibling);
        }

        JsonObject listing = new() { ["id"] = repository[(repository.IndexOf('/') + 1)..], ["sha"] = Commit, ["private"] = false, ["gated"] = false, ["siblings"] = siblings };
        Listing(listing);
        await context.Response.WriteAsync(listing.ToJsonString());
    }

    private async Task SendFileAsync(HttpContext context, ServedFile file)
    {
        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (!file.Large)
        {
            context.Response.Headers.ETag = $"\"{file.Hash}\"";
            context.Response.ContentLength = file.Bytes.Length;
            if (context.Request.Method == "GET") await context.Response.Body.WriteAsync(file.Bytes);
            return;
        }

        context.Response.Headers["X-Linked-Etag"] = $"\"{file.Hash}\"";
        context.Response.Headers["X-Linked-Size"] = file.Bytes.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = new Uri(StorageAddress, $"repos/{file.Hash}?X-Signature=abc").AbsoluteUri;
    }

    private async Task SendStoredAsync(HttpContext context)
    {
        string hash = context.Request.Path.Value!.Split('/')[^1];
        byte[] bytes = Sent(Repositories.Values.SelectMany(files => files.Values).First(file => file.Hash == hash).Bytes);
        long from = IgnoresRanges ? 0 : context.Request.GetTypedHeaders().Range?.Ranges.Single().From ?? 0;
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        }

        context.Response.ContentLength = bytes.Length - from;
        if (!Cuts.TryDequeue(out int cut))
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory((int)from));
            return;
        }

        await context.Response.Body.WriteAsync(bytes.AsMemory((int)from, Math.Min(cut, bytes.Length - (int)from)));
        await context.Response.Body.FlushAsync();
        // What was written reaches the client before the reset does.
        await Task.Delay(50);
        context.Abort();
    }
}
