using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>The two text streams of a cell, named as in nbformat.</summary>
public enum StandardStream
{
    /// <summary><c>stdout</c>.</summary>
    Output,

    /// <summary><c>stderr</c>.</summary>
    Error,
}

/// <summary>A notebook host that also takes what a C# cell writes and shows. Calls may come from any thread.</summary>
public interface ICellHost : INotebookHost
{
    /// <summary>Takes text that the cell wrote to the console, in the order of writing.</summary>
    void Write(StandardStream stream, string text);

    /// <summary>Formats a value and shows it below the cell.</summary>
    /// <param name="value">The value.</param>
    /// <param name="displayId">By what <see cref="Update"/> finds it; null when it is not to be found.</param>
    void Show(object? value, string? displayId = null);

    /// <summary>Formats a value and shows it in the place of one that this or an earlier cell of the session showed.</summary>
    /// <param name="displayId">By what it is found; nothing happens where it is not there any more.</param>
    /// <param name="value">The value.</param>
    void Update(string displayId, object? value);

    /// <summary>Formats the value of the cell's last expression and shows it.</summary>
    void ShowResult(object? value);

    /// <summary>Takes away the outputs that the cell has so far.</summary>
    /// <param name="wait">Whether to wait until the next output is there to take their place.</param>
    void Clear(bool wait);

    /// <summary>What the cell reads from the console.</summary>
    TextReader Input { get; }

    /// <summary>Asks for a line that is not shown while it is typed.</summary>
    /// <param name="prompt">The question.</param>
    /// <exception cref="Models.StrataException">There is nobody to ask.</exception>
    string ReadPassword(string prompt);
}
