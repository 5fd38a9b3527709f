namespace Strata.Jupyter.Session;

/// <summary>What a cell came to.</summary>
/// <param name="Value">The value of the last expression, or of <c>return</c>; null when there is none.</param>
/// <param name="HasValue">Whether the cell ends in a value; a value may be null.</param>
/// <param name="Error">Why the cell failed; null when it did not.</param>
public sealed record CellResult(object? Value, bool HasValue, CellError? Error)
{
    /// <summary>A cell that ran and ends in no value.</summary>
    public static CellResult Done { get; } = new(null, false, null);

    /// <summary>A cell that failed.</summary>
    public static CellResult Failed(CellError error) => new(null, false, error);
}

/// <summary>Why a cell failed, for people; the three texts are nbformat's <c>ename</c>, <c>evalue</c> and <c>traceback</c>.</summary>
/// <param name="Name">The kind of error: the exception's type, or <c>CompilationError</c>.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Traceback">Lines to show: the message, then the places, nearest first, without frames of the host.</param>
public sealed record CellError(string Name, string Message, IReadOnlyList<string> Traceback)
{
    /// <summary>The error of a cell that was stopped from outside.</summary>
    public static CellError Interrupted(string message) => new("Interrupted", message, [message]);
}
