namespace Strata.Jupyter.Zmtp;

/// <summary>A PUB socket: sends each message to the peers that subscribed to a prefix of its first part.</summary>
internal sealed class PubSocket(Action<string> log) : ZmtpSocket("PUB", ["SUB", "XSUB"], log)
{
    private const int MaxSubscriptions = 1000;

    private readonly Dictionary<ZmtpConnection, List<byte[]>> _subscriptions = [];

    /// <summary>Sends a message; who subscribes later does not get it.</summary>
    public void Send(IReadOnlyList<byte[]> parts)
    {
        byte[]? octets = null;
        lock (_subscriptions)
        {
            foreach ((ZmtpConnection peer, List<byte[]> prefixes) in _subscriptions)
                if (prefixes.Exists(prefix => parts[0].AsSpan().StartsWith(prefix))) peer.Send(octets ??= ZmtpFrame.Encode(parts));
        }
    }

    /// <inheritdoc/>
    protected override async Task ServeAsync(ZmtpConnection peer)
    {
        lock (_subscriptions) _subscriptions[peer] = [];
        try
        {
            // ZMTP 3.0 subscribes by messages, 3.1 by commands.
            while (await peer.ReceiveAsync(command => Take(peer, command), Closed) is { } parts)
            {
                if (parts is [[1, .. byte[] added]]) Subscribe(peer, added);
                else if (parts is [[0, .. byte[] removed]]) Cancel(peer, removed);
                else throw new ZmtpException("it sent something other than a subscription");
            }
        }
        finally
        {
            lock (_subscriptions) _subscriptions.Remove(peer);
        }
    }

    private void Take(ZmtpConnection peer, ZmtpCommand command)
    {
        if (command.Name == "SUBSCRIBE") Subscribe(peer, command.Data.ToArray());
        else if (command.Name == "CANCEL") Cancel(peer, command.Data.ToArray());
    }

    private void Subscribe(ZmtpConnection peer, byte[] prefix)
    {
        lock (_subscriptions)
        {
            if (_subscriptions[peer].Count >= MaxSubscriptions) throw new ZmtpException($"it has more than {MaxSubscriptions} subscriptions");
            _subscriptions[peer].Add(prefix);
        }
    }

    private void Cancel(ZmtpConnection peer, byte[] prefix)
    {
        lock (_subscriptions)
        {
            int at = _subscriptions[peer].FindIndex(known => known.AsSpan().SequenceEqual(prefix));
            if (at >= 0) _subscriptions[peer].RemoveAt(at);
        }
    }
}
