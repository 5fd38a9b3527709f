using Strata.Models;

namespace Strata.Notebooks;

/// <summary>One line of a line plot. NaN leaves a gap.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X">Positions along the x-axis.</param>
/// <param name="Y">Values, as many as <paramref name="X"/>.</param>
public sealed record LineSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Drawn dashed: for controls and baselines.</summary>
    public bool Dashed { get; init; }

    /// <summary>
    /// Where the line's colour lies on a scale from dark to light, 0 to 1: for lines that have an order (layers, checkpoints, shares), which a colour of its own for each would hide. Null for a colour of its own.
    /// </summary>
    public double? Shade { get; init; }

    /// <summary>Number of the line's colour, for a control in the colour of the line that it belongs to; null for the colour of its place among the lines.</summary>
    public int? Hue { get; init; }

    /// <summary>Index of a point that is drawn with a ring, such as the best layer of a score; null for none. A note should say what the ring means.</summary>
    public int? Ringed { get; init; }

    /// <summary>Lower edge of the error band, as many values as <see cref="Y"/>; null for no band.</summary>
    public IReadOnlyList<double>? Lower { get; init; }

    /// <summary>Upper edge of the error band; given together with <see cref="Lower"/>.</summary>
    public IReadOnlyList<double>? Upper { get; init; }

    /// <summary>A copy that nobody else can change, checked.</summary>
    internal LineSeries Frozen()
    {
        SeriesChecks.SameLength(Name, X.Count, ("y", Y.Count), ("lower edge", Lower?.Count), ("upper edge", Upper?.Count));
        if (Lower is null != Upper is null) throw new StrataException($"The error band of \"{Name}\" has one edge only; give both Lower and Upper.");
        if (Ringed is { } ring && (ring < 0 || ring >= X.Count)) throw new StrataException($"Series \"{Name}\" has {X.Count} points, and the ring was asked for at {ring}.");
        return this with { X = X.ToArray(), Y = Y.ToArray(), Lower = Lower?.ToArray(), Upper = Upper?.ToArray() };
    }
}

/// <summary>One cloud of points.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X">Positions along the x-axis.</param>
/// <param name="Y">Positions along the y-axis, as many as <paramref name="X"/>.</param>
public sealed record PointSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>One name per point: shown beside it where there are few, on hovering otherwise; null for none.</summary>
    public IReadOnlyList<string>? PointNames { get; init; }

    /// <summary>A copy that nobody else can change, checked.</summary>
    internal PointSeries Frozen()
    {
        SeriesChecks.SameLength(Name, X.Count, ("y", Y.Count), ("point names", PointNames?.Count));
        return this with { X = X.ToArray(), Y = Y.ToArray(), PointNames = PointNames?.ToArray() };
    }
}

/// <summary>One colour of bars: a value per category.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Values">Heights, one per category; NaN leaves the bar out.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double> Values)
{
    /// <summary>Half-lengths of the error bars, one per category; null for none.</summary>
    public IReadOnlyList<double>? Errors { get; init; }

    /// <summary>A copy that nobody else can change, checked.</summary>
    internal BarSeries Frozen(int categories)
    {
        SeriesChecks.SameLength(Name, categories, ("values", Values.Count), ("errors", Errors?.Count));
        return this with { Values = Values.ToArray(), Errors = Errors?.ToArray() };
    }
}

/// <summary>Checks that all series share.</summary>
internal static class SeriesChecks
{
    /// <summary>Throws unless every list that is there has the expected length.</summary>
    public static void SameLength(string name, int expected, params ReadOnlySpan<(string What, int? Count)> lists)
    {
        foreach ((string what, int? count) in lists)
        {
            if (count is { } n && n != expected)
                throw new StrataException($"Series \"{name}\" has {n} {what} for {expected} positions; they must be equally many.");
        }
    }
}
