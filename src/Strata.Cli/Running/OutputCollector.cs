using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
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
    /// <summary>Characters allowed for all renderings of one display, and for all console text of a cell.</summary>
    public const int Budget = 1 << 20;

    private static readonly JsonSerializerOptions ProvenanceJson = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

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

    /// <summary>Shows the value of the cell's last expression.</summary>
    public void ShowResult(object? value) => Add(format(value), isResult: true);

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
            _text.Append($"\n[Console text beyond {Size(Budget)} is left out here. Write long text to a file.]\n");
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
        foreach ((string mime, string content) in bundle.Renderings)
            if (CellOutput.IsJsonMime(mime)) RequireJson(mime, content);
        (MimeBundle kept, string? notice) = Fit(bundle);
        lock (_outputs)
        {
            if (_finished) return;
            EndText();
            if (kept.Renderings.Count > 0) _outputs.Add(new DisplayOutput(kept, Metadata(bundle), isResult));
            if (notice is not null) _outputs.Add(new StreamOutput(StandardStream.Error, notice));
        }
    }

    private void EndText()
    {
        if (_text.Length == 0) return;
        _outputs.Add(new StreamOutput(_stream, _text.ToString()));
        _text.Clear();
    }

    /// <summary>Leaves out the largest renderings until the rest is within the budget, and says so.</summary>
    private static (MimeBundle Kept, string? Notice) Fit(MimeBundle bundle)
    {
        Dictionary<string, string> kept = new(bundle.Renderings);
        List<string> left = [];
        foreach ((string mime, string content) in bundle.Renderings.OrderByDescending(pair => pair.Value.Length))
        {
            if (kept.Values.Sum(text => (long)text.Length) <= Budget) break;
            kept.Remove(mime);
            left.Add($"{mime} of {Size(content.Length)}");
        }

        if (left.Count == 0) return (bundle, null);
        string rest = kept.Count == 0 ? "nothing of it is shown" : $"shown are {string.Join(", ", kept.Keys)}";
        return (new MimeBundle(kept), $"[An output is larger than {Size(Budget)}: {string.Join(", ", left)} left out; {rest}. Show fewer rows or points, or write it to a file.]\n");
    }

    private static string Size(int characters) => FormattableString.Invariant($"{characters / 1048576.0:0.#} MB");

    private static void RequireJson(string mime, string content)
    {
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(content);
        }
        catch (JsonException e)
        {
            throw new StrataException($"The rendering {mime} of an output is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Where the output came from travels with it.</summary>
    private static JsonObject Metadata(MimeBundle bundle) => bundle.Provenance is null
        ? []
        : new JsonObject { [DisplayOutput.ProvenanceKey] = JsonSerializer.SerializeToNode(bundle.Provenance, ProvenanceJson) };
}
