using System.CommandLine;
using System.CommandLine.Help;

namespace Strata.Notebooks;

/// <summary>One magic command: its grammar, and what it does. Thin over the C# API.</summary>
internal abstract class MagicCommand
{
    private const int HelpWidth = 100;

    /// <summary>A command.</summary>
    /// <param name="name">Its word, with <c>#!</c>.</param>
    /// <param name="summary">One line for lists and help.</param>
    /// <param name="examples">Lines that work, for help.</param>
    protected MagicCommand(string name, string summary, params string[] examples)
    {
        Syntax = new Command(name, summary) { Options = { new HelpOption { Action = new HelpAction { MaxWidth = HelpWidth } } } };
        Examples = examples;
    }

    /// <summary>The word with <c>#!</c>.</summary>
    public string Name => Syntax.Name;

    /// <summary>One line.</summary>
    public string Summary => Syntax.Description!;

    /// <summary>Lines that work.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Arguments and options.</summary>
    public Command Syntax { get; }

    /// <summary>Does the work and shows the result.</summary>
    public abstract void Run(MagicCall call);

    /// <summary>Adds an option to the grammar.</summary>
    protected Option<T> Option<T>(string name, string description, string? valueName = null, ValueSource? values = null)
    {
        MagicOption<T> option = new(name) { Description = description, HelpName = valueName, Values = values };
        Syntax.Options.Add(option);
        return option;
    }

    /// <summary>Adds an argument to the grammar.</summary>
    protected Argument<T> Argument<T>(string name, string description, bool required, ValueSource? values = null)
    {
        MagicArgument<T> argument = new(name) { Description = description, Arity = required ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne, Values = values };
        Syntax.Arguments.Add(argument);
        return argument;
    }

    /// <summary>The option for the result's name.</summary>
    protected Option<string> NameOption(string usual) => Option<string>("--name", $"Name of the result for C# cells and other commands; \"{usual}\" by default.", "NAME");
}
