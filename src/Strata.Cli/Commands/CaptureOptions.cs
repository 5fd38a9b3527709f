using System.CommandLine;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>The options that say how to run a model.</summary>
internal static class CaptureOptions
{
    /// <summary>Refuses options of a model where only files of activations are read: ignoring them would hide a mistake.</summary>
    /// <exception cref="StrataException">One of the options was given.</exception>
    public static void RefuseFor(ParseResult parse, params Option[] options)
    {
        Option? given = options.FirstOrDefault(option => parse.GetResult(option) is not null);
        if (given is not null) throw new StrataException($"{given.Name} is for a model that is run; activations from a file are used as they are.");
    }
}
