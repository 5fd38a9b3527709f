using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>Runs the magic commands of a cell: the lines that begin with <c>#!</c>.</summary>
public interface IMagicRunner
{
    /// <summary>Whether a line that begins with <c>#!</c> calls a magic command that exists.</summary>
    bool IsMagic(string line);

    /// <summary>Runs the command. It shows and declares through <paramref name="host"/> and throws when it fails.</summary>
    /// <param name="line">The line, with <c>#!</c>.</param>
    /// <param name="host">The host of the cell.</param>
    /// <param name="session">The session, in which the command may look up variables.</param>
    Task ExecuteAsync(string line, INotebookHost host, CSharpSession session);
}
