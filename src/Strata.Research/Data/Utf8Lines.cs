using System.Text;
using System.Text.Unicode;
using Strata.Models;

namespace Strata.Research;

/// <summary>Reads a UTF-8 file line by line, as bytes in one buffer that is used again for every line.</summary>
internal sealed class Utf8Lines : IDisposable
{
    /// <summary>The longest line that is read, in bytes.</summary>
    public const int MaxLineBytes = 64 << 20;

    private readonly string _path;
    private readonly FileStream _stream;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _atEnd;

    /// <summary>Opens the file and skips a byte order mark.</summary>
    /// <exception cref="InvalidFileException">The file is missing or cannot be read.</exception>
    public Utf8Lines(string path)
    {
        _path = path;
        try
        {
            _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message} Expected a data set file.", e);
        }

        while (_end < 3 && !_atEnd) Fill();
        if (_buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8)) _start = 3;
    }

    /// <summary>Number of the line that was read last, from 1; 0 before the first.</summary>
    public long Number { get; private set; }

    /// <summary>Reads the next line; valid until the next call.</summary>
    /// <param name="line">The line without its end (LF or CR LF).</param>
    /// <returns>False after the last line.</returns>
    /// <exception cref="InvalidFileException">The line is too long or no valid UTF-8, or the file cannot be read further.</exception>
    public bool Next(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        Number++;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = Checked(_start, searched + length);
                _start += searched + length + 1;
                return true;
            }

            searched = _end - _start;
            if (searched > MaxLineBytes) throw TooLong();
            if (_atEnd) break;
            Fill();
        }

        line = Checked(_start, searched);
        _start = _end;
        return searched > 0;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    /// <summary>Reads more bytes behind those that are not consumed yet; moves them to the front or grows the buffer when it is full.</summary>
    private void Fill()
    {
        if (_end == _buffer.Length)
        {
            // One byte over the limit is enough to see that a line is too long.
            byte[] target = _start > 0 ? _buffer : new byte[Math.Min(_buffer.Length * 2L, MaxLineBytes + 2L)];
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, _end - _start);
        }

        try
        {
            int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            _atEnd = read == 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(_path, $"line {Number}: cannot be read further: {e.Message}", e);
        }
    }

    private ReadOnlySpan<byte> Checked(int start, int length)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(start, length);
        if (line.EndsWith("\r"u8)) line = line[..^1];
        if (line.Length > MaxLineBytes) throw TooLong();
        if (!Utf8.IsValid(line)) throw new InvalidFileException(_path, $"line {Number}, column {FirstInvalid(line) + 1}: no valid UTF-8; expected text in UTF-8. Convert the file.");
        return line;
    }

    private InvalidFileException TooLong() => new(_path, $"line {Number} is longer than {MaxLineBytes >> 20} MiB; split it into several rows.");

    private static int FirstInvalid(ReadOnlySpan<byte> line)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(line[at..], out _, out int used) == System.Buffers.OperationStatus.Done) at += used;
        return at;
    }
}
