using Xunit;

namespace Strata.Models.Tests;

/// <summary>Feeds many damaged files to a reader and watches what comes out, how long it takes and what it allocates.</summary>
internal static class FuzzRun
{
    /// <summary>Runs a reader on damaged copies of valid files.</summary>
    /// <param name="valid">Files that the reader accepts.</param>
    /// <param name="cases">How many damaged ones.</param>
    /// <param name="seed">Seed of the damage.</param>
    /// <param name="read">Reads one file; the second argument counts the cases. May throw <see cref="StrataException"/> (a file: <see cref="InvalidFileException"/>) and nothing else.</param>
    /// <param name="bytesPerByte">Allowed allocation per byte of the file.</param>
    /// <param name="fixedBytes">Allowed allocation beside.</param>
    /// <returns>How many damaged files were refused.</returns>
    public static int Run(byte[][] valid, int cases, int seed, Action<byte[], int> read, int bytesPerByte, int fixedBytes)
    {
        Mutator mutator = new(seed);
        foreach (byte[] file in valid) read(file, 0);
        int refused = 0;
        for (int i = 0; i < cases; i++)
        {
            byte[] file = mutator.Mutate(valid[i % valid.Length]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan began = ThreadTime.Spent;
            if (Refuses(file, i, read)) refused++;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan spent = ThreadTime.Spent - began;
            Assert.True(allocated <= fixedBytes + (long)bytesPerByte * file.Length, $"case {i}: {allocated:N0} bytes were allocated for a file of {file.Length:N0}");
            Assert.True(spent < TimeSpan.FromSeconds(1), $"case {i} took {spent.TotalSeconds:F2} s of processor time");
        }

        return refused;
    }

    private static bool Refuses(byte[] file, int number, Action<byte[], int> read)
    {
        try
        {
            read(file, number);
            return false;
        }
        catch (StrataException e)
        {
            Assert.True(e.Message.Length < 2000, e.Message);
            Assert.DoesNotContain(e.Message, char.IsControl);
            return true;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"case {number}, seeded, gave {e.GetType().Name}: {e.Message}", e);
        }
    }
}
