using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>What the tool tells the shell.</summary>
public static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Done = 0;

    /// <summary>A cell or a computation failed.</summary>
    public const int Failed = 1;

    /// <summary>What was typed is wrong: a verb, an option, a plan, a hook point, a measure, or two that do not go together.</summary>
    public const int Usage = 2;

    /// <summary>A file is missing, invalid, does not fit the model, or cannot be written; or the hub does not give it.</summary>
    public const int BadFile = 3;

    /// <summary>Ctrl-C: 128 + SIGINT, as shells have it.</summary>
    public const int Cancelled = 130;

    /// <summary>The code of a failure.</summary>
    public static int Of(Exception failure) => failure switch
    {
        OperationCanceledException => Cancelled,
        InvalidFileException or HubException or IOException or UnauthorizedAccessException => BadFile,
        StrataException => Usage,
        _ => Failed,
    };
}
