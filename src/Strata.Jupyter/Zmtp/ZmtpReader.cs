using System.Buffers.Binary;

namespace Strata.Jupyter.Zmtp;

/// <summary>Reads greeting and frames from a peer, who may be anyone: sizes are bounded, and memory is taken only for octets that have arrived.</summary>
/// <param name="stream">What the peer sends.</param>
internal sealed class ZmtpReader(Stream stream)
{
    /// <summary>Octets allowed in one message, all parts together.</summary>
    public const int MaxMessage = 64 << 20;

    /// <summary>Parts allowed in one message.</summary>
    public const int MaxParts = 1024;

    private const int Chunk = 64 << 10;

    private readonly byte[] _header = new byte[ZmtpFrame.MaxHeader];

    /// <summary>Reads octets of a fixed number.</summary>
    /// <exception cref="EndOfStreamException">The peer left.</exception>
    public async ValueTask<byte[]> ReadExactlyAsync(int count, CancellationToken cancellation)
    {
        byte[] octets = new byte[count];
        await stream.ReadExactlyAsync(octets, cancellation);
        return octets;
    }

    /// <summary>Reads one frame.</summary>
    /// <param name="room">Octets that it may have.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The frame; null when the peer left between frames.</returns>
    /// <exception cref="ZmtpException">The frame is malformed or too large.</exception>
    /// <exception cref="EndOfStreamException">The peer left within a frame.</exception>
    public async ValueTask<ZmtpFrame?> ReadFrameAsync(int room, CancellationToken cancellation)
    {
        if (await stream.ReadAsync(_header.AsMemory(0, 1), cancellation) == 0) return null;
        (bool more, bool isLong, bool command) = ZmtpFrame.ReadFlags(_header[0]);
        int sizeOctets = isLong ? 8 : 1;
        await stream.ReadExactlyAsync(_header.AsMemory(1, sizeOctets), cancellation);
        ulong length = isLong ? BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(1)) : _header[1];
        if (length > (ulong)room) throw new ZmtpException($"a frame of {length} octets is more than the {room} allowed");
        return new ZmtpFrame(await ReadBodyAsync((int)length, cancellation), more, command);
    }

    private async ValueTask<byte[]> ReadBodyAsync(int length, CancellationToken cancellation)
    {
        byte[] body = new byte[Math.Min(length, Chunk)];
        for (int read = 0; read < length;)
        {
            if (read == body.Length) Array.Resize(ref body, (int)Math.Min(length, 2L * body.Length));
            await stream.ReadExactlyAsync(body.AsMemory(read), cancellation);
            read = body.Length;
        }

        return body;
    }
}
