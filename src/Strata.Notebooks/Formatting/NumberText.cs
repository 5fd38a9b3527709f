using System.Globalization;

namespace Strata.Notebooks;

/// <summary>Numbers as people read them: few digits, invariant culture.</summary>
internal static class NumberText
{
    /// <summary>A number with a given number of significant digits; scientific from 10^6 up and below 10^-4.</summary>
    public static string Significant(double value, int digits = 4)
    {
        if (!double.IsFinite(value)) return double.IsNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
        if (value == 0) return "0";
        double magnitude = Math.Abs(value);
        if (magnitude is >= 1e6 or < 1e-4) return value.ToString("0." + new string('#', digits - 1) + "e+0", CultureInfo.InvariantCulture).Replace("e+", "e", StringComparison.Ordinal);
        int decimals = Math.Max(0, digits - 1 - (int)Math.Floor(Math.Log10(magnitude)));
        return value.ToString("0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }

    /// <summary>A count with its noun: <c>1 row</c>, <c>12,000 rows</c>.</summary>
    public static string Count(long count, string noun) => $"{count.ToString("N0", CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>A number of bytes in binary units: <c>3.5 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }
}
