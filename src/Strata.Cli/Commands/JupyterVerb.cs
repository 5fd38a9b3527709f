using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Strata.Jupyter.Kernel;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary><c>strata jupyter</c>: makes Jupyter know the kernel, and is the kernel.</summary>
internal static class JupyterVerb
{
    private const string Name = "jupyter", RunName = "run";

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal) => new(Name, "Use Strata as a kernel of Jupyter: VS Code, JupyterLab, Notebook, nbconvert.")
    {
        Install(terminal),
        Uninstall(terminal),
        Run(terminal),
    };

    /// <summary>Whether a command line starts the kernel, which takes signals itself: an interrupt stops a cell and not the process.</summary>
    public static bool TakesSignals(ParseResult parse) =>
        parse.CommandResult.Command.Name == RunName && parse.CommandResult.Parent is CommandResult { Command.Name: Name };

    private static Command Install(Terminal terminal)
    {
        Place place = new();
        return Verb.Create("install", "Make Jupyter know the kernel.", place.Options, (parse, _) =>
            terminal.Note($"Installed \"{KernelSpec.DisplayName}\" in {KernelSpec.Install(place.Of(parse), [.. ThisTool(), Name, RunName, "-f"])}"));
    }

    private static Command Uninstall(Terminal terminal)
    {
        Place place = new();
        return Verb.Create("uninstall", "Make Jupyter forget the kernel.", place.Options, (parse, _) =>
        {
            string folder = place.Of(parse);
            string? removed = KernelSpec.Uninstall(folder);
            terminal.Note(removed is null ? $"There is no kernel \"{KernelSpec.Name}\" in {folder}" : $"Removed {removed}");
        });
    }

    private static Command Run(Terminal terminal)
    {
        Option<string> file = new("-f") { Description = "The connection file that the front end wrote.", HelpName = "FILE", Required = true };
        Command command = new(RunName, "Be the kernel; front ends call this.") { file };
        command.SetAction(async (parse, cancellation) =>
        {
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await using JupyterKernel kernel = new(parse.GetRequiredValue(file), terminal.Error);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
            {
                signal.Cancel = true;
                kernel.Interrupt();
            });
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
            {
                signal.Cancel = true;
                end.Cancel();
            });
            await kernel.RunAsync(end.Token);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>How this process was started: by its own executable, or by <c>dotnet</c> with the assembly.</summary>
    private static IReadOnlyList<string> ThisTool()
    {
        string process = Environment.ProcessPath ?? "dotnet";
        bool isHost = Path.GetFileNameWithoutExtension(process) == "dotnet";
        return isHost ? [process, Path.Combine(AppContext.BaseDirectory, "strata.dll")] : [process];
    }

    /// <summary>The options that say for whom the kernel is installed.</summary>
    private sealed class Place
    {
        private readonly Option<bool> _user = new("--user") { Description = "For the current user; this is what happens without options." };
        private readonly Option<string?> _prefix = new("--prefix") { Description = "Below the prefix of an installation of Python.", HelpName = "FOLDER" };
        private readonly Option<bool> _sysPrefix = new("--sys-prefix") { Description = "Below the prefix of the Python environment that is active in this shell." };

        public IEnumerable<Symbol> Options => [_user, _prefix, _sysPrefix];

        public string Of(ParseResult parse)
        {
            (bool user, string? prefix, bool active) = (parse.GetValue(_user), parse.GetValue(_prefix), parse.GetValue(_sysPrefix));
            if ((user ? 1 : 0) + (prefix is not null ? 1 : 0) + (active ? 1 : 0) > 1) throw new StrataException("--user, --prefix and --sys-prefix exclude each other; give one.");
            return prefix is not null ? KernelSpec.PrefixFolder(prefix) : active ? KernelSpec.PrefixFolder(KernelSpec.ActivePrefix()) : KernelSpec.UserFolder();
        }
    }
}
