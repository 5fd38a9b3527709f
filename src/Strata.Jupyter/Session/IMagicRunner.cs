using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>Runs the magic commands of a cell: the lines that begin with <c>#!</c>.</summary>
public interface IMagicRunner
{
    /// <summary>Runs the command. It shows and declares through <paramref name="host"/> and throws when it fails or when there is no such command.</summary>
    /// <param name="line">The line, with <c>#!</c>.</param>
    /// <param name="host">The host of the cell.</param>
    /// <param name="session">The session, in which the command may look up variables.</param>
    Task ExecuteAsync(string line, INotebookHost host, CSharpSession session);
}
