using System.Diagnostics;

namespace Strata.Bench.Peer;

/// <summary>Runs several pieces of work in turn, A B A B ..., so that a drift of the machine meets all of them alike.</summary>
internal static class Alternating
{
    /// <summary>Seconds of each piece in each round, after one unmeasured round. Pieces time themselves, so that a peer process can be one of them.</summary>
    public static double[][] Rounds(int rounds, params Func<double>[] pieces)
    {
        double[][] seconds = pieces.Select(_ => new double[rounds]).ToArray();
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < pieces.Length; i++)
            {
                double measured = pieces[i]();
                if (round >= 0) seconds[i][round] = measured;
            }
        }

        return seconds;
    }

    /// <summary>Median seconds of each piece.</summary>
    public static double[] Medians(int rounds, params Func<double>[] pieces) => [.. Rounds(rounds, pieces).Select(Median)];

    /// <summary>Seconds of an action.</summary>
    public static Func<double> Timed(Action action) => () =>
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    };

    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(double[] values)
    {
        double[] sorted = values.Order().ToArray();
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
