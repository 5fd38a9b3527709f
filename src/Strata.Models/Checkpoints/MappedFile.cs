using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Strata.Models;

/// <summary>
/// A file mapped into memory for reading. Tensors hold on to it as their owner; when nobody does any more, the garbage collector unmaps it.
/// <see cref="Unmap"/> does so at once, and is only for a mapping that no tensor looks at.
/// </summary>
internal sealed partial class MappedFile
{
    /// <summary>File systems note times in steps of up to two seconds (FAT).</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    private readonly SafeMemoryMappedViewHandle? _view;

    /// <summary>Maps a file.</summary>
    /// <exception cref="InvalidFileException">It cannot be opened.</exception>
    public MappedFile(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            Length = stream.Length;
            DateTime written = File.GetLastWriteTimeUtc(stream.SafeFileHandle);
            if (DateTime.UtcNow - written > Settled) Stamp = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFullPath(path)}|{Length}|{written.Ticks}");
            // An empty file cannot be mapped, and needs not be.
            if (Length == 0) return;
            using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            MemoryMappedViewAccessor accessor = file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            _view = accessor.SafeMemoryMappedViewHandle;
            Address = _view.DangerousGetHandle() + (nint)accessor.PointerOffset;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidFileException(path, $"cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>The file with its length and the time when it was written; null where that is so short ago that a next version may carry the same time.</summary>
    public string? Stamp { get; }

    /// <summary>First byte of the file in memory.</summary>
    public nint Address { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>The first bytes of the file, at most <paramref name="most"/>.</summary>
    public unsafe ReadOnlySpan<byte> Beginning(int most) => new((void*)Address, (int)Math.Min(most, Length));

    /// <summary>Some bytes of the file; the caller knows that they are in it.</summary>
    public unsafe ReadOnlySpan<byte> Bytes(long start, int count) => new((byte*)Address + start, count);

    /// <summary>
    /// Gives the pages that were looked at back to the system; they come again from its cache when they are looked at again. Without this a process holds the file
    /// beside what was made of it.
    /// </summary>
    public void ReleasePages()
    {
        const int dontNeed = 4, cold = 20;
        // Where memory is short, Linux would rather drop pages that were read ahead and not looked at yet.
        if (OperatingSystem.IsLinux()) Advise(0, Length, cold);
        Advise(0, Length, dontNeed);
    }

    /// <summary>Asks the system to read a part of the file into its cache; returns when it has been asked, which may be before the bytes are there. Advice only.</summary>
    public void ReadAhead(long start, long count)
    {
        const int willNeed = 3;
        // Linux takes no more than its read-ahead window from one request, and drops the rest without a word.
        const long window = 1 << 17;
        for (long at = start; at < start + count; at += window) Advise(at, Math.Min(window, start + count - at), willNeed);
    }

    /// <summary>Advice about a part of the file, as far as it is mapped still. What comes back does not matter. Windows trims pages by itself.</summary>
    private void Advise(long start, long count, int advice)
    {
        if (_view is null || !(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())) return;
        bool held = false;
        try
        {
            _view.DangerousAddRef(ref held);
            long first = start / Environment.SystemPageSize * Environment.SystemPageSize;
            _ = Advise(Address + (nint)first, (nuint)(start + count - first), advice);
        }
        catch (ObjectDisposedException)
        {
            // Nothing is mapped any more.
        }
        finally
        {
            if (held) _view.DangerousRelease();
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);

    /// <summary>Takes the file out of memory now.</summary>
    public void Unmap() => _view?.Dispose();
}
