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
    void Show(object? value);

    /// <summary>Formats the value of the cell's last expression and shows it.</summary>
    void ShowResult(object? value);

    /// <summary>Takes away the outputs that the cell has so far.</summary>
    /// <param name="wait">Whether to wait until the next output is there to take their place.</param>
    void Clear(bool wait);

    /// <summary>What the cell reads from the console.</summary>
    TextReader Input { get; }
}
