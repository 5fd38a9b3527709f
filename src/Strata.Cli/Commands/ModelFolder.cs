using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>Loads the model of a command.</summary>
internal static class ModelFolder
{
    /// <summary>Loads a model, from the hub where it is one of its, while the progress is drawn.</summary>
    /// <param name="terminal">Where the progress is drawn.</param>
    /// <param name="folder">The folder, or a name of the hub.</param>
    /// <param name="options">How its weights stay in memory.</param>
    /// <param name="cancellation">Stops the download and the loading.</param>
    /// <exception cref="StrataException">The memory is too small for one block.</exception>
    /// <exception cref="InvalidFileException">The folder holds no valid checkpoint.</exception>
    public static Model Load(Terminal terminal, string folder, ModelOptions options, CancellationToken cancellation)
    {
        return terminal.WithProgress(progress => Model.Load(folder, options with { Announce = terminal.Note, Progress = progress }, cancellation));
    }
}
