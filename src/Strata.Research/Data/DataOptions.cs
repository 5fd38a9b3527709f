using Strata.Models;

namespace Strata.Research;

/// <summary>How to read a data set.</summary>
public sealed record DataOptions
{
    /// <summary>The column of a table, or the field of a JSON row, that holds the text.</summary>
    public string TextColumn { get; init; } = "text";

    /// <summary>The part of a data set of the hub, such as <c>train</c>; null where it has one part alone.</summary>
    public string? Split { get; init; }

    /// <summary>Told what will be downloaded before it is; on standard error by default.</summary>
    public Action<string> Announce { get; init; } = Console.Error.WriteLine;

    /// <summary>Told during a download.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
