using System.Collections.Concurrent;

namespace Strata.Models;

/// <summary>Asks the system for parts of files in the order in which they will be read, on one thread: asking may wait for the disk, and the thread pool would try out more and more threads for it.</summary>
internal static class ReadAheadThread
{
    private static readonly BlockingCollection<(WeightFile File, TensorEntry Entry)[]> Wanted = [];

    static ReadAheadThread() => new Thread(Serve) { IsBackground = true, Name = "Strata reading ahead" }.UnsafeStart();

    /// <summary>Begins to bring tensors into the system's memory, after those that were asked for before.</summary>
    public static void Ask((WeightFile File, TensorEntry Entry)[] tensors) => Wanted.Add(tensors);

    private static void Serve()
    {
        while (true) ServeOne();
    }

    // A method of its own, whose end lets go of the files.
    private static void ServeOne()
    {
        try
        {
            foreach ((WeightFile file, TensorEntry entry) in Wanted.Take()) file.ReadAhead(entry);
        }
        catch (OutOfMemoryException)
        {
            // Advice only: whoever reads the tensors is told.
        }
    }
}
