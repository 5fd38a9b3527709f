using Strata.Notebooks;

namespace Strata.Cli.Running;

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
}
