using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>Checks the target of a capture before hours are spent on what goes into it.</summary>
internal static class OutputFile
{
    /// <summary>Refuses targets that cannot or should not be written.</summary>
    /// <param name="path">The file of <c>--out</c>; a description is written beside it as <c>.json</c>.</param>
    /// <param name="model">The model's folder, which is never written into.</param>
    /// <exception cref="StrataException">The name does not end in .safetensors, or the target is in the model's folder.</exception>
    /// <exception cref="InvalidFileException">The folder is missing, or the target is a folder or a device.</exception>
    public static void Check(string path, string model)
    {
        AtomicFile.CheckTarget(path);
        if (!ActivationSource.IsFile(path)) throw new StrataException($"--out {path}: expected a name that ends in .safetensors.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)))
            throw new StrataException($"--out {path} is in the model's own folder, where it could replace the checkpoint's files; choose another folder.");
    }
}
