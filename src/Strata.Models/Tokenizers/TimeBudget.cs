using System.Diagnostics;

namespace Strata.Models;

/// <summary>A generous time for work on a text, so that a hostile expression cannot hold the program up: 10 s, and 1 s more for each 50,000 characters.</summary>
internal sealed class TimeBudget(long characters)
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TimeSpan _limit = TimeSpan.FromSeconds(10 + characters / 50_000.0);

    /// <summary>Whether the time is over.</summary>
    public bool IsSpent => Stopwatch.GetElapsedTime(_began) > _limit;
}
