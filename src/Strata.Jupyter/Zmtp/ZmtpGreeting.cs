using System.Text;

namespace Strata.Jupyter.Zmtp;

/// <summary>The 64 octets with which both sides begin: signature, version 3.1, mechanism NULL (https://rfc.zeromq.org/spec/37/, section "Protocol Signature").</summary>
internal static class ZmtpGreeting
{
    /// <summary>Number of octets.</summary>
    public const int Length = 64;

    private const int Version = 10, Mechanism = 12, MechanismLength = 20;

    /// <summary>What this side sends.</summary>
    public static byte[] Ours()
    {
        byte[] greeting = new byte[Length];
        greeting[0] = 0xFF;
        greeting[9] = 0x7F;
        greeting[Version] = 3;
        greeting[Version + 1] = 1;
        "NULL"u8.CopyTo(greeting.AsSpan(Mechanism));
        return greeting;
    }

    /// <summary>Checks what the peer sent.</summary>
    /// <exception cref="ZmtpException">Another protocol, an old version, or another mechanism.</exception>
    public static void Check(ReadOnlySpan<byte> greeting)
    {
        if (greeting[0] != 0xFF || greeting[9] != 0x7F) throw new ZmtpException("it does not begin with a ZMTP signature");
        if (greeting[Version] < 3) throw new ZmtpException($"it speaks ZMTP {greeting[Version]}; expected 3.0 or later");
        string mechanism = Encoding.ASCII.GetString(greeting.Slice(Mechanism, MechanismLength)).TrimEnd('\0');
        if (mechanism != "NULL") throw new ZmtpException("it asks for a security mechanism; expected NULL");
    }
}
