using System.Globalization;

namespace Strata.Notebooks;

/// <summary>An axis as drawn: its range, its ticks, and where a value lies between its ends.</summary>
internal sealed class AxisScale
{
    /// <summary>Below this, quotients lose their digits.</summary>
    private const double Tiny = 1e-290;

    private AxisScale(double min, double max, bool log, IReadOnlyList<(double Value, string Label)> ticks)
    {
        Min = min;
        Max = max;
        Log = log;
        Ticks = ticks;
    }

    public double Min { get; }

    public double Max { get; }

    public bool Log { get; }

    public IReadOnlyList<(double Value, string Label)> Ticks { get; }

    /// <summary>Whether the axis can show a value.</summary>
    public bool Shows(double value) => Drawable(value) && (!Log || value > Tiny);

    /// <summary>Whether a value is a number small enough for the differences of two such to be finite.</summary>
    public static bool Drawable(double value) => Math.Abs(value) <= 1e300;

    /// <summary>0 at the lower end, 1 at the upper.</summary>
    public double Fraction(double value) => Log
        ? (Math.Log10(value) - Math.Log10(Min)) / (Math.Log10(Max) - Math.Log10(Min))
        : (value - Min) / (Max - Min);

    /// <summary>A scale that holds all values.</summary>
    /// <param name="values">The values; those that cannot be shown are ignored.</param>
    /// <param name="log">Logarithmic.</param>
    /// <param name="snap">Widen to the next ticks, so that lines do not touch the frame.</param>
    /// <param name="zero">Include 0, as bars need (linear scales only).</param>
    /// <param name="target">Number of ticks aimed at.</param>
    public static AxisScale Fit(IEnumerable<double> values, bool log, bool snap, bool zero, int target)
    {
        double min = double.PositiveInfinity, max = double.NegativeInfinity;
        bool whole = true;
        foreach (double v in values)
        {
            if (!Drawable(v) || (log && v <= Tiny)) continue;
            min = Math.Min(min, v);
            max = Math.Max(max, v);
            whole = whole && v == Math.Floor(v);
        }

        if (min > max) (min, max) = log ? (1, 10) : (0, 1);
        if (log) return Logarithmic(min, max, snap, target);
        if (zero) (min, max) = (Math.Min(min, 0), Math.Max(max, 0));

        // Values that agree to rounding have no extent to divide into ticks.
        if (max - min <= Math.Max(Tiny, 1e-12 * Math.Max(Math.Abs(min), Math.Abs(max))))
        {
            double margin = Math.Abs(min) <= Tiny ? 1 : Math.Abs(min) * 0.1;
            (min, max) = (min - margin, max + margin);
        }

        return Linear(min, max, snap, whole, target);
    }

    /// <summary>A linear scale with exactly these ends.</summary>
    public static AxisScale Between(double min, double max, int target) => Linear(min, max, snap: false, whole: false, target);

    private static AxisScale Linear(double min, double max, bool snap, bool whole, int target)
    {
        double step = NiceStep((max - min) / Math.Max(1, target));
        if (whole) step = Math.Max(1, step);
        if (snap) (min, max) = (Math.Floor(min / step + 1e-9) * step, Math.Ceiling(max / step - 1e-9) * step);
        List<(double, string)> ticks = [];
        double largest = Math.Max(Math.Abs(min), Math.Abs(max));
        for (double k = Math.Ceiling(min / step - 1e-6); k <= max / step + 1e-6 && ticks.Count < 50; k++) ticks.Add((k * step, Label(k * step, step, largest)));
        return new AxisScale(min, max, false, ticks);
    }

    private static AxisScale Logarithmic(double min, double max, bool snap, int target)
    {
        if (min == max) (min, max) = (min / 2, max * 2);
        double low = Math.Floor(Math.Log10(min) + 1e-9), high = Math.Ceiling(Math.Log10(max) - 1e-9);
        double[] mantissas = high - low <= 2 ? [1, 2, 5] : [1];
        double every = Math.Max(1, Math.Ceiling((high - low) / Math.Max(1, target)));
        if (snap) (min, max) = (1 / LogSnap(1 / min), LogSnap(max));
        List<(double, string)> ticks = [];
        for (double decade = low; decade <= high; decade += every)
        {
            foreach (double mantissa in mantissas)
            {
                double value = mantissa * Math.Pow(10, decade);
                if (value >= min * 0.999 && value <= max * 1.001) ticks.Add((value, NumberText.Significant(value, 3)));
            }
        }

        return new AxisScale(min, max, true, ticks);
    }

    /// <summary>The smallest of 1, 2 and 5 times a power of ten that is no less than a value; its reciprocals are of the same kind.</summary>
    private static double LogSnap(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value) + 1e-9));
        double fraction = value / power;
        return power * (fraction <= 1.0001 ? 1 : fraction <= 2.0001 ? 2 : fraction <= 5.0001 ? 5 : 10);
    }

    /// <summary>The smallest of 1, 2, 2.5 and 5 times a power of ten that is no less than a rough step.</summary>
    private static double NiceStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double fraction = rough / power;
        return power * (fraction <= 1.0001 ? 1 : fraction <= 2.0001 ? 2 : fraction <= 2.5001 ? 2.5 : fraction <= 5.0001 ? 5 : 10);
    }

    private static string Label(double value, double step, double largest)
    {
        if (Math.Abs(value) < step * 1e-6) return "0";
        if (largest >= 1e6 || largest < 1e-3) return value.ToString("0.####e+0", CultureInfo.InvariantCulture).Replace("e+", "e", StringComparison.Ordinal);
        int decimals = Math.Max(0, (int)Math.Ceiling(-Math.Log10(step) - 1e-9));
        if (Math.Abs(step * Math.Pow(10, decimals) - Math.Round(step * Math.Pow(10, decimals))) > 1e-6) decimals++;
        return value.ToString("F" + Math.Min(decimals, 10), CultureInfo.InvariantCulture);
    }
}
