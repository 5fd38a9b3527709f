using System.CommandLine;

namespace Strata.Cli.Commands;

/// <summary>Makes the command of a verb.</summary>
internal static class Verb
{
    /// <summary>A command whose work runs beside the thread that waits for Ctrl-C.</summary>
    public static Command Create(string name, string description, IEnumerable<Symbol> symbols, Action<ParseResult, CancellationToken> run)
    {
        Command command = new(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        command.SetAction((parse, cancellation) => Task.Run(() => run(parse, cancellation), CancellationToken.None));
        return command;
    }
}
