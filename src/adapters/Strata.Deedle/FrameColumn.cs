using System.Globalization;
using Strata.Research;

namespace Strata.Deedle;

/// <summary>Finds the column of a table that holds what a column of a frame holds; the values decide, because a frame may hold them as objects.</summary>
internal static class FrameColumn
{
    private const long LargestExact = 1L << 53;

    /// <summary>A column from values; null stands for a missing one.</summary>
    public static Column Read(string name, object?[] values)
    {
        object[] present = values.OfType<object>().ToArray();
        bool numbers = present.All(IsNumber);
        if (numbers && values.Length > 0 && present.Length == values.Length && present.All(IsSmallInteger)) return Column.Integer(name, present.Select(value => Convert.ToInt64(value, CultureInfo.InvariantCulture)));
        if (numbers && present.All(value => !IsInteger(value) || IsSmallInteger(value)))
            return Column.Real(name, values.Select(value => value is null ? double.NaN : Number(value)));
        bool days = present.All(value => value is DateTime { TimeOfDay.Ticks: 0 });
        return Column.Text(name, values.Select(value => value is null ? "" : days ? ((DateTime)value).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : Text(value)));
    }

    /// <summary>A value as text, independent of the machine's culture.</summary>
    public static string Text(object value) => value switch
    {
        string text => text,
        bool truth => truth ? "true" : "false",
        DateTime or DateTimeOffset => ((IFormattable)value).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture),
        DateOnly or TimeOnly => ((IFormattable)value).ToString("o", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static double Number(object value) => value is Half half ? (double)half : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static bool IsNumber(object value) => IsInteger(value) || value is double or float or Half or decimal;

    private static bool IsInteger(object value) => value is int or long or short or byte or sbyte or ushort or uint or ulong;

    private static bool IsSmallInteger(object value) => IsInteger(value) && (value is ulong large ? large <= LargestExact : Convert.ToInt64(value, CultureInfo.InvariantCulture) is >= -LargestExact and <= LargestExact);
}
