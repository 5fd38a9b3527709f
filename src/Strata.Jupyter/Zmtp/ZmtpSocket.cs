using System.Net;
using System.Net.Sockets;

namespace Strata.Jupyter.Zmtp;

/// <summary>A ZeroMQ socket that listens at one endpoint. A peer that breaks the protocol is disconnected and logged; the others do not notice.</summary>
/// <param name="type">The socket's type: ROUTER, PUB, REP.</param>
/// <param name="peerTypes">Types of sockets that may connect.</param>
/// <param name="log">Takes a line about each peer that was turned away.</param>
internal abstract class ZmtpSocket(string type, IReadOnlyCollection<string> peerTypes, Action<string> log) : IAsyncDisposable
{
    private const int MaxPeers = 256;

    private readonly CancellationTokenSource _closed = new();
    private readonly HashSet<ZmtpConnection> _peers = [];
    private Socket? _listener;

    /// <summary>Cancelled when the socket closes.</summary>
    protected CancellationToken Closed => _closed.Token;

    /// <summary>Where the socket listens; null before <see cref="Listen"/>.</summary>
    public EndPoint? Endpoint => _listener?.LocalEndPoint;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">The endpoint cannot be listened at.</exception>
    public void Listen(EndPoint endpoint)
    {
        ProtocolType protocol = endpoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified;
        _listener = new Socket(endpoint.AddressFamily, SocketType.Stream, protocol);
        _listener.Bind(endpoint);
        _listener.Listen();
        _ = AcceptAsync(_listener);
    }

    /// <summary>Serves a peer after the handshake until it leaves.</summary>
    protected abstract Task ServeAsync(ZmtpConnection peer);

    /// <summary>Closes the socket after what is queued has been sent.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        ZmtpConnection[] peers;
        lock (_peers) peers = [.. _peers];
        await Task.WhenAll(peers.Select(peer => peer.DisposeAsync().AsTask()));
        await _closed.CancelAsync();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_closed.IsCancellationRequested)
        {
            try
            {
                Socket client = await listener.AcceptAsync(_closed.Token);
                _ = TakeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (_closed.IsCancellationRequested || e.SocketErrorCode == SocketError.OperationAborted) return;
                log($"{type}: could not accept a peer: {e.Message}");
                await Task.Delay(100);
            }
        }
    }

    private async Task TakeAsync(Socket client)
    {
        if (client.ProtocolType == ProtocolType.Tcp) client.NoDelay = true;
        await using ZmtpConnection peer = new(new NetworkStream(client, ownsSocket: true));
        lock (_peers)
        {
            if (_peers.Count >= MaxPeers)
            {
                log($"{type}: turned a peer away: there are {MaxPeers} already");
                return;
            }

            _peers.Add(peer);
        }

        try
        {
            await peer.HandshakeAsync(type, [], peerTypes, _closed.Token);
            await ServeAsync(peer);
        }
        catch (ZmtpException e)
        {
            log($"{type}: disconnected a peer: {e.Message}");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It left, or the socket closes.
        }
        finally
        {
            lock (_peers) _peers.Remove(peer);
        }
    }
}
