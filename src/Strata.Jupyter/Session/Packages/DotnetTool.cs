using System.Runtime.InteropServices;
using Strata.Models;

namespace Strata.Jupyter.Session.Packages;

/// <summary>Finds the <c>dotnet</c> command of an SDK: the one that this process runs on is preferred to others.</summary>
internal static class DotnetTool
{
    private static readonly string FileName = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";

    /// <summary>Folders in which to look, best first.</summary>
    public static IEnumerable<string> Places()
    {
        string? process = Environment.ProcessPath;
        string?[] places =
        [
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
            Path.GetFileName(process) == FileName ? Path.GetDirectoryName(process) : null,
            Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")),
            Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
        ];
        return places.OfType<string>().Where(place => place.Length > 0);
    }

    /// <summary>The command in the first folder that has it together with an SDK.</summary>
    /// <exception cref="StrataException">There is none.</exception>
    public static string Find(IEnumerable<string> places) => places.Select(In).OfType<string>().FirstOrDefault()
        ?? throw new StrataException("Packages are restored by the .NET SDK, and no dotnet command with an SDK was found: not by DOTNET_ROOT, not beside the running .NET, not on PATH. Install the SDK, or set DOTNET_ROOT to its folder.");

    private static string? In(string folder)
    {
        try
        {
            FileInfo command = new(Path.Combine(folder, FileName));
            if (!command.Exists) return null;
            FileSystemInfo target = command.ResolveLinkTarget(returnFinalTarget: true) ?? command;
            return Directory.Exists(Path.Combine(Path.GetDirectoryName(target.FullName)!, "sdk")) ? target.FullName : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
