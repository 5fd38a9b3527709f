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
    public TextReader ReaderFor(JupyterMessage request, Action beforeAsking, CancellationToken cancellation) => new Reader(this, request, beforeAsking, cancellation);

    private string Ask(JupyterMessage request, CancellationToken cancellation)
    {
        if (!request.Flag("allow_stdin", false)) throw new StrataException("The cell asks for input, but this front end takes none. Assign the value in the cell instead.");
        while (_answers.Reader.TryRead(out _))
        {
            // Answers to questions of cells that were interrupted.
        }

        stdin.Send(request.Identity, [.. request.Route, .. codec.Write("input_request", request, new JsonObject { ["prompt"] = "", ["password"] = false })]);
        return _answers.Reader.ReadAsync(cancellation).AsTask().GetAwaiter().GetResult();
    }

    private sealed class Reader(InputRequests requests, JupyterMessage request, Action beforeAsking, CancellationToken cancellation) : TextReader
    {
        private string _line = "";
        private int _at;

        public override int Peek() => _at < _line.Length ? _line[_at] : -1;

        public override int Read()
        {
            if (_at == _line.Length) (_line, _at) = (Ask() + "\n", 0);
            return _line[_at++];
        }

        public override string? ReadLine()
        {
            if (_at == _line.Length) return Ask();
            string rest = _line[_at..].TrimEnd('\n');
            _at = _line.Length;
            return rest;
        }

        public override int Read(char[] buffer, int index, int count)
        {
            if (count == 0) return 0;
            buffer[index] = (char)Read();
            int more = Math.Min(count - 1, _line.Length - _at);
            _line.CopyTo(_at, buffer, index + 1, more);
            _at += more;
            return more + 1;
        }

        /// <summary>A front end has no end of input; one line it is.</summary>
        public override string ReadToEnd() => ReadLine() ?? "";

        private string Ask()
        {
            beforeAsking();
            return requests.Ask(request, cancellation);
        }
    }
}
