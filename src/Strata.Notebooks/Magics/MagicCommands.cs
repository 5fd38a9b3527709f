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
        new ModelMagic(), new DataMagic(), new CaptureMagic(), new MeasureMagic(), new CompareMagic(), new LensMagic(), new ProbeMagic(), new TasksMagic(), new AtlasMagic(),
        new AblateMagic(), new SweepMagic(), new PatchMagic(), new PruneMagic(), new GenerateMagic(), new SaveMagic(), new ReportMagic(), new HelpMagic(),
    ];

    /// <summary>Words with their one-line descriptions, for help and completion.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Names { get; } = All.Select(c => (c.Name, c.Summary)).ToArray();

    /// <summary>The options of a command with their descriptions, for completion and tooltips; none for a word that is no command.</summary>
    public static IReadOnlyList<(string Name, string Summary)> OptionsOf(string word) =>
        Find(word)?.Syntax.Options.Select(option => (option.Name, option.Description ?? "")).ToArray() ?? [];

    /// <summary>
    /// What could stand at a position of a line: the word of a command, options that are not given yet, and values of options and arguments (names of models, data and results,
    /// hook points and plans of the model that the line means, words, paths).
    /// </summary>
    /// <param name="line">The line, with <c>#!</c>, complete or not.</param>
    /// <param name="position">The cursor's position in the line.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position is outside the line.</exception>
    public CompletionList Complete(string line, int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, line.Length);
        return new LineCompletion(session, new TypedLine(line, position)).Find();
    }

    /// <summary>What the value of an option or argument could be before anything of it is typed; none for numbers, free text and unknown names.</summary>
    /// <param name="word">The command's word, with <c>#!</c>.</param>
    /// <param name="name">The option with <c>--</c>, or the argument's name.</param>
    public IReadOnlyList<CompletionCandidate> ValuesOf(string word, string name)
    {
        Command? syntax = Find(word)?.Syntax;
        Symbol? symbol = syntax is null ? null : syntax.Options.Cast<Symbol>().Concat(syntax.Arguments).FirstOrDefault(symbol => symbol.Name == name);
        return symbol is IHasValues { Values: { } source } ? source(new ValueScope(session, "", _ => null)).Candidates : [];
    }

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

    internal static MagicCommand? Find(string word) => All.FirstOrDefault(c => c.Name == word);

    private static string WordOf(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().Trim();
        int end = text.IndexOfAny(' ', '\t');
        return text.StartsWith("#!") ? (end < 0 ? text : text[..end]).ToString() : "";
    }
}
