using System.Text;
using System.Text.Json.Nodes;
using Strata.Jupyter.Protocol;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>
/// The host of one execution: what its code shows and writes goes to the front end under the request that asked for it, also from work that outlives the cell.
/// Text is gathered for a moment before it is sent, so that a flood of lines becomes a stream of few messages, in order with everything else.
/// </summary>
internal sealed class ExecutingCell : ICellHost
{
    /// <summary>Characters of console text allowed for one cell.</summary>
    public const int TextBudget = 16 << 20;

    private const int GatherMilliseconds = 40, GatherCharacters = 32 << 10;

    private readonly JupyterMessage _request;
    private readonly IoPub _iopub;
    private readonly CSharpSession _session;
    private readonly PlotlyScript _plotly;
    private readonly string _code;
    private readonly int? _count;
    private readonly CellInput _input;
    private readonly string _progressId = Guid.NewGuid().ToString("N");
    private readonly ProgressDisplay _progress;
    private readonly Timer _gather;
    private readonly Lock _order = new();
    private readonly StringBuilder _text = new();
    private bool _progressShown;
    private StandardStream _stream;
    private int _written;
    private bool _silenced;

    /// <summary>A cell.</summary>
    /// <param name="request">The request that asked for it.</param>
    /// <param name="iopub">Where outputs go.</param>
    /// <param name="session">Takes declared results.</param>
    /// <param name="plotly">Sends plotly.js before the first figure.</param>
    /// <param name="count">The execution count; null when the value of the cell is not to be shown.</param>
    /// <param name="input">What the cell reads.</param>
    /// <param name="cancellation">Interrupts it.</param>
    public ExecutingCell(JupyterMessage request, IoPub iopub, CSharpSession session, PlotlyScript plotly, int? count, CellInput input, CancellationToken cancellation)
    {
        (_request, _iopub, _session, _plotly, _count, _input, Cancellation) = (request, iopub, session, plotly, count, input, cancellation);
        _code = request.Text("code") ?? "";
        _progress = new ProgressDisplay(DrawProgress);
        _gather = new Timer(_ => Flush());
    }

    /// <inheritdoc/>
    public CancellationToken Cancellation { get; }

    /// <inheritdoc/>
    public IProgress<WorkProgress> Progress => _progress;

    /// <inheritdoc/>
    public TextReader Input => _input;

    /// <summary>The text of the cell's value; null when it has none.</summary>
    public string? ResultText { get; private set; }

    /// <inheritdoc/>
    public void Declare(string name, object value) => _session.Declare(name, value);

    /// <inheritdoc/>
    public void Display(MimeBundle output) => Show(output, "display_data");

    /// <inheritdoc/>
    public void Show(object? value, string? displayId = null) => Show(Formatters.Format(value), "display_data", displayId);

    /// <inheritdoc/>
    public void Update(string displayId, object? value) => Show(Formatters.Format(value), "update_display_data", displayId);

    /// <inheritdoc/>
    public void ShowResult(object? value)
    {
        if (_count is null) return;
        MimeBundle result = Formatters.Format(value);
        ResultText = result.Renderings.GetValueOrDefault(MimeBundle.PlainText);
        Show(result, "execute_result");
    }

    /// <inheritdoc/>
    public string ReadPassword(string prompt) => _input.ReadPassword(prompt);

    /// <inheritdoc/>
    public void Clear(bool wait) => Send("clear_output", new JsonObject { ["wait"] = wait });

    /// <inheritdoc/>
    public void Write(StandardStream stream, string text)
    {
        lock (_order)
        {
            if (_silenced || _written > TextBudget) return;
            if (_stream != stream) SendText();
            _stream = stream;
            int room = TextBudget - _written;
            _written += text.Length;
            if (_text.Length == 0) _gather.Change(GatherMilliseconds, Timeout.Infinite);
            _text.Append(text.AsSpan(0, Math.Min(room, text.Length)));
            if (_text.Length >= GatherCharacters) SendText();
            if (text.Length <= room) return;
            SendText();
            _stream = StandardStream.Error;
            _text.Append($"\n[Console text beyond {Renderings.Size(TextBudget)} is left out here. Write long text to a file.]\n");
            SendText();
        }
    }

    /// <summary>Sends the text gathered so far.</summary>
    public void Flush()
    {
        lock (_order) SendText();
    }

    /// <summary>Ends the cell: its last text, the final state of its progress, its failure. After an interrupt nothing of it is shown any more.</summary>
    public void Finish(CellError? error)
    {
        bool interrupted = Cancellation.IsCancellationRequested;
        _progress.Finish(completed: error is null);
        lock (_order)
        {
            SendText();
            if (error is not null && _count is not null) _iopub.Publish("error", _request, IoPub.Error(error));
            _silenced = interrupted;
        }
    }

    private void Show(MimeBundle bundle, string type, string? displayId = null)
    {
        (MimeBundle kept, string? notice) = Renderings.Fit(bundle);
        if (kept.Renderings.ContainsKey(MimeBundle.Plotly) && _plotly.DueFor(_code) is { } script) Send("display_data", new JsonObject { ["data"] = IoPub.Data(script), ["metadata"] = new JsonObject() });
        if (kept.Renderings.Count > 0)
        {
            JsonObject content = new() { ["data"] = IoPub.Data(kept), ["metadata"] = Renderings.Metadata(kept) };
            if (type == "execute_result") content["execution_count"] = _count;
            if (displayId is not null) content["transient"] = new JsonObject { ["display_id"] = displayId };
            Send(type, content);
        }

        if (notice is not null) Write(StandardStream.Error, notice);
    }

    private void DrawProgress(MimeBundle output)
    {
        JsonObject content = new() { ["data"] = IoPub.Data(output), ["metadata"] = new JsonObject(), ["transient"] = new JsonObject { ["display_id"] = _progressId } };
        Send(_progressShown ? "update_display_data" : "display_data", content);
        _progressShown = true;
    }

    private void Send(string type, JsonObject content)
    {
        lock (_order)
        {
            if (_silenced) return;
            SendText();
            _iopub.Publish(type, _request, content);
        }
    }

    private void SendText()
    {
        if (_text.Length == 0 || _silenced) return;
        _iopub.Publish("stream", _request, new JsonObject { ["name"] = _stream == StandardStream.Error ? "stderr" : "stdout", ["text"] = _text.ToString() });
        _text.Clear();
    }
}
