using System.CommandLine;
using System.CommandLine.Invocation;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>The <c>strata</c> tool: reads a command line, runs the verb, turns failures into one message and an exit code.</summary>
public static class CliProgram
{
    /// <summary>How long a verb may take to stop after Ctrl-C before the process ends anyway.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">What was typed after <c>strata</c>.</param>
    /// <param name="output">Standard output: results only.</param>
    /// <param name="error">Standard error: progress, remarks and messages.</param>
    /// <param name="cancellation">Stops the verb, as Ctrl-C does.</param>
    /// <returns>See <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        Terminal terminal = new(output, error);
        Option<bool> verbose = new("--verbose") { Description = "Show stack traces of failures; in run, each cell's text outputs too.", Recursive = true };
        // No response files: a text may begin with @.
        ParseResult parse = Root(terminal, verbose).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        string name = parse.CommandResult.Command is RootCommand ? "strata" : $"strata {parse.CommandResult.Command.Name}";
        bool asksForHelp = parse.Action is not (null or ParseErrorAction) && parse.Action != parse.CommandResult.Command.Action;
        if (!asksForHelp && UsageErrors.Find(parse) is string mistake)
        {
            terminal.Note($"{name}: {mistake}\n{name} --help says more.");
            return ExitCode.Usage;
        }

        try
        {
            TimeSpan? grace = JupyterVerb.TakesSignals(parse) ? null : Grace;
            return await parse.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = grace }, cancellation);
        }
        catch (Exception failure)
        {
            terminal.Note($"{name}: {(parse.GetValue(verbose) ? failure.ToString() : Message(failure))}");
            return ExitCode.Of(failure);
        }
    }

    private static RootCommand Root(Terminal terminal, Option<bool> verbose) => new("Look into neural networks layer by layer: capture, measure, ablate.")
    {
        verbose,
        RunVerb.Create(terminal, verbose),
        ReportVerb.Create(terminal),
        InfoVerb.Create(terminal),
        CaptureVerb.Create(terminal),
        EvalVerb.Create(terminal),
        SweepVerb.Create(terminal),
        AblateVerb.Create(terminal),
        PatchVerb.Create(terminal),
        MeasureVerb.Create(terminal),
        AtlasVerb.Create(terminal),
        CompareVerb.Create(terminal),
        ProbeVerb.Create(terminal),
        LensVerb.Create(terminal),
        TasksVerb.Create(terminal),
        GenerateVerb.Create(terminal),
        FetchVerb.Create(terminal),
        SaveVerb.Create(terminal),
        ModelsVerb.Create(terminal),
        JupyterVerb.Create(terminal),
    };

    private static string Message(Exception failure) => failure switch
    {
        OperationCanceledException => "cancelled.",
        StrataException or IOException or UnauthorizedAccessException => failure.Message,
        OutOfMemoryException => "out of memory. Take fewer rows (--take), fewer points, or pool them.",
        _ => $"{failure.GetType().Name}: {failure.Message} (--verbose shows where)",
    };
}
