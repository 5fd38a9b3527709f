using System.Globalization;

namespace Strata.Models;

/// <summary>Amounts of memory as people write them: <c>800MB</c>, <c>1.5 GiB</c>, or plain bytes.</summary>
public static class ByteSize
{
    private static readonly (string Unit, double Bytes)[] Units =
    [
        ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1),
    ];

    /// <summary>The bytes of a text.</summary>
    /// <param name="option">The option that it was given to, for the message.</param>
    /// <param name="text">A number and a unit, in any case: powers of 1000 (kB, MB, GB, TB) or of 1024 (KiB, MiB, GiB, TiB); bytes without one.</param>
    /// <exception cref="StrataException">It is no positive amount.</exception>
    public static long Parse(string option, string text)
    {
        string trimmed = text.Trim();
        (string unit, double factor) = Units.FirstOrDefault(u => trimmed.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase), ("", 1));
        string number = trimmed[..^unit.Length].TrimEnd();
        bool plain = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value);
        return plain && value * factor is >= 1 and < 1e18
            ? (long)(value * factor)
            : throw new StrataException($"{option} \"{text}\": expected an amount of memory such as 800MB, 1.5GiB or a number of bytes.");
    }
}
