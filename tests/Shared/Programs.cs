using System.Diagnostics;
using System.Text.Json;

namespace Strata;

/// <summary>What a run of a program left behind.</summary>
internal sealed record Finished(int Code, string Output, string Error)
{
    /// <summary>Standard output as one JSON document; anything else there makes this fail.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;
}

/// <summary>Programs as users start them: in a process of their own.</summary>
internal static class Programs
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>Runs the <c>strata</c> tool that was built with the tests.</summary>
    public static Task<Finished> Strata(params string[] arguments) =>
        Run("dotnet", [Path.Combine(AppContext.BaseDirectory, "strata.dll"), .. arguments]);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its file.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="folder">Its working folder; without it that of the repository.</param>
    /// <param name="environment">Variables set for it beside those of the test.</param>
    /// <exception cref="TimeoutException">It did not end; it has been stopped.</exception>
    public static async Task<Finished> Run(string program, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = StartInfo(program, arguments, folder, environment);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource patience = new(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', start.ArgumentList)} did not end within {Patience.TotalMinutes} minutes.");
        }

        return new Finished(process.ExitCode, await output, await error);
    }

    /// <summary>How a program is started so that what it writes can be read.</summary>
    public static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? Repository.Root };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return start;
    }
}
