using System.Diagnostics;
using Strata.Models;

namespace Strata.Jupyter.Session.Packages;

/// <summary>Lets the SDK restore packages, each set in a folder of its own under the user's cache; a set that is there already is not restored again.</summary>
/// <param name="cache">The folder of all restored sets.</param>
/// <param name="dotnetPlaces">Folders in which the <c>dotnet</c> command is looked for.</param>
internal sealed class PackageRestore(string cache, IEnumerable<string> dotnetPlaces)
{
    private const int MaxLines = 400, ShownLines = 20;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <summary>The folder that sessions share.</summary>
    public static string UserCache
    {
        get
        {
            string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return Path.Combine(data.Length > 0 ? data : Path.GetTempPath(), "strata", "packages");
        }
    }

    /// <summary>Restores a project.</summary>
    /// <param name="project">The project.</param>
    /// <param name="title">What is restored, for people.</param>
    /// <param name="progress">Hears every second that the work goes on.</param>
    /// <param name="cancellation">Ends the restore with all its processes.</param>
    /// <returns>What there is now, and what the SDK warns of.</returns>
    /// <exception cref="StrataException">The restore failed; the message is the SDK's own.</exception>
    public async Task<(RestoredAssets Assets, IReadOnlyList<string> Warnings)> RunAsync(RestoreProject project, string title, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        string folder = Path.Combine(cache, project.Key), file = Path.Combine(folder, "packages.csproj"), assets = Path.Combine(folder, "obj", "project.assets.json"), done = Path.Combine(folder, "restored");
        Directory.CreateDirectory(folder);
        using FileStream turn = await TurnAsync(Path.Combine(folder, "lock"), cancellation);
        if (!project.IsFloating && File.Exists(done) && RestoredAssets.Read(assets) is { AreThere: true } before) return (before, []);
        File.Delete(done);
        await File.WriteAllTextAsync(file, project.Text, cancellation);
        (int code, IReadOnlyList<string> lines) = await RestoreAsync(file, title, progress, cancellation);
        if (code != 0) throw new StrataException($"{title} failed.\n{string.Join('\n', Problems(lines, file))}");
        await File.WriteAllTextAsync(done, "", cancellation);
        return (RestoredAssets.Read(assets), Said(lines, file, "warning ").ToArray());
    }

    /// <summary>Waits until no other kernel restores the same set.</summary>
    private static async Task<FileStream> TurnAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(100, cancellation);
            }
        }
    }

    private async Task<(int Code, IReadOnlyList<string> Lines)> RestoreAsync(string file, string title, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        using Process process = new() { StartInfo = Start(file) };
        List<string> lines = [];
        void Take(string? line)
        {
            lock (lines)
                if (line is not null && lines.Count < MaxLines) lines.Add(line);
        }

        process.OutputDataReceived += (_, received) => Take(received.Data);
        process.ErrorDataReceived += (_, received) => Take(received.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        try
        {
            Stopwatch watch = Stopwatch.StartNew();
            Task end = process.WaitForExitAsync(cancellation);
            do progress.Report(new WorkProgress(title, (long)watch.Elapsed.TotalSeconds, 0, "s"));
            while (await Task.WhenAny(end, Task.Delay(Pace, CancellationToken.None)) != end);
            await end;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, lines);
    }

    private ProcessStartInfo Start(string file)
    {
        ProcessStartInfo start = new(DotnetTool.Find(dotnetPlaces), ["restore", file, "--nologo", "-v:minimal", "-tl:off", "-nodeReuse:false", "--force"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetDirectoryName(file)!,
        };
        // What a build that this process runs in has set is not meant for this one.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray()) start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        return start;
    }

    private static IReadOnlyList<string> Problems(IReadOnlyList<string> lines, string file)
    {
        string[] errors = Said(lines, file, "error ").ToArray();
        return errors.Length > 0 ? errors : lines.TakeLast(ShownLines).ToArray();
    }

    /// <summary>The messages of a kind, each once, without the name of the project that nobody wrote.</summary>
    private static IEnumerable<string> Said(IReadOnlyList<string> lines, string file, string kind) => lines
        .Select(line => line.Replace($"{file} : ", "", StringComparison.Ordinal).Replace($" [{file}]", "", StringComparison.Ordinal).Trim())
        .Where(line => line.StartsWith(kind, StringComparison.Ordinal))
        .Distinct();
}
