using Strata.Models;
using Strata.Notebooks;

namespace Strata.DotNetInteractive;

/// <summary>The notebook host of one command: what the command shows, reports and declares, said in the terms of .NET Interactive's invocation context.</summary>
/// <param name="context">The context.</param>
/// <param name="progress">Draws the progress of the command's work.</param>
/// <param name="declare">Makes a result a C# variable.</param>
internal sealed class InteractiveCell(InteractiveContext context, IProgress<WorkProgress> progress, Action<string, object> declare) : INotebookHost
{
    /// <inheritdoc/>
    public CancellationToken Cancellation => context.Cancellation;

    /// <inheritdoc/>
    public IProgress<WorkProgress> Progress => progress;

    /// <inheritdoc/>
    public void Display(MimeBundle output) => context.Display(DisplayedTypes.Fit(output));

    /// <inheritdoc/>
    public void Declare(string name, object value) => declare(name, value);
}
