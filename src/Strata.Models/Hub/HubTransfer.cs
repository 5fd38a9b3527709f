using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Strata.Models;

/// <summary>Adds up what arrives over all files and reports it a few times a second.</summary>
internal sealed class HubTransferProgress(string title, long total, IProgress<WorkProgress>? progress)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private long _done;
    private bool _reported;

    /// <summary>Bytes that arrived or were there already; negative where bytes turned out to be of no use.</summary>
    public void Add(long bytes)
    {
        lock (_lock)
        {
            _done += bytes;
            if (_reported && _done < total && _since.Elapsed < Interval) return;
            _reported = true;
            _since.Restart();
            progress?.Report(new WorkProgress(title, _done, total, "bytes"));
        }
    }
}

/// <summary>Downloads one file into the cache: goes on where an earlier download stopped, checks length and hash, and gives the content its name when all is right.</summary>
internal sealed class HubTransfer(HubHttp http, HubSettings settings, HubCache cache, HubReference asked, string commit, HubFile file, Uri address, HubTransferProgress progress)
{
    private const int BufferBytes = 1 << 18;
    private const long Gain = 1 << 20;

    /// <summary>Bytes of this file that the progress counts so far.</summary>
    private long _counted;

    /// <summary>Set once a complete download had the wrong hash: the next one begins with nothing.</summary>
    private bool _distrusted;

    /// <summary>Downloads the file; does nothing when it is there, or comes to be there while another process downloads it.</summary>
    /// <exception cref="HubException">The hub refused, or what it sent is not what it announced.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using IDisposable held = await cache.LockAsync(file.Hash, cancellation).ConfigureAwait(false);
        if (!cache.Has(commit, file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(cache.Part(file.Hash))!);
            HubRetry retry = new(settings, settings.Attempts);
            while (!await retry.RunAsync(() => TryAsync(retry, cancellation), cancellation).ConfigureAwait(false)) _distrusted = true;
            File.Move(cache.Part(file.Hash), cache.Blob(file.Hash), overwrite: true);
        }

        Count(file.Size);
    }

    /// <summary>One request.</summary>
    /// <returns>False when what lay there from an earlier download proved wrong and all must come again.</returns>
    private async Task<bool> TryAsync(HubRetry retry, CancellationToken cancellation)
    {
        await using FileStream part = new(cache.Part(file.Hash), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        if (part.Length > file.Size) part.SetLength(0);
        long kept = part.Length;
        IncrementalHash hash = await HashOfAsync(part, cancellation).ConfigureAwait(false);
        try
        {
            if (kept < file.Size)
            {
                using HubAnswer answer = await http.SendAsync(HttpMethod.Get, address, kept, asked, cancellation).ConfigureAwait(false);
                if (!Continues(answer, kept))
                {
                    (kept, _) = (0, part.Seek(0, SeekOrigin.Begin));
                    part.SetLength(0);
                    hash.Dispose();
                    hash = file.StartHash();
                }

                await CopyAsync(answer.Message, part, hash, retry, cancellation).ConfigureAwait(false);
            }

            string found = Convert.ToHexStringLower(hash.GetHashAndReset());
            if (found == file.Hash) return true;
            part.SetLength(0);
            Count(0);
            if (kept > 0 && !_distrusted) return false;
            throw new HubException($"{asked.Id}/{Excerpt.Cut(file.Path)}: what arrived has the hash {found}, and the hub announced {file.Hash}. It was thrown away. Try again; if it happens again, the hub or a proxy on the way changes the file.");
        }
        finally
        {
            hash.Dispose();
        }
    }

    private async Task<IncrementalHash> HashOfAsync(FileStream part, CancellationToken cancellation)
    {
        IncrementalHash hash = file.StartHash();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        for (int read; (read = await part.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;) hash.AppendData(buffer, 0, read);
        ArrayPool<byte>.Shared.Return(buffer);
        Count(part.Length);
        return hash;
    }

    /// <summary>Does the answer go on where the part ends, or begin again?</summary>
    private bool Continues(HubAnswer answer, long kept)
    {
        bool partial = answer.Message.StatusCode == System.Net.HttpStatusCode.PartialContent;
        if (answer.Linked.Commit is { } other && other != commit) throw new HubException($"{asked.Id}/{Excerpt.Cut(file.Path)}: the hub was asked for commit {commit} and answered with {Excerpt.Quote(other)}.");
        long? length = answer.Message.Content.Headers.ContentLength;
        long first = partial ? answer.Message.Content.Headers.ContentRange?.From ?? -1 : 0;
        if (first != 0 && first != kept) throw new PassingHubException($"{asked.Id}/{Excerpt.Cut(file.Path)}: the hub was asked to go on at byte {kept:N0} and sent another part.");
        if (length is { } sent && first + sent != file.Size) throw new HubException($"{asked.Id}/{Excerpt.Cut(file.Path)}: the hub sends {first + sent:N0} bytes and announced {file.Size:N0}. Nothing of it was kept.");
        return first == kept;
    }

    private async Task CopyAsync(HttpResponseMessage message, FileStream part, IncrementalHash hash, HubRetry retry, CancellationToken cancellation)
    {
        string host = message.RequestMessage!.RequestUri!.Host;
        await using Stream body = await message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long gained = 0;
            int read;
            while ((read = await http.WithinTimeAsync(host, limit => body.ReadAsync(buffer, limit).AsTask(), cancellation).ConfigureAwait(false)) > 0)
            {
                if (part.Position + read > file.Size)
                {
                    part.SetLength(0);
                    throw new HubException($"{asked.Id}/{Excerpt.Cut(file.Path)}: the hub sends more than the {file.Size:N0} bytes that it announced. Nothing of it was kept.");
                }

                part.Write(buffer, 0, read);
                hash.AppendData(buffer, 0, read);
                Count(part.Position);
                if ((gained += read) >= Gain) retry.Gained();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (part.Length < file.Size) throw new PassingHubException($"{asked.Id}/{Excerpt.Cut(file.Path)}: the connection to {host} ended after {part.Length:N0} of {file.Size:N0} bytes.");
    }

    private void Count(long bytes)
    {
        if (bytes != _counted) progress.Add(bytes - _counted);
        _counted = bytes;
    }
}
