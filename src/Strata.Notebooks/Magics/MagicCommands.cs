using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>The magic commands: lines such as <c>#!capture --points blocks.*.resid_post</c>. Written once, the same in every host.</summary>
/// <param name="session">What the commands read and write.</param>
public sealed class MagicCommands(StrataSession session)
{
    /// <summary>The commands in the order in which they are listed for users.</summary>
    internal static IReadOnlyList<MagicCommand> All { get; } =
    [
        new ModelMagic(), new DataMagic(), new CaptureMagic(), new MeasureMagic(), new CompareMagic(), new LensMagic(), new ProbeMagic(),
        new AblateMagic(), new SweepMagic(), new PruneMagic(), new GenerateMagic(), new ReportMagic(), new HelpMagic(),
    ];

    /// <summary>Words with their one-line descriptions, for help and completion.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Names { get; } = All.Select(c => (c.Name, c.Summary)).ToArray();

    /// <summary>The options of a command with their descriptions, for completion and tooltips; none for a word that is no command.</summary>
    public static IReadOnlyList<(string Name, string Summary)> OptionsOf(string word) =>
        Find(word)?.Syntax.Options.Select(option => (option.Name, option.Description ?? "")).ToArray() ?? [];

    /// <summary>Whether a line begins with the word of a command.</summary>
    public static bool IsMagic(string line) => Find(WordOf(line)) is not null;

    /// <summary>Runs a command on the calling thread: shows and declares through the host, stops when the host cancels.</summary>
    /// <param name="line">The line, with <c>#!</c>; values with spaces in double quotes.</param>
    /// <param name="host">The host of the cell.</param>
    /// <exception cref="StrataException">No such command or option, or the command cannot do what is asked; the message says what would work.</exception>
    /// <exception cref="OperationCanceledException">The host cancelled.</exception>
    public Task ExecuteAsync(string line, INotebookHost host)
    {
        line = line.Trim();
        string word = WordOf(line);
        MagicCommand command = Find(word) ?? throw new StrataException($"There is no command \"{Escape.Clip(word, 60)}\". {NearestNames.Suggest(word, All.Select(c => c.Name))} #!strata lists all.");
        // Response files (@file) stay off: a prompt may begin with @.
        ParserConfiguration grammar = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult parsed = command.Syntax.Parse(CommandLineParser.SplitCommandLine(line[word.Length..]).ToArray(), grammar);
        if (parsed.Action is HelpAction) host.Display(MagicHelp.Of(command, parsed));
        else if (MagicErrors.Find(command, parsed) is StrataException failure) throw failure;
        else command.Run(new MagicCall(parsed, line, session, host));
        return Task.CompletedTask;
    }

    private static MagicCommand? Find(string word) => All.FirstOrDefault(c => c.Name == word);

    private static string WordOf(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().Trim();
        int end = text.IndexOfAny(' ', '\t');
        return text.StartsWith("#!") ? (end < 0 ? text : text[..end]).ToString() : "";
    }
}
