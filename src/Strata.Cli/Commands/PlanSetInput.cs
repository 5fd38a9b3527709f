using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>The options that name a set of plans.</summary>
internal sealed class PlanSetInput
{
    private readonly Option<string?> _plans = new("--plans") { Description = "A file with one plan per line; # begins a comment.", HelpName = "FILE" };
    private readonly Option<bool> _drop = new("--drop-each") { Description = "Leave out each block in turn." };
    private readonly Option<bool> _windows = new("--windows") { Description = "Leave out every window of consecutive blocks, of every length." };
    private readonly Option<string?> _painters = new("--painters")
    {
        Description = "Skip, repeat, reverse, shuffle and run in parallel the blocks of a range (C# range, end excluded); without a range, of every centred one.",
        HelpName = "FROM..TO",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>For the command.</summary>
    public IEnumerable<Option> Options => [_plans, _drop, _windows, _painters];

    /// <summary>Refuses a command line that names no set, or two.</summary>
    public void Check(ParseResult parse)
    {
        if (new[] { parse.GetValue(_plans) is not null, parse.GetValue(_drop), parse.GetValue(_windows), AsksPainters(parse) }.Count(given => given) != 1)
            throw new StrataException("Give the plans once: --plans FILE, --drop-each, --windows or --painters [FROM..TO].");
    }

    /// <summary>Whether the plans are those of the painters, which have methods.</summary>
    public bool AsksPainters(ParseResult parse) => parse.GetResult(_painters) is not null;

    /// <summary>The plans for a network's depth; those of a file, of dropped blocks and of windows have no method.</summary>
    public IReadOnlyList<MethodPlan> Of(ParseResult parse, LayerPlans plans)
    {
        if (AsksPainters(parse)) return Painters.Read(plans, parse.GetValue(_painters));
        IReadOnlyList<LayerPlan> set = parse.GetValue(_plans) is string file ? PlanFile.Read(file, plans) : parse.GetValue(_drop) ? plans.DropEach() : plans.AllWindows();
        return [.. set.Select(plan => new MethodPlan("", 0, 0, plan))];
    }
}
