namespace Strata.Models;

/// <summary>Writes files so that nobody ever sees half of one: beside the target, then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file through a stream and renames it into place; on any failure the target stays as it was.</summary>
    /// <exception cref="InvalidFileException">The folder is missing, the disk is full, or the path may not be written.</exception>
    public static void Write(string path, Action<Stream> write) => Write([(path, write)]);

    /// <summary>Writes files that belong together: none is renamed into place before all of them are complete.</summary>
    /// <exception cref="InvalidFileException">A folder is missing, the disk is full, or a path may not be written.</exception>
    public static void Write(IReadOnlyList<(string Path, Action<Stream> Write)> files)
    {
        string[] parts = files.Select(file => $"{Path.GetFullPath(file.Path)}.{Guid.NewGuid():N}.part").ToArray();
        int at = 0;
        try
        {
            for (at = 0; at < parts.Length; at++) WritePart(parts[at], files[at]);
            for (at = 0; at < parts.Length; at++) File.Move(parts[at], Path.GetFullPath(files[at].Path), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(files[at].Path, $"cannot be written: {e.Message} Nothing was changed.", e);
        }
        finally
        {
            foreach (string part in parts.Where(File.Exists)) File.Delete(part);
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark; see <see cref="Write(string, Action{Stream})"/>.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Refuses what cannot become a file, before work is spent on what goes into it.</summary>
    /// <exception cref="InvalidFileException">The folder is missing, or the path is a folder or a device.</exception>
    public static void CheckTarget(string path)
    {
        if (Directory.Exists(path)) throw new InvalidFileException(path, "is a folder; expected the name of a file.");
        if (IsDevice(path)) throw new InvalidFileException(path, "is a device; expected the name of a file.");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new InvalidFileException(path, $"the folder does not exist. Make it first: mkdir -p \"{folder}\"");
    }

    private static void WritePart(string part, (string Path, Action<Stream> Write) file)
    {
        // Checked here too: else the first of several files would be in place when renaming the next fails.
        CheckTarget(file.Path);
        using FileStream stream = new(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        file.Write(stream);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Renaming onto a device replaces it where the user may: /dev/null would be a file from then on.</summary>
    private static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        return full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal);
    }
}
