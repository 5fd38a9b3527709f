using System.Buffers.Binary;

namespace Strata.Jupyter.Zmtp;

/// <summary>One frame of ZMTP 3 (https://rfc.zeromq.org/spec/23/, section "Framing"): a part of a message, or a command.</summary>
/// <param name="Body">The frame's octets.</param>
/// <param name="More">Whether more parts of the same message follow.</param>
/// <param name="IsCommand">Whether it is a command.</param>
internal readonly record struct ZmtpFrame(byte[] Body, bool More, bool IsCommand)
{
    private const byte MoreFlag = 1, LongFlag = 2, CommandFlag = 4;

    /// <summary>Longest header: flags and a size of eight octets.</summary>
    public const int MaxHeader = 9;

    /// <summary>What the first octet of a frame says.</summary>
    /// <exception cref="ZmtpException">Reserved bits are set, or a command claims to be continued.</exception>
    public static (bool More, bool IsLong, bool IsCommand) ReadFlags(byte flags)
    {
        if ((flags & ~(MoreFlag | LongFlag | CommandFlag)) != 0) throw new ZmtpException($"frame flags 0x{flags:X2} have reserved bits");
        bool more = (flags & MoreFlag) != 0, command = (flags & CommandFlag) != 0;
        if (more && command) throw new ZmtpException("a command frame cannot be continued");
        return (more, (flags & LongFlag) != 0, command);
    }

    /// <summary>Writes the frame's header.</summary>
    /// <returns>Number of octets written.</returns>
    public static int WriteHeader(Span<byte> header, long length, bool more, bool command)
    {
        bool isLong = length > byte.MaxValue;
        header[0] = (byte)((more ? MoreFlag : 0) | (isLong ? LongFlag : 0) | (command ? CommandFlag : 0));
        if (!isLong)
        {
            header[1] = (byte)length;
            return 2;
        }

        BinaryPrimitives.WriteInt64BigEndian(header[1..], length);
        return MaxHeader;
    }

    /// <summary>A whole message as octets: its parts in order.</summary>
    public static byte[] Encode(IReadOnlyList<byte[]> parts)
    {
        byte[] octets = new byte[parts.Sum(part => (part.Length > byte.MaxValue ? MaxHeader : 2) + part.Length)];
        int at = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            at += WriteHeader(octets.AsSpan(at), parts[i].Length, more: i < parts.Count - 1, command: false);
            parts[i].CopyTo(octets, at);
            at += parts[i].Length;
        }

        return octets;
    }

    /// <summary>A command as octets.</summary>
    public static byte[] EncodeCommand(ReadOnlySpan<byte> body)
    {
        byte[] octets = new byte[(body.Length > byte.MaxValue ? MaxHeader : 2) + body.Length];
        int header = WriteHeader(octets, body.Length, more: false, command: true);
        body.CopyTo(octets.AsSpan(header));
        return octets;
    }
}
