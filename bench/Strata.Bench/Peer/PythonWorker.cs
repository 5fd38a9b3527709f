using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Bench.Peer;

/// <summary>A peer written in Python, kept running so that both sides can alternate. It answers each line of JSON with one.</summary>
internal sealed class PythonWorker : IDisposable
{
    private readonly Process _process;
    private readonly string _needs;

    /// <summary>Starts the peer and asks for its versions.</summary>
    /// <param name="script">The peer's file.</param>
    /// <param name="needs">Debian packages without which it does not run.</param>
    public PythonWorker(string script, string needs)
    {
        _needs = needs;
        ProcessStartInfo start = new("/usr/bin/python3", [script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        _process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start.");
        Header = Ask(new JsonObject { ["cmd"] = "info" });
    }

    /// <summary>The worker that runs PyTorch and numpy.</summary>
    public static PythonWorker PyTorch() => new(Checkout.File("bench", "pytorch", "hooks.py"), "python3-torch and libopenblas0-openmp");

    /// <summary>Versions of what it measures.</summary>
    public JsonElement Header { get; }

    /// <summary>Runs one request once and gives its seconds.</summary>
    public double Seconds(JsonObject request) => Ask(request).GetProperty("seconds")[0].GetDouble();

    public JsonElement Ask(JsonObject request)
    {
        _process.StandardInput.WriteLine(request.ToJsonString());
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[0]} ended. It needs {_needs}.");
        JsonElement answer = JsonDocument.Parse(line).RootElement;
        return answer.TryGetProperty("error", out JsonElement error) ? throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[0]}: {error}") : answer;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(5000);
        _process.Dispose();
    }
}
