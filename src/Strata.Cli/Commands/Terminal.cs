using System.Text;
using System.Text.Json;
using Spectre.Console;
using Strata.Models;
using Table = Strata.Research.Table;

namespace Strata.Cli.Commands;

/// <summary>
/// The two streams of a command. Results go to standard output, each written in one piece when it is complete; everything else goes to standard error.
/// Colour, borders and moving progress appear only where a stream is a terminal. Text from models and files loses its control characters.
/// </summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
internal sealed class Terminal(TextWriter output, TextWriter error)
{
    private readonly IAnsiConsole _error = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });

    /// <summary>Standard output.</summary>
    public TextWriter Output => output;

    /// <summary>Standard error.</summary>
    public TextWriter Error => error;

    /// <summary>Writes one JSON document to standard output.</summary>
    public void WriteJson(object document) => Write(JsonSerializer.Serialize(document, ResultJson.Options) + "\n");

    /// <summary>Writes lines to standard output.</summary>
    public void WriteText(string text) => Write(Printable(text) + "\n");

    /// <summary>Writes a table with its title and notes to standard output.</summary>
    public void WriteTable(Table table)
    {
        AnsiConsoleOutput target = new(output);
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        // Only a terminal has an edge to wrap at; what a file or a pipe gets stays one line per row.
        console.Profile.Width = target.IsTerminal ? target.Width : 100_000;
        console.Write(TableView.Of(table, framed: target.IsTerminal));
        IEnumerable<string> rows = text.ToString().Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0);
        Write($"{Printable(table.Title)}\n{string.Join('\n', rows)}\n{string.Concat(table.Notes.Select(note => $"Note: {Printable(note)}\n"))}");
    }

    /// <summary>Writes a remark or a message to standard error. A standard error that takes nothing (a full disk) must not change what the command does.</summary>
    public void Note(string text)
    {
        try
        {
            error.WriteLine(Printable(text));
        }
        catch (IOException)
        {
            // There is no third stream on which to say it; the exit code still tells.
        }
    }

    /// <summary>Runs work while its progress is drawn on standard error; without a terminal nothing is drawn.</summary>
    public T WithProgress<T>(Func<IProgress<WorkProgress>?, T> work)
    {
        if (!_error.Profile.Capabilities.Interactive || !_error.Profile.Out.IsTerminal) return work(null);
        return _error.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bars(context)));
    }

    /// <summary>A text as a terminal may show it: line breaks and tabs stay, other control and formatting characters become their code (U+001B).</summary>
    public static string Printable(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool hidden = Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Format;
            if (hidden && rune.Value is not ('\n' or '\t')) clean.Append($"<U+{rune.Value:X4}>");
            else clean.Append(rune);
        }

        return clean.ToString();
    }

    private void Write(string text)
    {
        try
        {
            output.Write(text);
            output.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException("standard output", $"cannot be written: {e.Message}", e);
        }
    }

    /// <summary>One bar per title.</summary>
    private sealed class Bars(ProgressContext context) : IProgress<WorkProgress>
    {
        private readonly Dictionary<string, ProgressTask> _tasks = [];

        public void Report(WorkProgress value)
        {
            lock (_tasks)
            {
                if (!_tasks.TryGetValue(value.Title, out ProgressTask? task)) _tasks[value.Title] = task = context.AddTask(Markup.Escape(Printable(value.Title)));
                task.MaxValue = Math.Max(1, value.Total);
                task.Value = value.Done;
                if (value.Unit == "bytes") task.Description = Markup.Escape(Printable($"{value.Title}: {value.Amount(value.Done)} of {value.Amount(value.Total)}{(task.Speed is double speed ? $", {value.Amount(speed)}/s" : "")}"));
            }
        }
    }
}
