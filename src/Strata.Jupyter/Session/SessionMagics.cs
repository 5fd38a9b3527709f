using Strata.Models;
using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>Magic commands over the C# session of one run: each sees the variables that the other made.</summary>
public sealed class SessionMagics : IMagicRunner
{
    private StrataSession? _results;
    private MagicCommands? _commands;

    /// <summary>The model that commands use unless told otherwise; null while there is none.</summary>
    public Model? CurrentModel => _results?.Find(_results.CurrentModel) as Model;

    /// <summary>The commands over the variables of a session; the first session counts.</summary>
    public MagicCommands Over(CSharpSession session)
    {
        _results ??= new StrataSession(name => session.TryGetVariable(name, out object? value) ? value : null, () => session.VariableNames);
        return _commands ??= new MagicCommands(_results);
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(string line, INotebookHost host, CSharpSession session) => Over(session).ExecuteAsync(line, host);
}
