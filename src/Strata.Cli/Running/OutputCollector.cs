using System.Collections.Concurrent;
using System.Text;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Cli.Running;

/// <summary>The host of one cell in a headless run: collects its outputs in order, within a size that a notebook file can bear.</summary>
/// <param name="session">Takes declared results.</param>
/// <param name="format">Renders values.</param>
/// <param name="progress">Draws progress.</param>
/// <param name="displays">The outputs of the run that can be given another value, with the cells that showed them.</param>
/// <param name="cancellation">Interrupts the cell.</param>
internal sealed class OutputCollector(
    CSharpSession session,
    Func<object?, MimeBundle> format,
    IProgress<WorkProgress> progress,
    ConcurrentDictionary<string, OutputCollector> displays,
    CancellationToken cancellation) : ICellHost
{
    /// <summary>Characters allowed for all console text of a cell.</summary>
    public const int Budget = 1 << 20;

    private readonly List<CellOutput> _outputs = [];
    private readonly Dictionary<string, CellOutput> _displays = [];
    private readonly StringBuilder _text = new();
    private StandardStream _stream;
    private int _written;
    private bool _finished;

    /// <inheritdoc/>
    public CancellationToken Cancellation => cancellation;

    /// <inheritdoc/>
    public IProgress<WorkProgress> Progress => progress;

    /// <inheritdoc/>
    public void Declare(string name, object value) => session.Declare(name, value);

    /// <inheritdoc/>
    public void Display(MimeBundle output) => Add(output, isResult: false);

    /// <inheritdoc/>
    public void Show(object? value, string? displayId = null) => Add(format(value), isResult: false, displayId);

    /// <inheritdoc/>
    public void Update(string displayId, object? value)
    {
        MimeBundle bundle = format(value);
        lock (_outputs)
            if (_finished) return;
        if (displays.TryGetValue(displayId, out OutputCollector? owner)) owner.Replace(displayId, bundle);
    }

    /// <summary>Called with all outputs when a later cell has changed one of them.</summary>
    public Action<IReadOnlyList<CellOutput>>? Revised { get; set; }

    /// <inheritdoc/>
    public void ShowResult(object? value) => Add(format(value), isResult: true);

    /// <inheritdoc/>
    public TextReader Input { get; } = Console.In;

    /// <inheritdoc/>
    public string ReadPassword(string prompt) =>
        throw new StrataException("The cell asks for a password, and a headless run has nobody to ask. Read it from an environment variable instead.");

    /// <inheritdoc/>
    public void Clear(bool wait)
    {
        lock (_outputs)
        {
            _text.Clear();
            _outputs.Clear();
        }
    }

    /// <inheritdoc/>
    public void Write(StandardStream stream, string text)
    {
        lock (_outputs)
        {
            if (_finished || _written > Budget) return;
            if (_stream != stream) EndText();
            _stream = stream;
            int room = Budget - _written;
            _written += text.Length;
            _text.Append(text.AsSpan(0, Math.Min(room, text.Length)));
            if (text.Length <= room) return;
            EndText();
            _stream = StandardStream.Error;
            _text.Append($"\n[Console text beyond {Renderings.Size(Budget)} is left out here. Write long text to a file.]\n");
        }
    }

    /// <summary>Everything collected; what still comes from code that was left behind is dropped.</summary>
    /// <param name="error">Why the cell failed; null when it did not.</param>
    public IReadOnlyList<CellOutput> Finish(CellError? error)
    {
        lock (_outputs)
        {
            EndText();
            if (error is not null) _outputs.Add(new ErrorOutput(error));
            _finished = true;
            return _outputs;
        }
    }

    private void Add(MimeBundle bundle, bool isResult, string? displayId = null)
    {
        (MimeBundle kept, string? notice) = Renderings.Fit(bundle);
        lock (_outputs)
        {
            if (_finished) return;
            EndText();
            if (kept.Renderings.Count > 0) _outputs.Add(new DisplayOutput(kept, Renderings.Metadata(kept), isResult));
            if (kept.Renderings.Count > 0 && displayId is not null)
            {
                _displays[displayId] = _outputs[^1];
                displays[displayId] = this;
            }

            if (notice is not null) _outputs.Add(new StreamOutput(StandardStream.Error, notice));
        }
    }

    private void Replace(string displayId, MimeBundle bundle)
    {
        (MimeBundle kept, string? notice) = Renderings.Fit(bundle);
        lock (_outputs)
        {
            int at = _displays.TryGetValue(displayId, out CellOutput? shown) ? _outputs.FindIndex(output => ReferenceEquals(output, shown)) : -1;
            if (at < 0) return;
            _outputs[at] = _displays[displayId] = kept.Renderings.Count > 0 ? new DisplayOutput(kept, Renderings.Metadata(kept), IsResult: false) : new StreamOutput(StandardStream.Error, notice ?? "");
            Revised?.Invoke(_outputs);
        }
    }

    private void EndText()
    {
        if (_text.Length == 0) return;
        _outputs.Add(new StreamOutput(_stream, _text.ToString()));
        _text.Clear();
    }
}
