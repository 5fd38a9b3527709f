using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Strata.Jupyter.Protocol;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>Executes cells one after another; can be interrupted from any thread.</summary>
/// <param name="session">Runs the C#.</param>
/// <param name="iopub">Where outputs go.</param>
/// <param name="inputs">Asks for input.</param>
/// <param name="history">Remembers what was executed.</param>
/// <param name="magics">Runs magic commands.</param>
internal sealed class Execution(CSharpSession session, IoPub iopub, InputRequests inputs, ExecutionHistory history, SessionMagics magics)
{
    private readonly CellRunner _cells = new(session, magics);
    private readonly PlotlyScript _plotly = new();
    private CancellationTokenSource? _running;
    private long _abortedUntil;
    private int _count;

    /// <summary>Interrupts the cell that runs, if one does.</summary>
    public void Interrupt()
    {
        CancellationTokenSource? running = Volatile.Read(ref _running);
        // Code of the cell may be registered to be called, and may take its time.
        if (running is not null) _ = Task.Run(running.Cancel);
    }

    /// <summary>Answers an <c>execute_request</c>.</summary>
    public async Task<JsonObject> AnswerAsync(JupyterMessage request)
    {
        // After a failure, what had been asked for before it was seen is not executed.
        if (request.Received < _abortedUntil) return new JsonObject { ["status"] = "aborted", ["execution_count"] = _count };
        string code = request.Text("code") ?? "";
        bool silent = request.Flag("silent", false);
        if (!silent && !string.IsNullOrWhiteSpace(code) && request.Flag("store_history", true)) history.Add(++_count, code);

        // Whoever sees that the cell has begun can interrupt it. Not disposed, since an interrupt may come late.
        CancellationTokenSource interrupt = new();
        Volatile.Write(ref _running, interrupt);
        try
        {
            if (!silent) iopub.Publish("execute_input", request, new JsonObject { ["code"] = code, ["execution_count"] = _count });
            JsonObject reply = await RunAsync(request, code, silent, interrupt.Token);
            reply["execution_count"] = _count;
            return reply;
        }
        finally
        {
            Volatile.Write(ref _running, null);
        }
    }

    private async Task<JsonObject> RunAsync(JupyterMessage request, string code, bool silent, CancellationToken cancellation)
    {
        ExecutingCell? cell = null;
        cell = new ExecutingCell(request, iopub, session, _plotly, silent ? null : _count, inputs.ReaderFor(request, () => cell!.Flush(), cancellation), cancellation);
        CellError? error = await _cells.RunAsync(code, $"cell {_count}", cell);
        JsonObject expressions = error is null ? await EvaluateAsync(request, cell) : [];
        cell.Finish(error);
        if (cell.ResultText is { } text && request.Flag("store_history", true)) history.AddOutput(_count, text);
        if (error is null) return new JsonObject { ["status"] = "ok", ["payload"] = new JsonArray(), ["user_expressions"] = expressions };
        if (request.Flag("stop_on_error", true)) _abortedUntil = Stopwatch.GetTimestamp();
        JsonObject reply = IoPub.Error(error);
        reply["status"] = "error";
        return reply;
    }

    /// <summary>Evaluates the expressions that a front end wants to know beside the cell.</summary>
    private async Task<JsonObject> EvaluateAsync(JupyterMessage request, ICellHost host)
    {
        JsonObject values = [];
        if (!request.Content.TryGetProperty("user_expressions", out JsonElement expressions) || expressions.ValueKind != JsonValueKind.Object) return values;
        foreach (JsonProperty expression in expressions.EnumerateObject())
        {
            MimeBundle? bundle = null;
            CellResult result = await session.ExecuteAsync(expression.Value.ToString(), host, "expression");
            CellError? error = result.Error ?? await session.RunAsync(() => Task.FromResult(bundle = Formatters.Format(result.Value)), host, "expression", "");
            JsonObject value = error is null
                ? new JsonObject { ["status"] = "ok", ["data"] = IoPub.Data(bundle!), ["metadata"] = new JsonObject() }
                : IoPub.Error(error);
            if (error is not null) value["status"] = "error";
            values[expression.Name] = value;
        }

        return values;
    }
}
