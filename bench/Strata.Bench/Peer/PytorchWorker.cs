using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Strata.Bench.Peer;

/// <summary>The PyTorch side, <c>bench/pytorch/peer.py</c>, kept running so that both sides can alternate.</summary>
internal sealed class PytorchWorker : IDisposable
{
    private readonly Process _process;

    public PytorchWorker(string repository)
    {
        ProcessStartInfo start = new("/usr/bin/python3", [Path.Combine(repository, "bench", "pytorch", "peer.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        _process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start.");
        Header = Ask(new JsonObject { ["cmd"] = "info" });
    }

    /// <summary>Versions of PyTorch and its BLAS.</summary>
    public JsonElement Header { get; }

    /// <summary>Runs one request once and gives its seconds.</summary>
    public double Seconds(JsonObject request) => Ask(request).GetProperty("seconds")[0].GetDouble();

    public JsonElement Ask(JsonObject request)
    {
        _process.StandardInput.WriteLine(request.ToJsonString());
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The PyTorch side ended. It needs python3-torch and libopenblas0-openmp.");
        JsonElement answer = JsonDocument.Parse(line).RootElement;
        return answer.TryGetProperty("error", out JsonElement error) ? throw new InvalidOperationException($"PyTorch: {error}") : answer;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(5000);
        _process.Dispose();
    }
}
