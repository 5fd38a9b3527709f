using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>Loads the model of a command.</summary>
internal static class ModelFolder
{
    /// <summary>Loads a model, from the hub where it is one of its, while the progress is drawn.</summary>
    /// <exception cref="InvalidFileException">The folder holds no valid checkpoint.</exception>
    public static Model Load(Terminal terminal, string folder, CancellationToken cancellation) =>
        terminal.WithProgress(progress => Model.Load(folder, new ModelOptions { Progress = progress, Announce = terminal.Note }, cancellation));
}
