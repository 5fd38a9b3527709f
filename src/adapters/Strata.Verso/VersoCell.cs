using Strata.Models;
using Strata.Notebooks;
using Verso.Abstractions;

namespace Strata.Verso;

/// <summary>A cell in Verso as a host of Strata. Progress is not drawn: an output of a magic command cannot be updated there.</summary>
internal sealed class VersoCell(IMagicCommandContext context, Action<string, object> declare) : INotebookHost, IProgress<WorkProgress>
{
    public CancellationToken Cancellation => context.CancellationToken;

    public IProgress<WorkProgress> Progress => this;

    // The caller is a thread of the pool, which may wait.
    public void Display(MimeBundle output) => context.WriteOutputAsync(VersoOutput.Of(output.Renderings)).GetAwaiter().GetResult();

    public void Declare(string name, object value) => declare(name, value);

    public void Report(WorkProgress value)
    {
    }
}
