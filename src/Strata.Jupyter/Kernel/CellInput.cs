namespace Strata.Jupyter.Kernel;

/// <summary>What a cell reads: lines that the front end is asked for, one question each.</summary>
/// <param name="ask">Asks: the prompt, and whether the answer is hidden while it is typed.</param>
internal sealed class CellInput(Func<string, bool, string> ask) : TextReader
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

    /// <summary>Asks for a line that is not shown while it is typed.</summary>
    public string ReadPassword(string prompt) => ask(prompt, true);

    private string Ask() => ask("", false);
}
