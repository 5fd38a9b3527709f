namespace Strata.Bench;

/// <summary>Files of the repository that the benchmarks were built in.</summary>
internal static class Checkout
{
    /// <summary>A path below the repository's root.</summary>
    /// <exception cref="InvalidOperationException">The program does not lie in a checkout.</exception>
    public static string File(params string[] path)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "Kernel.sln"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine([folder ?? throw new InvalidOperationException("Run from a checkout."), .. path]);
    }
}
