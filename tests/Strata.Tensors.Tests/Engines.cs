namespace Strata.Tensors.Tests;

/// <summary>Every engine that this machine can run: all register widths, one thread and two.</summary>
public static class Engines
{
    public static IEnumerable<CpuEngine> All { get; } =
        (from width in new[] { 128, 256, 512 }
         where width <= CpuEngine.WidestVector
         from threads in new[] { 1, 2 }
         select new CpuEngine(new CpuEngineOptions { Threads = threads, VectorWidth = width })).ToArray();

    public static TheoryData<CpuEngine> Data => new(All);

    /// <summary>Lengths around the register widths and the panel widths.</summary>
    public static readonly int[] Lengths = [1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65];
}
