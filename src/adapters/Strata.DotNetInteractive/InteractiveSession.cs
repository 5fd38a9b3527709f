using System.Runtime.CompilerServices;
using Strata.Models;
using Strata.Notebooks;

namespace Strata.DotNetInteractive;

/// <summary>
/// Strata in one kernel process of .NET Interactive: runs magic commands as the other hosts do. It refers to nothing of that host, because the host's builds are not
/// binary compatible with each other; <c>extension.dib</c>, which the host compiles when it loads the package, connects the two.
/// </summary>
/// <param name="find">The value of a variable of the C# kernel; null where there is none.</param>
/// <param name="declare">Makes a value a variable of the C# kernel, of the given public type.</param>
/// <param name="names">The names of the C# kernel's variables.</param>
public sealed class InteractiveSession(Func<string, object?> find, Action<string, object, Type> declare, Func<IEnumerable<string>> names)
{
    private readonly MagicCommands _commands = new(new StrataSession(find, names));
    private readonly ConditionalWeakTable<object, ProgressDisplay> _progress = [];

    static InteractiveSession() => PrivateAssemblies.Enable();

    /// <summary>The magic commands to register.</summary>
    public static IReadOnlyList<MagicSignature> Magics => MagicGrammar.All;

    /// <summary>What the value of an option or argument could be.</summary>
    /// <param name="magic">The command's word, with <c>#!</c>.</param>
    /// <param name="parameter">The option with its dashes, or the argument's name.</param>
    public IEnumerable<string> ValuesOf(string magic, string parameter) => _commands.ValuesOf(magic, parameter).Select(candidate => candidate.Text);

    /// <summary>Runs a magic command. Never throws for what the command does: a failure is reported through the context.</summary>
    /// <param name="command">The host's description of the command, from which the line is read; see <see cref="DirectiveLine"/>.</param>
    /// <param name="context">The invocation.</param>
    public async Task RunAsync(string? command, InteractiveContext context)
    {
        // The host goes on with the next command of a cell although one has failed; its context is cancelled then.
        if (context.Cancellation.IsCancellationRequested)
        {
            context.Fail(null, "Not run: the cell was stopped, or an earlier command of it failed.");
            return;
        }

        ProgressDisplay progress = new(context.Draw);
        try
        {
            string line = DirectiveLine.Of(command);
            InteractiveCell cell = new(context, progress, (name, value) => declare(name, value, PublicType.Of(value)));
            await Task.Run(() => _commands.ExecuteAsync(line, cell), CancellationToken.None);
            progress.Finish(completed: true);
        }
        catch (OperationCanceledException e) when (context.Cancellation.IsCancellationRequested)
        {
            progress.Finish(completed: false);
            context.Fail(e, "The command was stopped.");
        }
        catch (Exception e)
        {
            progress.Finish(completed: false);
            context.Fail(e, e is StrataException ? e.Message : null);
        }
    }

    /// <summary>Where C# cells report how far long work is: one display for each cell.</summary>
    /// <param name="cell">The host's object for the running cell.</param>
    /// <param name="context">Makes what the display needs of it.</param>
    /// <param name="atEnd">Has an action called when the cell ends, while it may still show something.</param>
    public IProgress<WorkProgress> ProgressOf(object cell, Func<InteractiveContext> context, Action<Action> atEnd) => _progress.GetValue(cell, _ =>
    {
        InteractiveContext made = context();
        ProgressDisplay display = new(made.Draw);
        atEnd(() => display.Finish(completed: !made.Cancellation.IsCancellationRequested));
        return display;
    });
}
