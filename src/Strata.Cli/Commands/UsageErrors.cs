using System.CommandLine;
using System.CommandLine.Parsing;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>Says what is wrong with a command line, and what would have been understood.</summary>
internal static class UsageErrors
{
    /// <summary>The first mistake in what was typed; null when the parser understood it all.</summary>
    public static string? Find(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parse.UnmatchedTokens.FirstOrDefault() is [not '-', ..] verb)
            return $"there is no verb \"{verb}\". {NearestNames.Suggest(verb, command.Subcommands.Select(c => c.Name))}";
        // A mistyped option is taken for an argument where one is missing, so arguments that look like options come first.
        string? option = Arguments(parse).Concat(parse.UnmatchedTokens).FirstOrDefault(token => token.Length > 1 && token[0] == '-');
        if (option is not null) return $"there is no option \"{option}\". {NearestNames.Suggest(option, OptionNames(parse))}";
        if (parse.UnmatchedTokens.Count > 0) return $"\"{parse.UnmatchedTokens[0]}\" is one argument too many.";
        if (parse.Errors.Count == 0) return null;
        return command.Subcommands.Count > 0 ? $"a verb is missing. Valid are: {string.Join(", ", command.Subcommands.Select(c => c.Name))}." : parse.Errors[0].Message;
    }

    private static IEnumerable<string> Arguments(ParseResult parse) =>
        parse.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens).Select(token => token.Value);

    private static IEnumerable<string> OptionNames(ParseResult parse) =>
        parse.CommandResult.Command.Options.Concat(parse.RootCommandResult.Command.Options.Where(o => o.Recursive)).Select(o => o.Name);
}
