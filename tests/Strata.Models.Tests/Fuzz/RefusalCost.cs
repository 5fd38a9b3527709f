using Xunit;

namespace Strata.Models.Tests;

/// <summary>What it costs to refuse a hostile file: less than a second of processor time, and bounded memory.</summary>
internal static class RefusalCost
{
    /// <summary>Runs what must be refused.</summary>
    /// <param name="what">What is read, for the message of a failure.</param>
    /// <param name="most">Bytes that may be allocated.</param>
    /// <param name="attempt">Reads it.</param>
    /// <returns>The refusal.</returns>
    public static TException Of<TException>(string what, long most, Action attempt) where TException : Exception
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan began = ThreadTime.Spent;
        TException refusal = Assert.Throws<TException>(attempt);
        TimeSpan spent = ThreadTime.Spent - began;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(spent < TimeSpan.FromSeconds(1), $"{what}: {spent.TotalSeconds:F2} s of processor time");
        Assert.True(allocated <= most, $"{what}: {allocated:N0} bytes allocated, expected at most {most:N0}");
        return refusal;
    }
}
