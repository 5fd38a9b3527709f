using System.Globalization;

namespace Strata.Models;

/// <summary>How far a long piece of work has come. Reported through <see cref="IProgress{T}"/>; a host draws it and estimates the time left.</summary>
/// <param name="Title">What is being done, for people: <c>Capturing 9 points</c>.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 where that is not known.</param>
/// <param name="Unit">Name of a unit, plural: <c>tokens</c>. Of <c>bytes</c> hosts show decimal multiples.</param>
public readonly record struct WorkProgress(string Title, long Done, long Total, string Unit)
{
    /// <summary>A number of units for people: <c>1,234 tokens</c>, <c>548.1 MB</c>.</summary>
    public string Amount(double units)
    {
        if (Unit != "bytes") return string.Create(CultureInfo.InvariantCulture, $"{units:N0} {Unit}");
        return units switch
        {
            >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{units / 1e9:N1} GB"),
            >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{units / 1e6:N1} MB"),
            >= 1e3 => string.Create(CultureInfo.InvariantCulture, $"{units / 1e3:N1} kB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{units:N0} bytes"),
        };
    }
}
