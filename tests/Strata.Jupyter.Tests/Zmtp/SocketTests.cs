using System.Collections.Concurrent;
using System.Net.Sockets;
using Strata.Jupyter.Zmtp;

namespace Strata.Jupyter.Tests.Zmtp;

public sealed class SocketTests
{
    private readonly ConcurrentQueue<string> _log = new();

    private T Listening<T>(Func<Action<string>, T> create) where T : ZmtpSocket
    {
        T socket = create(_log.Enqueue);
        socket.Listen(Peer.Anywhere);
        return socket;
    }

    [Fact]
    public async Task ARouterAnswersEachPeerByItsIdentity()
    {
        await using RouterSocket router = Listening(log => new RouterSocket(log));
        await using ZmtpConnection named = await Peer.ConnectAsync(router.Endpoint!, "DEALER", "ROUTER", "ada"u8.ToArray());
        await using ZmtpConnection nameless = await Peer.ConnectAsync(router.Endpoint!, "DEALER", "ROUTER");
        named.Send(ZmtpFrame.Encode([[1], [2]]));
        RoutedMessage first = await router.Incoming.ReadAsync();
        nameless.Send(ZmtpFrame.Encode([[3]]));
        RoutedMessage second = await router.Incoming.ReadAsync();
        Assert.Equal("ada"u8.ToArray(), first.Identity);
        Assert.Equal(0, second.Identity[0]);
        router.Send(second.Identity, [[33]]);
        router.Send(first.Identity, [[11]]);
        router.Send([9, 9], [[0]]);
        Assert.Equal([33], Assert.Single((await nameless.ReceiveAsync())!));
        Assert.Equal([11], Assert.Single((await named.ReceiveAsync())!));
    }

    [Fact]
    public async Task APublisherSendsToThoseWhoSubscribed()
    {
        await using PubSocket pub = Listening(log => new PubSocket(log));
        await using ZmtpConnection byMessage = await Peer.ConnectAsync(pub.Endpoint!, "SUB", "PUB");
        await using ZmtpConnection byCommand = await Peer.ConnectAsync(pub.Endpoint!, "SUB", "PUB");
        byMessage.Send(ZmtpFrame.Encode([[1, (byte)'a']]));
        byCommand.Send(new ZmtpCommand("SUBSCRIBE", Array.Empty<byte>()).Encode());
        // A PING is answered after what came before it, so the subscriptions are there then.
        await PingAsync(byMessage);
        await PingAsync(byCommand);
        pub.Send(["b1"u8.ToArray()]);
        pub.Send(["a1"u8.ToArray()]);
        Assert.Equal("a1"u8.ToArray(), (await byMessage.ReceiveAsync())![0]);
        Assert.Equal("b1"u8.ToArray(), (await byCommand.ReceiveAsync())![0]);
        Assert.Equal("a1"u8.ToArray(), (await byCommand.ReceiveAsync())![0]);
        byCommand.Send(new ZmtpCommand("CANCEL", Array.Empty<byte>()).Encode());
        byCommand.Send(new ZmtpCommand("SUBSCRIBE", "z"u8.ToArray()).Encode());
        await PingAsync(byCommand);
        pub.Send(["a2"u8.ToArray()]);
        pub.Send(["z"u8.ToArray()]);
        Assert.Equal("z"u8.ToArray(), (await byCommand.ReceiveAsync())![0]);

        static async Task PingAsync(ZmtpConnection peer)
        {
            peer.Send(new ZmtpCommand("PING", new byte[] { 0, 0, 5 }).Encode());
            // PONG is taken silently; that nothing else has come meanwhile is what the wait shows.
            using CancellationTokenSource moment = new(300);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => peer.ReceiveAsync(_ => { }, moment.Token));
        }
    }

    [Fact]
    public async Task AHeartbeatComesBackWithItsEnvelope()
    {
        await using EchoSocket echo = Listening(log => new EchoSocket(log));
        await using ZmtpConnection peer = await Peer.ConnectAsync(echo.Endpoint!, "REQ", "REP");
        peer.Send(ZmtpFrame.Encode([[], "ping"u8.ToArray()]));
        IReadOnlyList<byte[]> answer = (await peer.ReceiveAsync())!;
        Assert.Equal([[], "ping"u8.ToArray()], answer);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl\r\nAccept: */*\r\n\r\n\r\n\r\n")]
    [InlineData("\u0000")]
    public async Task WhoSpeaksAnotherProtocolIsDisconnectedAndOthersStay(string greeting)
    {
        await using RouterSocket router = Listening(log => new RouterSocket(log));
        await using ZmtpConnection good = await Peer.ConnectAsync(router.Endpoint!, "DEALER", "ROUTER");
        await using (NetworkStream bad = await Peer.ConnectAsync(router.Endpoint!))
        {
            await bad.WriteAsync(System.Text.Encoding.ASCII.GetBytes(greeting.PadRight(ZmtpGreeting.Length)));
            byte[] rest = new byte[200];
            while (await bad.ReadAsync(rest) > 0)
            {
                // Until the router hangs up.
            }
        }

        good.Send(ZmtpFrame.Encode([[7]]));
        Assert.Equal([7], (await router.Incoming.ReadAsync()).Parts[0]);
        Assert.Contains(_log, line => line.Contains("signature"));
    }

    [Fact]
    public async Task ASocketOfTheWrongTypeIsTurnedAwayWithAReason()
    {
        await using RouterSocket router = Listening(log => new RouterSocket(log));
        await using ZmtpConnection subscriber = await Peer.ConnectAsync(router.Endpoint!, "SUB", "ROUTER");
        await Assert.ThrowsAsync<ZmtpException>(subscriber.ReceiveAsync);
        Assert.Contains(_log, line => line.Contains("expected DEALER or REQ or ROUTER"));
    }

    [Fact]
    public async Task DamagedConversationsLeaveTheSocketAlive()
    {
        await using RouterSocket router = Listening(log => new RouterSocket(log));
        byte[] conversation = [.. ZmtpGreeting.Ours(), .. ZmtpCommand.Ready("DEALER", "x"u8).Encode(), .. ZmtpFrame.Encode([[1], new byte[300]])];
        Random random = new(5);
        for (int i = 0; i < 300; i++)
        {
            await using NetworkStream peer = await Peer.ConnectAsync(router.Endpoint!);
            await peer.WriteAsync(Mutation.Of(conversation, random));
        }

        await using ZmtpConnection good = await Peer.ConnectAsync(router.Endpoint!, "DEALER", "ROUTER", "good"u8.ToArray());
        good.Send(ZmtpFrame.Encode(["still here"u8.ToArray()]));
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        await foreach (RoutedMessage message in router.Incoming.ReadAllAsync(patience.Token))
            if (message.Parts[0].AsSpan().SequenceEqual("still here"u8)) return;
    }
}
