using System.Text.Json.Nodes;
using System.Threading.Channels;
using Strata.Jupyter.Protocol;
using Strata.Jupyter.Zmtp;
using Strata.Models;

namespace Strata.Jupyter.Kernel;

/// <summary>Asks the front end for lines of text: what makes <c>Console.ReadLine</c> work.</summary>
/// <param name="stdin">The socket for questions and answers.</param>
/// <param name="codec">Writes messages.</param>
internal sealed class InputRequests(RouterSocket stdin, MessageCodec codec)
{
    private readonly Channel<string> _answers = Channel.CreateBounded<string>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Takes what the front end answered.</summary>
    public void Take(JupyterMessage message)
    {
        if (message.Type == "input_reply" && message.Text("value") is { } value) _answers.Writer.TryWrite(value);
    }

    /// <summary>A reader whose lines the front end of a request is asked for.</summary>
    /// <param name="request">The request to execute.</param>
    /// <param name="beforeAsking">Called before each question: what was written so far should be seen.</param>
    /// <param name="cancellation">Ends waiting for an answer.</param>
    public CellInput ReaderFor(JupyterMessage request, Action beforeAsking, CancellationToken cancellation) =>
        new((prompt, isPassword) =>
        {
            beforeAsking();
            return Ask(request, prompt, isPassword, cancellation);
        });

    private string Ask(JupyterMessage request, string prompt, bool isPassword, CancellationToken cancellation)
    {
        if (!request.Flag("allow_stdin", false)) throw new StrataException("The cell asks for input, but this front end takes none. Assign the value in the cell instead.");
        while (_answers.Reader.TryRead(out _))
        {
            // Answers to questions of cells that were interrupted.
        }

        stdin.Send(request.Identity, [.. request.Route, .. codec.Write("input_request", request, new JsonObject { ["prompt"] = prompt, ["password"] = isPassword })]);
        return _answers.Reader.ReadAsync(cancellation).AsTask().GetAwaiter().GetResult();
    }
}
