using System.Diagnostics;
using Xunit.Abstractions;

namespace Strata.Jupyter.Tests.Conformance;

/// <summary>The kernel as front ends meet it: a process of its own, installed by <c>strata jupyter install</c>, driven through Debian's jupyter_client.</summary>
[Collection(Session.SessionTests.Name)]
public sealed class ConformanceTests(ITestOutputHelper output) : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _prefix = Directory.CreateTempSubdirectory("strata-kernel-");

    public void Dispose() => _prefix.Delete(recursive: true);

    [SkippableTheory]
    [InlineData("basics")]
    [InlineData("requests")]
    [InlineData("stop_on_error")]
    [InlineData("interrupt")]
    [InlineData("sweep")]
    [InlineData("survives")]
    [InlineData("idle")]
    [InlineData("failures")]
    [InlineData("stdin")]
    [InlineData("lifetime")]
    [InlineData("load")]
    [InlineData("hostile")]
    public async Task TheKernelBehavesAsTheProtocolSays(string scenario)
    {
        await RequireClient();
        string tool = Path.Combine(AppContext.BaseDirectory, "strata.dll");
        (int installed, string message) = await Run("dotnet", tool, "jupyter", "install", "--prefix", _prefix.FullName);
        Assert.True(installed == 0, message);
        string kernels = Path.Combine(_prefix.FullName, "share", "jupyter", "kernels");
        (int code, string text) = await Run(Python, Path.Combine(AppContext.BaseDirectory, "Conformance", "client.py"), kernels, scenario);
        output.WriteLine(text);
        Assert.True(code == 0 && text.EndsWith("passed\n", StringComparison.Ordinal), text);
    }

    private static async Task RequireClient()
    {
        const string Reason = "/usr/bin/python3 has no jupyter_client (Debian: python3-jupyter-client)";
        bool present = File.Exists(Python) && (await Run(Python, "-c", "import jupyter_client")).Code == 0;
        if (!present && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"{Reason}; on a build server the kernel is checked with it.");
        Skip.IfNot(present, Reason);
    }

    private static async Task<(int Code, string Text)> Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Repository.Folder };
        using Process process = Process.Start(start)!;
        Task<string> text = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource patience = new(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{program} did not end within {Patience.TotalMinutes} minutes.");
        }

        return (process.ExitCode, await error + await text);
    }
}
