using System.CommandLine;

namespace Strata.Notebooks;

/// <summary>Completes the line of a magic command: its word, options that are not given yet, and the values of options and arguments.</summary>
/// <param name="session">Where models, data and results are found.</param>
/// <param name="line">The line at the cursor.</param>
internal sealed class LineCompletion(StrataSession session, TypedLine line)
{
    /// <summary>What could stand at the cursor.</summary>
    public CompletionList Find()
    {
        if (line.Before.Count == 0) return Commands();
        if (MagicCommands.Find(line.Before[0]) is not { } command) return CompletionList.Empty;
        Command syntax = command.Syntax;
        if (!line.InQuotes && line.Word.StartsWith('-')) return line.Word.IndexOfAny(['=', ':']) is int end and > 0 ? AfterSign(syntax, end) : Options(syntax);
        if (OptionNamed(syntax, line.Before[^1]) is { } option && TakesValue(option))
        {
            CompletionList values = ValuesOf(option);
            return option.Arity.MinimumNumberOfValues > 0 || line.Word.Length > 0 ? values : Both(values, Options(syntax));
        }

        CompletionList arguments = syntax.Arguments.ElementAtOrDefault(ArgumentsBefore(syntax)) is { } argument ? ValuesOf(argument) : CompletionList.Empty with { Start = line.Start };
        return line.Word.Length > 0 || line.InQuotes ? arguments : Both(arguments, Options(syntax));
    }

    private CompletionList Commands() =>
        CompletionList.Continuing(line.Word, 0, MagicCommands.Names.Select(command => new CompletionCandidate(command.Name, "magic", command.Summary))).Shift(line.Start);

    private CompletionList Options(Command syntax)
    {
        string[] given = [.. line.Before, .. line.After];
        return CompletionList.Continuing(line.Word, 0, syntax.Options
            .Where(option => !given.Contains(option.Name) || option.ValueType.IsArray)
            .OrderByDescending(option => option.Required)
            .Select(option => new CompletionCandidate(option.Name, "option", option.Description ?? ""))).Shift(line.Start);
    }

    /// <summary>The value in <c>--option=value</c>.</summary>
    private CompletionList AfterSign(Command syntax, int sign) =>
        OptionNamed(syntax, line.Word[..sign]) is { } option && TakesValue(option) ? ValuesOf(option, sign + 1) : CompletionList.Empty;

    private CompletionList ValuesOf(Symbol symbol, int from = 0)
    {
        if (symbol is not IHasValues { Values: { } source }) return CompletionList.Empty with { Start = line.Start };
        CompletionList found = source(new ValueScope(session, line.Word[from..], Given));
        if (!line.InQuotes && found.Start == 0 && from == 0) found = found with { Candidates = found.Candidates.Select(Quoted).ToArray() };
        return found.Shift(line.Start + from);
    }

    /// <summary>A value with blanks stands in quotes; a folder's are left open, because its path goes on.</summary>
    private static CompletionCandidate Quoted(CompletionCandidate candidate) => !candidate.Text.Any(char.IsWhiteSpace)
        ? candidate
        : candidate with { Text = $"\"{candidate.Text}{(candidate.Text.EndsWith('/') ? "" : "\"")}" };

    private string? Given(string option)
    {
        string[] words = [.. line.Before, line.Word, .. line.After];
        int at = Array.IndexOf(words, option);
        return at >= 0 && at + 1 < words.Length ? words[at + 1].Trim('"') : words.FirstOrDefault(word => word.StartsWith(option + "=", StringComparison.Ordinal))?[(option.Length + 1)..];
    }

    private int ArgumentsBefore(Command syntax)
    {
        int arguments = 0;
        for (int at = 1; at < line.Before.Count; at++)
        {
            bool isOption = line.Before[at].StartsWith("--", StringComparison.Ordinal);
            bool isValue = OptionNamed(syntax, line.Before[at - 1]) is { } option && TakesValue(option);
            if (!isOption && !isValue) arguments++;
        }

        return arguments;
    }

    private static CompletionList Both(CompletionList first, CompletionList second) => first with { Candidates = [.. first.Candidates, .. second.Candidates] };

    private static Option? OptionNamed(Command syntax, string word) => syntax.Options.FirstOrDefault(option => option.Name == word);

    private static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;
}
