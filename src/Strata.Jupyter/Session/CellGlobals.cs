using System.Collections.Concurrent;
using System.ComponentModel;
using Strata.Models;

namespace Strata.Jupyter.Session;

/// <summary>The names that every C# cell finds in scope. Their spelling is that of notebook hosts, hence lower case.</summary>
public sealed class CellGlobals
{
    private ICellHost? _latest;

    /// <summary>Cancelled when the cell is interrupted or runs out of time; hand it to long work.</summary>
    public CancellationToken cancellation => CellScope.Current?.Cancellation ?? Host.Cancellation;

    /// <summary>Where long work reports how far it is.</summary>
    public IProgress<WorkProgress> progress => Host.Progress;

    /// <summary>Values on their way into C# variables. For generated code.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public IDictionary<string, object?> __values { get; } = new ConcurrentDictionary<string, object?>();

    /// <summary>Background work keeps the host of the cell that started it; where no context flows, the latest cell's host serves.</summary>
    internal ICellHost Host
    {
        get => CellScope.Current?.Host ?? _latest ?? throw new InvalidOperationException("No cell is running.");
        set => _latest = value;
    }

    /// <summary>Shows a value below the cell, formatted as the cell's last expression would be.</summary>
    /// <returns>The output, which can be given another value.</returns>
    public DisplayHandle display(object? value)
    {
        string id = Guid.NewGuid().ToString("N");
        Host.Show(value, id);
        return new DisplayHandle(this, id);
    }

    /// <summary>Asks in the front end for a line that is not shown while it is typed; it stands in no output and in no history.</summary>
    public string password(string prompt = "Password: ") => Host.ReadPassword(prompt);

    /// <summary>Takes away the outputs that the cell has so far.</summary>
    /// <param name="wait">Whether to wait until the next output is there to take their place, which avoids flicker.</param>
    public void clear_output(bool wait = false) => Host.Clear(wait);
}
