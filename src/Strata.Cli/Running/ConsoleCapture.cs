using System.Text;

namespace Strata.Cli.Running;

/// <summary>
/// Sends what code writes to <see cref="Console"/> to the host of the running cell, in order. The writers live as long as the session, so that a cell may keep
/// <c>Console.Out</c> in a variable; the console itself is redirected only while a cell runs.
/// </summary>
internal sealed class ConsoleCapture
{
    private readonly Router _output = new(StandardStream.Output);
    private readonly Router _error = new(StandardStream.Error);

    /// <summary>Redirects the console to <paramref name="host"/> until disposed.</summary>
    public IDisposable To(ICellHost host)
    {
        Redirection redirection = new(this, Console.Out, Console.Error);
        _output.Host = _error.Host = host;
        Console.SetOut(_output);
        Console.SetError(_error);
        return redirection;
    }

    private sealed class Redirection(ConsoleCapture capture, TextWriter output, TextWriter error) : IDisposable
    {
        public void Dispose()
        {
            Console.SetOut(output);
            Console.SetError(error);
            capture._output.Host = capture._error.Host = null;
        }
    }

    private sealed class Router(StandardStream stream) : TextWriter
    {
        /// <summary>Null between cells: text from background work is dropped then.</summary>
        public ICellHost? Host { private get; set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Host?.Write(stream, value.ToString());

        public override void Write(char[] buffer, int index, int count) => Host?.Write(stream, new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Host?.Write(stream, buffer.ToString());

        public override void Write(string? value)
        {
            if (!string.IsNullOrEmpty(value)) Host?.Write(stream, value);
        }

        // One piece per line, so that lines of parallel writers do not mix.
        public override void WriteLine(string? value) => Host?.Write(stream, value + NewLine);
    }
}
