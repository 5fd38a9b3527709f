using Strata.Models;

namespace Strata.Notebooks;

/// <summary>What Strata asks of a host: show something, draw progress, pass on cancellation, give a result a name. Each host implements it over its own protocol.</summary>
public interface INotebookHost
{
    /// <summary>Cancelled when the user interrupts the cell.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Shows an output below the cell.</summary>
    void Display(MimeBundle output);

    /// <summary>Where long work reports how far it is; the host draws rate, time left and how to cancel.</summary>
    IProgress<WorkProgress> Progress { get; }

    /// <summary>Makes a result available to the cells that follow, under a name that is valid in C#.</summary>
    void Declare(string name, object value);
}
