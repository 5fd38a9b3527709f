using System.Text;
using System.Threading.Channels;

namespace Strata.Jupyter.Zmtp;

/// <summary>One peer of a socket: handshake, then messages both ways. Sending never waits for the network; a peer that does not read is dropped.</summary>
internal sealed class ZmtpConnection : IAsyncDisposable
{
    /// <summary>Octets that may wait for a peer before it is taken for stuck.</summary>
    public const long MaxQueued = 256L << 20;

    private const int MaxHandshakeFrame = 4096, MaxIdentity = 255;
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(30);

    private readonly Stream _stream;
    private readonly ZmtpReader _reader;
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _closed = new();
    private Task _sending = Task.CompletedTask;
    private long _queued;

    /// <summary>A connection over a stream that it owns from now on.</summary>
    public ZmtpConnection(Stream stream)
    {
        _stream = stream;
        _reader = new ZmtpReader(new BufferedStream(stream, 16 << 10));
    }

    /// <summary>The identity that the peer chose; empty when it leaves that to the other side.</summary>
    public byte[] PeerIdentity { get; private set; } = [];

    /// <summary>Shakes hands: greeting and READY both ways.</summary>
    /// <param name="socketType">The type of this side's socket.</param>
    /// <param name="identity">This side's identity; empty for none.</param>
    /// <param name="peerTypes">Types that the peer's socket may have.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="ZmtpException">The peer cannot be talked to.</exception>
    public async Task HandshakeAsync(string socketType, byte[] identity, IReadOnlyCollection<string> peerTypes, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        patience.CancelAfter(HandshakePatience);
        await _stream.WriteAsync(ZmtpGreeting.Ours(), patience.Token);
        ZmtpGreeting.Check(await _reader.ReadExactlyAsync(ZmtpGreeting.Length, patience.Token));
        await _stream.WriteAsync(ZmtpCommand.Ready(socketType, identity).Encode(), patience.Token);
        try
        {
            await TakeReadyAsync(peerTypes, patience.Token);
        }
        catch (ZmtpException e)
        {
            await _stream.WriteAsync(ZmtpCommand.Error(e.Message).Encode(), patience.Token);
            throw;
        }

        _sending = SendAllAsync();
    }

    /// <summary>Queues octets that hold whole frames.</summary>
    public void Send(byte[] frames)
    {
        if (Interlocked.Add(ref _queued, frames.Length) > MaxQueued) _closed.Cancel();
        else _outgoing.Writer.TryWrite(frames);
    }

    /// <summary>Reads the next message, answering PINGs on the way.</summary>
    /// <param name="onCommand">Takes commands other than PING and PONG.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The message's parts; null when the peer left.</returns>
    /// <exception cref="ZmtpException">The peer broke the protocol.</exception>
    public async Task<IReadOnlyList<byte[]>?> ReceiveAsync(Action<ZmtpCommand> onCommand, CancellationToken cancellation)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        List<byte[]> parts = [];
        int room = ZmtpReader.MaxMessage;
        while (true)
        {
            if (await _reader.ReadFrameAsync(room, either.Token) is not { } frame) return parts.Count == 0 ? null : throw new ZmtpException("it left within a message");
            if (frame.IsCommand)
            {
                Answer(ZmtpCommand.Parse(frame.Body), onCommand);
                continue;
            }

            parts.Add(frame.Body);
            room -= frame.Body.Length;
            if (!frame.More) return parts;
            if (parts.Count == ZmtpReader.MaxParts) throw new ZmtpException($"a message has more than {ZmtpReader.MaxParts} parts");
        }
    }

    /// <summary>Sends what is queued, for at most a second, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        await Task.WhenAny(_sending, Task.Delay(TimeSpan.FromSeconds(1)));
        _closed.Cancel();
        await _stream.DisposeAsync();
    }

    private async Task TakeReadyAsync(IReadOnlyCollection<string> peerTypes, CancellationToken cancellation)
    {
        if (await _reader.ReadFrameAsync(MaxHandshakeFrame, cancellation) is not { IsCommand: true } frame) throw new ZmtpException("it did not send READY");
        ZmtpCommand command = ZmtpCommand.Parse(frame.Body);
        if (command.Name != "READY") throw new ZmtpException("it did not send READY");
        Dictionary<string, byte[]> properties = command.Properties();
        string type = properties.TryGetValue("Socket-Type", out byte[]? name) ? Encoding.ASCII.GetString(name) : "";
        if (!peerTypes.Contains(type)) throw new ZmtpException($"its socket has another type; expected {string.Join(" or ", peerTypes)}");
        PeerIdentity = properties.GetValueOrDefault("Identity", []);
        if (PeerIdentity.Length > MaxIdentity || PeerIdentity is [0, ..]) throw new ZmtpException("its identity is not valid");
    }

    private void Answer(ZmtpCommand command, Action<ZmtpCommand> onCommand)
    {
        switch (command.Name)
        {
            case "PING": Send(command.Pong().Encode()); break;
            case "PONG": break;
            case "ERROR": throw new ZmtpException("it reports an error");
            default: onCommand(command); break;
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (byte[] frames in _outgoing.Reader.ReadAllAsync(_closed.Token))
            {
                await _stream.WriteAsync(frames, _closed.Token);
                Interlocked.Add(ref _queued, -frames.Length);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer is gone; the receiving side ends the connection.
            await _closed.CancelAsync();
        }
    }
}
