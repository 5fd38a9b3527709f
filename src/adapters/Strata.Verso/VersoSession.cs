using System.Runtime.CompilerServices;
using Strata.Notebooks;
using Verso.Abstractions;

namespace Strata.Verso;

/// <summary>The Strata session of one Verso notebook, which its variable store identifies: what commands make is in the store, and what cells put there commands find.</summary>
internal sealed class VersoSession
{
    private static readonly ConditionalWeakTable<IVariableStore, VersoSession> Sessions = [];

    private readonly IVariableStore _variables;
    private readonly MagicCommands _commands;
    private readonly Dictionary<string, List<WeakReference>> _declared = new(StringComparer.OrdinalIgnoreCase);

    private VersoSession(IVariableStore variables)
    {
        _variables = variables;
        _commands = new MagicCommands(new StrataSession(Find));
    }

    /// <summary>The session of a notebook.</summary>
    public static VersoSession Of(IVariableStore variables) => Sessions.GetValue(variables, static store => new VersoSession(store));

    /// <summary>Runs a command.</summary>
    /// <param name="line">The line, with <c>#!</c>.</param>
    /// <param name="context">The cell.</param>
    public async Task ExecuteAsync(string line, IMagicCommandContext context)
    {
        // A cell whose command failed or was cancelled must not go on.
        context.SuppressExecution = true;
        await _commands.ExecuteAsync(line, new VersoCell(context, Declare));
        context.SuppressExecution = false;
    }

    private void Declare(string name, object value)
    {
        if (!_declared.TryGetValue(name, out List<WeakReference>? values)) _declared[name] = values = [];
        values.Add(new WeakReference(value));
        _variables.Set(name, value);
    }

    /// <summary>
    /// What the store has under a name, unless that is an earlier result of a command: Verso's C# kernel takes a variable from the store once and puts it back after every
    /// cell, so an old result can come back over a newer one. Null then: the session knows the newer one.
    /// </summary>
    private object? Find(string name)
    {
        if (!_variables.TryGet(name, out object? value)) return null;
        return _declared.TryGetValue(name, out List<WeakReference>? values) && values.SkipLast(1).Any(old => ReferenceEquals(old.Target, value)) ? null : value;
    }
}
