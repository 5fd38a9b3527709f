using System.Text;

namespace Strata.Jupyter.Session;

/// <summary>
/// Sends what code writes to <see cref="Console"/> to the host of the cell that the code belongs to, in order, and reads input from there. The writers live as long as
/// the session, so that a cell may keep <c>Console.Out</c> in a variable; the console itself is redirected only while a cell runs, or while it is held.
/// </summary>
internal sealed class ConsoleCapture
{
    private readonly Router _output, _error;
    private readonly Input _input;

    /// <summary>A capture.</summary>
    /// <param name="host">The host of the cell that the calling code belongs to.</param>
    public ConsoleCapture(Func<ICellHost> host)
    {
        _output = new Router(StandardStream.Output, host);
        _error = new Router(StandardStream.Error, host);
        _input = new Input(host);
    }

    /// <summary>Redirects the console until disposed.</summary>
    public IDisposable Begin()
    {
        Redirection redirection = new(Console.Out, Console.Error, Console.In);
        Console.SetOut(_output);
        Console.SetError(_error);
        Console.SetIn(_input);
        return redirection;
    }

    private sealed class Redirection(TextWriter output, TextWriter error, TextReader input) : IDisposable
    {
        public void Dispose()
        {
            Console.SetOut(output);
            Console.SetError(error);
            Console.SetIn(input);
        }
    }

    private sealed class Router(StandardStream stream, Func<ICellHost> host) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => host().Write(stream, value.ToString());

        public override void Write(char[] buffer, int index, int count) => host().Write(stream, new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => host().Write(stream, buffer.ToString());

        public override void Write(string? value)
        {
            if (!string.IsNullOrEmpty(value)) host().Write(stream, value);
        }

        // One piece per line, so that lines of parallel writers do not mix.
        public override void WriteLine(string? value) => host().Write(stream, value + NewLine);
    }

    private sealed class Input(Func<ICellHost> host) : TextReader
    {
        public override int Peek() => host().Input.Peek();

        public override int Read() => host().Input.Read();

        public override int Read(char[] buffer, int index, int count) => host().Input.Read(buffer, index, count);

        public override string? ReadLine() => host().Input.ReadLine();

        public override string ReadToEnd() => host().Input.ReadToEnd();
    }
}
