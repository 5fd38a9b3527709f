using System.CommandLine;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>The options of sweeps that say what is told on the way, and what is given up.</summary>
internal sealed class StreamInput
{
    private readonly Option<bool> _stream = new("--stream") { Description = "Write a line to standard error for each evaluation as soon as it is known." };

    private readonly Option<string?> _stopWhen = new("--stop-when")
    {
        Description = "Give up what is hopeless: \"1.5x after 64\" does when, after at least 64 rows, the lower 95 % bound of the mean loss per row is above 1.5 times that of the network without change.",
        HelpName = "RULE",
    };

    /// <summary>For the command.</summary>
    public IEnumerable<Option> Options => [_stream, _stopWhen];

    /// <summary>The rule by which plans are given up; null for none.</summary>
    public StopRule? RuleOf(ParseResult parse) => parse.GetValue(_stopWhen) is string text ? StopRule.Parse(text) : null;

    /// <summary>What writes the lines.</summary>
    public Action<Evaluation> Teller(ParseResult parse, Terminal terminal) => !parse.GetValue(_stream) ? _ => { } : evaluation => terminal.Note(Line(evaluation));

    private static string Line(Evaluation evaluation)
    {
        string what = string.Join("; ", [evaluation.Plan.ToString(), .. evaluation.Provenance.Interventions]);
        return evaluation.Stopped is StoppedEarly early
            ? FormattableString.Invariant($"given up after {early.Rows} rows (loss {early.Loss:0.0000} on them): {what}")
            : FormattableString.Invariant($"loss {evaluation.Loss:0.0000}, top1 {evaluation.Top1:0.0000}: {what}");
    }
}
