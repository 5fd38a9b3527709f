using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>The options that say where a sweep keeps its results, and how tasks of a job array share it.</summary>
internal sealed class SweepResultsInput
{
    private readonly Option<string?> _folder = new("--results")
    {
        Description = "Keep what has been evaluated in this folder, as it comes: the same command goes on there after an interrupt, and the tasks of --array share it.",
        HelpName = "FOLDER",
    };

    private readonly Option<string?> _array = new("--array") { Description = "Evaluate part K of N of the plans, K from 0: one task of a job array. Needs --results.", HelpName = "K/N" };

    private readonly Option<bool> _merge = new("--merge") { Description = "Evaluate nothing: show what the tasks have left in --results, and say what is missing." };

    /// <summary>For the command.</summary>
    public IEnumerable<Option> Options => [_folder, _array, _merge];

    /// <summary>Refuses options that need others, or exclude them.</summary>
    public void Check(ParseResult parse)
    {
        bool array = PartOf(parse) is not null;
        if (array && Merges(parse)) throw new StrataException("--array runs a part and --merge shows the whole; give one of them.");
        if ((array || Merges(parse)) && FolderOf(parse) is null) throw new StrataException($"{(array ? "--array" : "--merge")} needs --results FOLDER, which all tasks share.");
    }

    /// <summary>The folder; null when nothing is kept.</summary>
    public string? FolderOf(ParseResult parse) => parse.GetValue(_folder);

    /// <summary>The part of the plans; null for all.</summary>
    public SweepPart? PartOf(ParseResult parse) => parse.GetValue(_array) is string text ? SweepPart.Parse(text) : null;

    /// <summary>Whether nothing is to be run.</summary>
    public bool Merges(ParseResult parse) => parse.GetValue(_merge);
}
