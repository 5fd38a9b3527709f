using System.Buffers.Binary;
using System.Text;

namespace Strata.Jupyter.Zmtp;

/// <summary>A command: a name and data (https://rfc.zeromq.org/spec/37/, section "Commands").</summary>
/// <param name="Name">Its name in ASCII: READY, ERROR, PING, PONG, SUBSCRIBE, CANCEL.</param>
/// <param name="Data">What follows the name.</param>
internal readonly record struct ZmtpCommand(string Name, ReadOnlyMemory<byte> Data)
{
    private const int TimeToLive = 2, MaxPingContext = 16;

    /// <summary>Reads a command frame.</summary>
    /// <exception cref="ZmtpException">The name is missing or cut off.</exception>
    public static ZmtpCommand Parse(byte[] body)
    {
        if (body.Length == 0 || body[0] == 0 || body.Length < 1 + body[0]) throw new ZmtpException("a command has no complete name");
        return new ZmtpCommand(Encoding.ASCII.GetString(body, 1, body[0]), body.AsMemory(1 + body[0]));
    }

    /// <summary>The command as a frame.</summary>
    public byte[] Encode()
    {
        byte[] body = [(byte)Name.Length, .. Encoding.ASCII.GetBytes(Name), .. Data.Span];
        return ZmtpFrame.EncodeCommand(body);
    }

    /// <summary>READY of the NULL mechanism with its properties.</summary>
    public static ZmtpCommand Ready(string socketType, ReadOnlySpan<byte> identity)
    {
        using MemoryStream data = new();
        WriteProperty(data, "Socket-Type", Encoding.ASCII.GetBytes(socketType));
        WriteProperty(data, "Identity", identity);
        return new ZmtpCommand("READY", data.ToArray());
    }

    /// <summary>ERROR with a reason for people.</summary>
    public static ZmtpCommand Error(string reason)
    {
        byte[] text = Encoding.ASCII.GetBytes(reason);
        int length = Math.Min(text.Length, byte.MaxValue);
        return new ZmtpCommand("ERROR", (byte[])[(byte)length, .. text.AsSpan(0, length)]);
    }

    /// <summary>The answer to a PING: its context.</summary>
    /// <exception cref="ZmtpException">The PING is malformed.</exception>
    public ZmtpCommand Pong()
    {
        if (Data.Length is < TimeToLive or > TimeToLive + MaxPingContext) throw new ZmtpException($"a PING has {Data.Length} octets; expected 2 to 18");
        return new ZmtpCommand("PONG", Data[TimeToLive..]);
    }

    /// <summary>Reads the properties of READY; their names have no case.</summary>
    /// <exception cref="ZmtpException">A property is cut off or has no name.</exception>
    public Dictionary<string, byte[]> Properties()
    {
        Dictionary<string, byte[]> properties = new(StringComparer.OrdinalIgnoreCase);
        for (ReadOnlySpan<byte> rest = Data.Span; rest.Length > 0;)
        {
            int name = rest[0];
            if (name == 0 || rest.Length < 1 + name + 4) throw new ZmtpException("a property of READY is cut off");
            uint value = BinaryPrimitives.ReadUInt32BigEndian(rest[(1 + name)..]);
            if (value > (uint)(rest.Length - 5 - name)) throw new ZmtpException("the value of a property of READY is cut off");
            properties[Encoding.ASCII.GetString(rest.Slice(1, name))] = rest.Slice(5 + name, (int)value).ToArray();
            rest = rest[(5 + name + (int)value)..];
        }

        return properties;
    }

    private static void WriteProperty(MemoryStream data, string name, ReadOnlySpan<byte> value)
    {
        data.WriteByte((byte)name.Length);
        data.Write(Encoding.ASCII.GetBytes(name));
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        data.Write(length);
        data.Write(value);
    }
}
