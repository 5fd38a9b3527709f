namespace Strata.Models;

/// <summary>Writes files so that nobody ever sees half of one: beside the target, then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file through a stream and renames it into place; on any failure the target stays as it was.</summary>
    /// <exception cref="InvalidFileException">The folder is missing, the disk is full, or the path may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        // Renaming over a device would replace it.
        if (!OperatingSystem.IsWindows() && full.StartsWith("/dev/", StringComparison.Ordinal)) throw new InvalidFileException(path, "is a device, not a file; give a file to write. Nothing was changed.");
        string beside = $"{full}.{Guid.NewGuid():N}.part";
        try
        {
            using (FileStream stream = new(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be written: {e.Message} Nothing was changed.", e);
        }
        finally
        {
            if (File.Exists(beside)) File.Delete(beside);
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark; see <see cref="Write"/>.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
