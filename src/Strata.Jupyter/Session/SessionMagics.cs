using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>Magic commands over the C# session of one run: each sees the variables that the other made.</summary>
public sealed class SessionMagics : IMagicRunner
{
    private MagicCommands? _commands;

    /// <inheritdoc/>
    public Task ExecuteAsync(string line, INotebookHost host, CSharpSession session)
    {
        _commands ??= new MagicCommands(new StrataSession(name => session.TryGetVariable(name, out object? value) ? value : null));
        return _commands.ExecuteAsync(line, host);
    }
}
