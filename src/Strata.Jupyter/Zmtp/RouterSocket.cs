using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace Strata.Jupyter.Zmtp;

/// <summary>A message that a ROUTER socket took.</summary>
/// <param name="Identity">Whom it came from, and who gets an answer.</param>
/// <param name="Parts">Its parts.</param>
/// <param name="Received">When it arrived; see <see cref="Stopwatch.GetTimestamp"/>.</param>
internal sealed record RoutedMessage(byte[] Identity, IReadOnlyList<byte[]> Parts, long Received);

/// <summary>A ROUTER socket: takes messages of many peers, and sends to each by its identity.</summary>
internal sealed class RouterSocket(Action<string> log) : ZmtpSocket("ROUTER", ["DEALER", "REQ", "ROUTER"], log)
{
    private const int MaxWaiting = 1000;

    private readonly Dictionary<string, ZmtpConnection> _routes = [];

    // A peer that sends faster than the kernel reads is held back by its own connection.
    private readonly Channel<RoutedMessage> _incoming = Channel.CreateBounded<RoutedMessage>(MaxWaiting);

    /// <summary>Messages in the order of arrival.</summary>
    public ChannelReader<RoutedMessage> Incoming => _incoming.Reader;

    /// <summary>Sends a message to a peer; one that has left gets nothing.</summary>
    public void Send(byte[] identity, IReadOnlyList<byte[]> parts)
    {
        ZmtpConnection? peer;
        lock (_routes) peer = _routes.GetValueOrDefault(Convert.ToHexString(identity));
        peer?.Send(ZmtpFrame.Encode(parts));
    }

    /// <inheritdoc/>
    protected override async Task ServeAsync(ZmtpConnection peer)
    {
        // Identities that peers choose never begin with zero, so the two kinds do not collide.
        byte[] identity = peer.PeerIdentity.Length > 0 ? peer.PeerIdentity : [0, .. RandomNumberGenerator.GetBytes(8)];
        string route = Convert.ToHexString(identity);
        // A client that lost its connection comes back under its identity, perhaps before the loss of the old one is noticed: the new one counts.
        lock (_routes) _routes[route] = peer;
        try
        {
            while (await peer.ReceiveAsync(_ => { }, Closed) is { } parts)
                await _incoming.Writer.WriteAsync(new RoutedMessage(identity, parts, Stopwatch.GetTimestamp()), Closed);
        }
        finally
        {
            lock (_routes)
                if (_routes.GetValueOrDefault(route) == peer) _routes.Remove(route);
        }
    }
}
