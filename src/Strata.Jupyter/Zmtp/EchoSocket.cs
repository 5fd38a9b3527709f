namespace Strata.Jupyter.Zmtp;

/// <summary>A REP socket that answers every message with itself: Jupyter's heartbeat.</summary>
internal sealed class EchoSocket(Action<string> log) : ZmtpSocket("REP", ["REQ", "DEALER"], log)
{
    /// <inheritdoc/>
    protected override async Task ServeAsync(ZmtpConnection peer)
    {
        while (await peer.ReceiveAsync(_ => { }, Closed) is { } parts) peer.Send(ZmtpFrame.Encode(parts));
    }
}
