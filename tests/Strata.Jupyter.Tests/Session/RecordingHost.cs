using Strata.Jupyter.Session;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.Jupyter.Tests.Session;

/// <summary>A host that writes down what it is told, in order.</summary>
internal sealed class RecordingHost(CSharpSession session, CancellationToken cancellation = default) : ICellHost, IProgress<WorkProgress>
{
    private readonly List<string> _shown = [];

    public List<string> Log { get; } = [];

    public CancellationToken Cancellation => cancellation;

    public IProgress<WorkProgress> Progress => this;

    public void Display(MimeBundle output) => Log.Add($"display {output.Renderings[MimeBundle.PlainText]}");

    public void Show(object? value, string? displayId = null)
    {
        if (displayId is not null) _shown.Add(displayId);
        Log.Add($"show {value}");
    }

    public void Update(string displayId, object? value) => Log.Add($"update {_shown.IndexOf(displayId)} {value}");

    public string ReadPassword(string prompt) => $"answer to {prompt}";

    public void ShowResult(object? value) => Log.Add($"result {value}");

    public void Clear(bool wait) => Log.Clear();

    public TextReader Input { get; init; } = TextReader.Null;

    public void Declare(string name, object value) => session.Declare(name, value);

    public void Write(StandardStream stream, string text) => Log.Add($"{stream} {text.TrimEnd()}");

    public void Report(WorkProgress value) => Log.Add($"progress {value.Done}/{value.Total}");
}
