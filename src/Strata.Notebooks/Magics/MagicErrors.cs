using System.CommandLine;
using System.CommandLine.Parsing;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Turns what is wrong with a line into one message with suggestions.</summary>
internal static class MagicErrors
{
    /// <summary>The failure to raise; null when the line is well formed.</summary>
    public static StrataException? Find(MagicCommand command, ParseResult parsed)
    {
        // The parser takes a mistyped option for an argument where it can, so arguments that look like options come first.
        string[] strangers = [.. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value).Where(LooksLikeOption), .. parsed.UnmatchedTokens];
        List<string> problems = strangers.Select(token => Stranger(command, token)).ToList();
        // Its own errors repeat unmatched tokens, and after a mistyped option they mislead; what remains are missing or unreadable values.
        if (!strangers.Any(LooksLikeOption)) problems.AddRange(parsed.Errors.Select(e => Readable(e.Message)).Where(m => !strangers.Any(token => m.Contains($"'{token}'", StringComparison.Ordinal))));
        return problems.Count == 0 ? null : new StrataException($"{string.Join(" ", problems.Distinct())} See {command.Name} --help.");
    }

    private static string Stranger(MagicCommand command, string token)
    {
        if (!LooksLikeOption(token)) return $"{command.Name} does not expect \"{Escape.Clip(token, 60)}\" here; values with spaces need double quotes.";
        string name = token.Split('=', ':')[0];
        return $"{command.Name} has no option \"{Escape.Clip(name, 60)}\". {NearestNames.Suggest(name, command.Syntax.Options.Select(o => o.Name))}";
    }

    /// <summary>The parser's message with the name of a .NET type said in words.</summary>
    private static string Readable(string message)
    {
        int type = message.IndexOf(" as expected type", StringComparison.Ordinal);
        if (type < 0) return message;
        return $"{message[..type]}: a {(message.AsSpan(type).Contains("Int", StringComparison.Ordinal) ? "whole number" : "number")} is expected.";
    }

    private static bool LooksLikeOption(string token) => token.Length > 2 && token.StartsWith("--", StringComparison.Ordinal);
}
