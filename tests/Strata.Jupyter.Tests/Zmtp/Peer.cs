using System.Net;
using System.Net.Sockets;
using Strata.Jupyter.Zmtp;

namespace Strata.Jupyter.Tests.Zmtp;

/// <summary>The other end of a socket under test.</summary>
internal static class Peer
{
    /// <summary>A free endpoint on this machine.</summary>
    public static IPEndPoint Anywhere => new(IPAddress.Loopback, 0);

    /// <summary>A raw connection.</summary>
    public static async Task<NetworkStream> ConnectAsync(EndPoint endpoint)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>A connection after the handshake.</summary>
    public static async Task<ZmtpConnection> ConnectAsync(EndPoint endpoint, string type, string peer, byte[]? identity = null)
    {
        ZmtpConnection connection = new(await ConnectAsync(endpoint));
        await connection.HandshakeAsync(type, identity ?? [], [peer], CancellationToken.None);
        return connection;
    }

    /// <summary>The next message; fails after ten seconds.</summary>
    public static async Task<IReadOnlyList<byte[]>?> ReceiveAsync(this ZmtpConnection connection)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(10));
        return await connection.ReceiveAsync(_ => { }, patience.Token);
    }
}
