using System.Net.Sockets;
using System.Text.Json.Nodes;
using Strata.Jupyter.Protocol;
using Strata.Jupyter.Session;
using Strata.Jupyter.Zmtp;
using Strata.Models;

namespace Strata.Jupyter.Kernel;

/// <summary>
/// A Jupyter kernel for C# and Strata's magic commands, protocol 5.4. It listens where the connection file says and nowhere else. Shell requests are answered in order;
/// the control channel is answered beside them, also while a cell runs.
/// </summary>
public sealed class JupyterKernel : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ConnectionFile _connection;
    private readonly KernelLog _log;
    private readonly MessageCodec _codec;
    private readonly RouterSocket _shell, _control, _stdin;
    private readonly PubSocket _pub;
    private readonly EchoSocket _heartbeat;
    private readonly IoPub _iopub;
    private readonly CSharpSession _session = new() { Grace = Grace };
    private readonly SessionMagics _magics = new();
    private readonly ExecutionHistory _history = new();
    private readonly InputRequests _inputs;
    private readonly Execution _execution;
    private readonly Completion _completion;
    private readonly Inspection _inspection;
    private readonly TaskCompletionSource _shutdown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A kernel that does not listen yet.</summary>
    /// <param name="connectionFile">The file in which the front end says where to listen.</param>
    /// <param name="error">Standard error of the process, for what the kernel says about itself.</param>
    /// <exception cref="InvalidFileException">The connection file is missing or malformed.</exception>
    public JupyterKernel(string connectionFile, TextWriter error)
    {
        _connection = ConnectionFile.Read(connectionFile);
        _log = new KernelLog(error);
        _codec = new MessageCodec(new MessageSigner(_connection.Key));
        (_shell, _control, _stdin) = (new RouterSocket(_log.Write), new RouterSocket(_log.Write), new RouterSocket(_log.Write));
        _pub = new PubSocket(_log.Write);
        _heartbeat = new EchoSocket(_log.Write);
        _iopub = new IoPub(_pub.Send, _codec);
        _inputs = new InputRequests(_stdin, _codec);
        _execution = new Execution(_session, _iopub, _inputs, _history, _magics);
        _completion = new Completion(_session, _magics);
        _inspection = new Inspection(_session, _magics);
    }

    /// <summary>Serves front ends until one asks for the end.</summary>
    /// <param name="cancellation">Ends it too.</param>
    /// <exception cref="StrataException">The endpoints of the connection file cannot be listened at.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (_connection.Key.Length == 0) _log.Write("the connection file has no key: messages are not signed, and whoever can connect can execute code.");
        using IDisposable console = _session.HoldConsole();
        using IDisposable parent = ParentWatch.Begin(() => _shutdown.TrySetResult());
        Listen();
        _iopub.Status(null, "starting");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] serving =
        [
            ServeAsync(_shell, AnswerAsync, stop.Token),
            ServeAsync(_control, message => Task.FromResult(AnswerControl(message)), stop.Token),
            TakeInputAsync(stop.Token),
        ];
        await Task.WhenAny(_shutdown.Task, Task.Delay(Timeout.Infinite, cancellation));
        _execution.Interrupt();
        await stop.CancelAsync();
        // The control channel finishes its answer; a cell that still runs is not waited for.
        await Task.WhenAny(serving[1], Task.Delay(Grace, CancellationToken.None));
    }

    /// <summary>Interrupts the cell that runs, if one does.</summary>
    public void Interrupt() => _execution.Interrupt();

    /// <summary>Sends what is queued and closes the sockets.</summary>
    public async ValueTask DisposeAsync()
    {
        ZmtpSocket[] sockets = [_shell, _control, _stdin, _pub, _heartbeat];
        await Task.WhenAll(sockets.Select(socket => socket.DisposeAsync().AsTask()));
    }

    private void Listen()
    {
        (string Channel, ZmtpSocket Socket)[] sockets = [("shell", _shell), ("control", _control), ("stdin", _stdin), ("iopub", _pub), ("hb", _heartbeat)];
        foreach ((string channel, ZmtpSocket socket) in sockets)
        {
            try
            {
                socket.Listen(_connection.Endpoints[channel]);
            }
            catch (SocketException e)
            {
                throw new StrataException($"The kernel cannot listen at {_connection.Endpoints[channel]} ({channel}): {e.Message}", e);
            }
        }
    }

    private async Task ServeAsync(RouterSocket socket, Func<JupyterMessage, Task<JsonObject?>> answer, CancellationToken stop)
    {
        try
        {
            await foreach (RoutedMessage routed in socket.Incoming.ReadAllAsync(stop))
                if (Read(routed) is { } message) await ServeAsync(socket, message, answer);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The kernel ends.
        }
    }

    private async Task ServeAsync(RouterSocket socket, JupyterMessage message, Func<JupyterMessage, Task<JsonObject?>> answer)
    {
        _iopub.Status(message, "busy");
        JsonObject? reply;
        try
        {
            reply = await answer(message);
        }
        catch (Exception e)
        {
            // A failure of the kernel itself, not of a cell: the front end hears of it, and the kernel lives on.
            _log.Write($"{message.Type} failed: {e}");
            reply = IoPub.Error(new CellError(e.GetType().Name, e.Message, [e.Message]));
            reply["status"] = "error";
        }

        if (reply is not null) socket.Send(message.Identity, [.. message.Route, .. _codec.Write(message.Type.Replace("_request", "_reply"), message, reply)]);
        _iopub.Status(message, "idle");
        if (message.Type == "shutdown_request") _shutdown.TrySetResult();
    }

    private async Task TakeInputAsync(CancellationToken stop)
    {
        try
        {
            await foreach (RoutedMessage routed in _stdin.Incoming.ReadAllAsync(stop))
                if (Read(routed) is { } message) _inputs.Take(message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The kernel ends.
        }
    }

    private JupyterMessage? Read(RoutedMessage routed)
    {
        try
        {
            return _codec.Read(routed);
        }
        catch (MessageException e)
        {
            _log.Write($"dropped a message: {e.Message}");
            return null;
        }
    }

    private async Task<JsonObject?> AnswerAsync(JupyterMessage message)
    {
        DraftCell Draft() => new(message.Text("code") ?? "", message.Number("cursor_pos", 0));
        switch (message.Type)
        {
            case "execute_request": return await _execution.AnswerAsync(message);
            case "complete_request": return Completion.Reply(Draft(), await _completion.FindAsync(Draft()));
            case "inspect_request": return Inspection.Reply(await _inspection.FindAsync(Draft()));
            case "is_complete_request": return Completeness.Reply(message.Text("code") ?? "");
            case "history_request": return _history.Answer(message);
            case "comm_info_request": return new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() };
            case "comm_open": return RefuseComm(message);
            default: return AnswerControl(message);
        }
    }

    private JsonObject? AnswerControl(JupyterMessage message)
    {
        switch (message.Type)
        {
            case "kernel_info_request": return KernelInfo.Reply();
            case "interrupt_request":
                Interrupt();
                return new JsonObject { ["status"] = "ok" };
            case "shutdown_request":
                JsonObject content = new() { ["status"] = "ok", ["restart"] = message.Flag("restart", false) };
                _iopub.Publish("shutdown_reply", message, content.DeepClone().AsObject());
                return content;
            default:
                if (!message.Type.StartsWith("comm_", StringComparison.Ordinal)) _log.Write("ignored a message of a type that it does not know.");
                return null;
        }
    }

    /// <summary>Strata has no comms: what a front end opens is closed at once, which it takes for "not here".</summary>
    private JsonObject? RefuseComm(JupyterMessage message)
    {
        _iopub.Publish("comm_close", message, new JsonObject { ["comm_id"] = message.Text("comm_id") ?? "", ["data"] = new JsonObject() });
        return null;
    }
}
