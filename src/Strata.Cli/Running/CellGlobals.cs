using System.Collections.Concurrent;
using System.ComponentModel;
using Strata.Models;

namespace Strata.Cli.Running;

/// <summary>The names that every C# cell finds in scope. Their spelling is that of notebook hosts, hence lower case.</summary>
public sealed class CellGlobals
{
    private ICellHost? _host;

    /// <summary>Cancelled when the cell is interrupted or runs out of time; hand it to long work.</summary>
    public CancellationToken cancellation => Host.Cancellation;

    /// <summary>Where long work reports how far it is.</summary>
    public IProgress<WorkProgress> progress => Host.Progress;

    /// <summary>Values on their way into C# variables. For generated code.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public IDictionary<string, object?> __values { get; } = new ConcurrentDictionary<string, object?>();

    internal ICellHost Host
    {
        get => _host ?? throw new InvalidOperationException("No cell is running.");
        set => _host = value;
    }

    /// <summary>Shows a value below the cell, formatted as the cell's last expression would be.</summary>
    public void display(object? value) => Host.Show(value);
}
