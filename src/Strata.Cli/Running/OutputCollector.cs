using System.Text;
using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Cli.Running;

/// <summary>The host of one cell in a headless run: collects its outputs in order, within a size that a notebook file can bear.</summary>
/// <param name="session">Takes declared results.</param>
/// <param name="format">Renders values.</param>
/// <param name="progress">Draws progress.</param>
/// <param name="cancellation">Interrupts the cell.</param>
internal sealed class OutputCollector(CSharpSession session, Func<object?, MimeBundle> format, IProgress<WorkProgress> progress, CancellationToken cancellation) : ICellHost
{
    /// <summary>Characters allowed for all console text of a cell.</summary>
    public const int Budget = 1 << 20;

    private readonly List<CellOutput> _outputs = [];
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
    public void Show(object? value) => Add(format(value), isResult: false);

    /// <inheritdoc/>
    public void ShowResult(object? value) => Add(format(value), isResult: true);

    /// <inheritdoc/>
    public TextReader Input { get; } = Console.In;

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

    private void Add(MimeBundle bundle, bool isResult)
    {
        (MimeBundle kept, string? notice) = Renderings.Fit(bundle);
        lock (_outputs)
        {
            if (_finished) return;
            EndText();
            if (kept.Renderings.Count > 0) _outputs.Add(new DisplayOutput(kept, Renderings.Metadata(kept), isResult));
            if (notice is not null) _outputs.Add(new StreamOutput(StandardStream.Error, notice));
        }
    }

    private void EndText()
    {
        if (_text.Length == 0) return;
        _outputs.Add(new StreamOutput(_stream, _text.ToString()));
        _text.Clear();
    }
}
