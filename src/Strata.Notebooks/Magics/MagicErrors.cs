using System.CommandLine;
using System.CommandLine.Parsing;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Turns what the parser found wrong with a line into one message with suggestions.</summary>
internal static class MagicErrors
{
    public static StrataException From(MagicCommand command, ParseResult parsed)
    {
        string[] options = command.Syntax.Options.Select(o => o.Name).ToArray();
        List<string> problems = [];
        foreach (string token in parsed.UnmatchedTokens)
        {
            bool isOption = token.StartsWith("--", StringComparison.Ordinal) && token.Length > 2;
            string name = isOption ? token.Split('=', ':')[0] : token;
            problems.Add(isOption
                ? $"{command.Name} has no option \"{Escape.Clip(name, 60)}\". {NearestNames.Suggest(name, options)}"
                : $"{command.Name} does not expect \"{Escape.Clip(token, 60)}\" here; values with spaces need double quotes.");
        }

        // The parser repeats unmatched tokens among its errors; what remains are missing or unreadable values.
        foreach (ParseError error in parsed.Errors)
        {
            if (!parsed.UnmatchedTokens.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))) problems.Add(error.Message);
        }

        return new StrataException($"{string.Join(" ", problems.Distinct())} See {command.Name} --help.");
    }
}
