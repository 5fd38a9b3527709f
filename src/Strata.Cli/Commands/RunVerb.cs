using System.CommandLine;
using System.Globalization;
using Strata.Cli.Reporting;
using Strata.Cli.Running;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Cli.Commands;

/// <summary><c>strata run</c>: runs a notebook without a front end; see <see cref="RunCommand"/>.</summary>
internal static class RunVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal, Option<bool> verbose)
    {
        Argument<string> notebook = new("NOTEBOOK") { Description = "The notebook: an .ipynb file with C# cells and magic commands." };
        Option<string?> report = new("--report") { Description = "Write a report: one HTML file that needs no network.", HelpName = "OUT.html" };
        Option<string?> save = new("--save") { Description = "Write the notebook with its outputs.", HelpName = "OUT.ipynb" };
        Option<string[]> parameters = new("--param") { Description = "Set a parameter of the notebook. May be given several times.", HelpName = "NAME=VALUE" };
        Option<double?> timeout = Seconds("--timeout", "How long a cell may run.");
        Command command = new("run", "Run a notebook; write a report, or the notebook with its outputs.") { notebook, report, save, parameters, timeout };
        command.SetAction(async (parse, cancellation) =>
        {
            RunOptions options = new(parse.GetRequiredValue(notebook))
            {
                Report = parse.GetValue(report),
                Save = parse.GetValue(save),
                Parameters = parse.GetValue(parameters) ?? [],
                TimeoutSeconds = parse.GetValue(timeout),
                Verbose = parse.GetValue(verbose),
            };
            RunCommand run = new(new SessionMagics(), Formatters.Format, ReportAssets.OfThisBuild, terminal.Error);
            int code = await Task.Run(() => run.RunAsync(options, cancellation), CancellationToken.None);
            return cancellation.IsCancellationRequested ? ExitCode.Cancelled : code;
        });
        return command;
    }

    private static Option<double?> Seconds(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SECONDS",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)) return value;
            result.AddError($"{name} {text}: expected seconds, such as 600 or 0.5.");
            return null;
        },
    };
}
