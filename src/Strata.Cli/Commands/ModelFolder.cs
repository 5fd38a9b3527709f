using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>Loads the model of a command.</summary>
internal static class ModelFolder
{
    /// <summary>Loads a model, from the hub where it is one of its, while the progress is drawn.</summary>
    /// <param name="terminal">Where the progress is drawn.</param>
    /// <param name="folder">The folder, or a name of the hub.</param>
    /// <param name="storage">What <c>--storage</c> says; null for the checkpoint's own format.</param>
    /// <param name="cancellation">Stops the download and the loading.</param>
    /// <exception cref="StrataException">There is no such format.</exception>
    /// <exception cref="InvalidFileException">The folder holds no valid checkpoint.</exception>
    public static Model Load(Terminal terminal, string folder, string? storage, CancellationToken cancellation)
    {
        ModelOptions options = new() { Storage = storage is null ? null : StorageFormat.Parse("--storage", storage), Announce = terminal.Note };
        return terminal.WithProgress(progress => Model.Load(folder, options with { Progress = progress }, cancellation));
    }
}
