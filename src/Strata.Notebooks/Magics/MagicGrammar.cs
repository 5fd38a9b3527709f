using System.CommandLine;

namespace Strata.Notebooks;

/// <summary>What can follow the word of a magic command.</summary>
/// <param name="Name">The option with its dashes, or the name under which help lists an argument.</param>
/// <param name="Summary">One line.</param>
/// <param name="IsArgument">Whether it is given by its place in the line, without a name.</param>
/// <param name="IsFlag">Whether it is an option that takes no value.</param>
/// <param name="MayRepeat">Whether it may be given several times.</param>
public sealed record MagicParameter(string Name, string Summary, bool IsArgument, bool IsFlag, bool MayRepeat);

/// <summary>A magic command as hosts with a grammar of their own are told of it.</summary>
/// <param name="Name">The word, with <c>#!</c>.</param>
/// <param name="Summary">One line.</param>
/// <param name="Parameters">Arguments, then options, each in the order of the command's help.</param>
public sealed record MagicSignature(string Name, string Summary, IReadOnlyList<MagicParameter> Parameters);

/// <summary>The grammar of all magic commands as data, read from the one that parses them.</summary>
public static class MagicGrammar
{
    /// <summary>Every command, in the order in which they are listed for users.</summary>
    public static IReadOnlyList<MagicSignature> All { get; } = MagicCommands.All
        .Select(command => new MagicSignature(command.Name, command.Summary, [.. command.Syntax.Arguments.Select(Of), .. command.Syntax.Options.Select(Of)]))
        .ToArray();

    private static MagicParameter Of(Argument argument) => new(argument.Name, argument.Description ?? "", IsArgument: true, IsFlag: false, argument.Arity.MaximumNumberOfValues > 1);

    // The parser lets a flag have "true" or "false" after it, and an option that is given several times have several values.
    private static MagicParameter Of(Option option) => new(option.Name, option.Description ?? "", IsArgument: false,
        IsFlag: option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0, option.Arity.MaximumNumberOfValues > 1);
}
