using System.Text;
using Microsoft.CodeAnalysis;

namespace Strata.Jupyter.Session;

/// <summary>Gives files that a cell loads with the checks of <see cref="CellGuard"/> in their text.</summary>
/// <param name="files">Finds the files.</param>
/// <param name="texts">The texts by path.</param>
internal sealed class GuardedSources(SourceReferenceResolver files, IReadOnlyDictionary<string, string> texts) : SourceReferenceResolver
{
    private SourceReferenceResolver Files => files;

    public override string? NormalizePath(string path, string? baseFilePath) => files.NormalizePath(path, baseFilePath);

    public override string? ResolveReference(string path, string? baseFilePath) => files.ResolveReference(path, baseFilePath);

    public override Stream OpenRead(string resolvedPath) =>
        texts.TryGetValue(resolvedPath, out string? text) ? new MemoryStream(Encoding.UTF8.GetBytes(text), writable: false) : files.OpenRead(resolvedPath);

    public override bool Equals(object? other) => other is GuardedSources sources && files.Equals(sources.Files);

    public override int GetHashCode() => files.GetHashCode();
}
