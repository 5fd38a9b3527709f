using Xunit.Abstractions;

namespace Strata.Jupyter.Tests.Conformance;

/// <summary>The kernel as front ends meet it: a process of its own, installed by <c>strata jupyter install</c>, driven through Debian's jupyter_client.</summary>
[Collection(Session.SessionTests.Name)]
public sealed class ConformanceTests(ITestOutputHelper output) : IDisposable
{
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
        Python.Require("jupyter_client", "python3-jupyter-client");
        Finished installed = await Programs.Strata("jupyter", "install", "--prefix", _prefix.FullName);
        Assert.True(installed.Code == 0, installed.Error);
        string kernels = Path.Combine(_prefix.FullName, "share", "jupyter", "kernels");
        Finished client = await Programs.Run(Python.Interpreter, [Path.Combine(AppContext.BaseDirectory, "Conformance", "client.py"), kernels, scenario]);
        output.WriteLine(client.Error + client.Output);
        Assert.True(client.Code == 0 && client.Output.EndsWith("passed\n", StringComparison.Ordinal), client.Error + client.Output);
    }
}
