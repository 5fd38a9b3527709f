using Strata.Models;

namespace Strata.Notebooks.Tests;

/// <summary>A host that remembers what was shown and declared.</summary>
internal sealed class FakeHost : INotebookHost, IProgress<WorkProgress>
{
    private readonly CancellationTokenSource _cancellation = new();

    public List<MimeBundle> Outputs { get; } = [];

    public Dictionary<string, object> Variables { get; } = [];

    public List<WorkProgress> Reports { get; } = [];

    /// <summary>Cancel at the first report of progress.</summary>
    public bool CancelOnProgress { get; init; }

    public CancellationToken Cancellation => _cancellation.Token;

    public IProgress<WorkProgress> Progress => this;

    public string Text => string.Join("\n", Outputs.Select(o => o.Renderings[MimeBundle.PlainText]));

    public string Html => string.Join("\n", Outputs.Select(o => o.Renderings[MimeBundle.Html]));

    public void Display(MimeBundle output) => Outputs.Add(output);

    public void Declare(string name, object value) => Variables[name] = value;

    public void Report(WorkProgress value)
    {
        Reports.Add(value);
        if (CancelOnProgress) _cancellation.Cancel();
    }
}
