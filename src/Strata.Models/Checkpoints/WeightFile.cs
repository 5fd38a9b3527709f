using System.Security.Cryptography;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// A file of named tensors, mapped into memory: opening it reads and checks its directory only, tensors are handed out where they lie.
/// Tensors that were read stay valid after <see cref="Dispose"/>: the mapping goes when the last of them is collected.
/// The file must not be cut off by another program meanwhile.
/// </summary>
public abstract class WeightFile : IDisposable
{
    private readonly MappedFile _file;
    private bool _handedOut;
    private bool _disposed;

    private protected WeightFile(string path, MappedFile file)
    {
        Path = path;
        _file = file;
    }

    /// <summary>The file, as it was given.</summary>
    public string Path { get; }

    /// <summary>Names of the tensors, in the order of the file.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Opens a weight file by what it holds, not by its name: safetensors, a zip archive that <c>torch.save</c> wrote, or GGUF.</summary>
    /// <exception cref="InvalidFileException">The file cannot be opened or is not valid; the message says where.</exception>
    public static WeightFile Open(string path) => Mapped(path, Recognised);

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>What the file says about a tensor.</summary>
    /// <exception cref="InvalidFileException">There is no such tensor; the message names the nearest ones.</exception>
    public TensorEntry Entry(string name) => Find(name) ?? throw new InvalidFileException(Path, $"has no tensor {Excerpt.Quote(name)}. {Excerpt.Nearest(name, Names)}");

    /// <summary>
    /// A tensor. F32, F16 and BF16 numbers that lie in one piece are not copied where the engine computes in this process's memory; other formats are widened to
    /// float32 (F64 and integers beyond 2²⁴ rounded to nearest).
    /// </summary>
    /// <param name="engine">The engine that will hold the tensor.</param>
    /// <param name="name">Name of the tensor.</param>
    /// <exception cref="InvalidFileException">There is no such tensor, its numbers are of a format that cannot be computed with, or it is too large for one tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public unsafe Tensor Read(TensorEngine engine, string name)
    {
        TensorEntry entry = Entry(name);
        if (!NumberFormat.CanWiden(entry.DType))
            throw new InvalidFileException(Path, $"tensor {Excerpt.Quote(name)} holds {entry.DType} numbers, which are not computed with; floats of 8 bits and more, integers and BOOL are.");
        (Shape shape, int count) = ShapeOf(entry);
        TensorBytes bytes = Bytes(entry);
        if (NumberFormat.Stored(entry.DType) is DType dtype) return engine.FromMemory(bytes.Address, shape, dtype, bytes.Owner);
        float[] values = new float[count];
        const int chunk = 1 << 20;
        int width = NumberFormat.Bits(entry.DType) / 8;
        for (int at = 0; at < count; at += chunk)
        {
            int part = Math.Min(chunk, count - at);
            NumberFormat.Widen(entry.DType, new ReadOnlySpan<byte>((byte*)bytes.Address + (long)at * width, part * width), values.AsSpan(at, part));
        }

        GC.KeepAlive(bytes.Owner);
        return engine.FromHost(values, shape);
    }

    /// <summary>Closes the file. Tensors that were read from it stay valid.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        GC.SuppressFinalize(this);
        if (!_handedOut) _file.Unmap();
    }

    /// <summary>
    /// The file, its length, when it was written, and a hash of parts of the tensor: times can be set and links can be turned, but other weights differ all over. Null where the file was written just now; see <see cref="MappedFile.Stamp"/>.
    /// </summary>
    internal string? Stamp(TensorEntry entry)
    {
        const int most = 1 << 12;
        if (_file.Stamp is not string file) return null;
        RequireOpen();
        (long start, long bytes) = Extent(entry);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int length = (int)Math.Min(most, bytes), steps = bytes > most ? 15 : 0;
        for (int part = 0; part <= steps; part++) hash.AppendData(_file.Bytes(start + (bytes - length) * part / Math.Max(1, steps), length));
        return $"{file}|{start}|{bytes}|{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>Gives the memory of what was read so far back to the system, which reads it again where it is needed; see <see cref="MappedFile.ReleasePages"/>.</summary>
    internal void ReleasePages() => _file.ReleasePages();

    /// <summary>Asks the system to bring a tensor's part of the file into its memory.</summary>
    internal void ReadAhead(TensorEntry entry)
    {
        (long start, long bytes) = Extent(entry);
        _file.ReadAhead(start, bytes);
    }

    /// <summary>The numbers of a tensor in one piece, row-major, little-endian, in the format that its entry names.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    internal TensorBytes Bytes(TensorEntry entry)
    {
        RequireOpen();
        TensorBytes bytes = Locate(entry, _file);
        if (bytes.Owner == _file) _handedOut = true;
        return bytes;
    }

    /// <summary>What is read of the mapped memory beside tensors needs the file open.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    private protected void RequireOpen() => ObjectDisposedException.ThrowIf(_disposed, this);

    /// <summary>Maps a file for whoever reads it; where that fails it is unmapped at once.</summary>
    private protected static T Mapped<T>(string path, Func<string, MappedFile, T> open)
    {
        MappedFile file = new(path);
        try
        {
            return open(path, file);
        }
        catch
        {
            file.Unmap();
            throw;
        }
    }

    private static WeightFile Recognised(string path, MappedFile file)
    {
        ReadOnlySpan<byte> beginning = file.Beginning(512);
        if (TorchFile.Recognises(beginning)) return TorchFile.Open(path, file);
        if (GgufFile.Recognises(beginning)) return GgufFile.Open(path, file);
        return SafetensorsFile.Open(path, file);
    }

    private protected abstract TensorEntry? Find(string name);

    /// <summary>First byte and number of bytes of a tensor in the file.</summary>
    private protected abstract (long Start, long Bytes) Extent(TensorEntry entry);

    /// <summary>Where a tensor's numbers lie in one piece; they are brought into one where the file keeps them otherwise.</summary>
    private protected abstract TensorBytes Locate(TensorEntry entry, MappedFile file);

    private (Shape Shape, int Count) ShapeOf(TensorEntry entry)
    {
        try
        {
            // An empty tensor may have axes of any length beside the one of length 0.
            if (entry.Shape.Any(length => length > Array.MaxLength)) throw new ArgumentException($"A tensor holds at most {Array.MaxLength:N0} elements.");
            Shape shape = new(Array.ConvertAll(entry.Shape, length => (int)length));
            return (shape, shape.Count);
        }
        catch (ArgumentException e)
        {
            throw new InvalidFileException(Path, $"tensor {Excerpt.Quote(entry.Name)} has shape [{string.Join(", ", entry.Shape)}]. {e.Message}", e);
        }
    }
}

/// <summary>Bytes of a tensor in memory.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">How many.</param>
/// <param name="Owner">Keeps them alive.</param>
internal readonly record struct TensorBytes(nint Address, long Length, object Owner)
{
    /// <summary>Memory of one's own for so many bytes, not cleared; it goes when its owner is collected.</summary>
    public static TensorBytes Allocate(long length)
    {
        NativeBlock block = new(length);
        return new TensorBytes(block.Address, length, block);
    }

    /// <summary>A part of the bytes.</summary>
    public unsafe Span<byte> Span(long start, int length) => new((byte*)Address + start, length);
}

/// <summary>Memory outside of the garbage collector's heap: a table of a large vocabulary is longer than an array can be.</summary>
internal sealed unsafe class NativeBlock
{
    private readonly long _length;

    public NativeBlock(long length)
    {
        _length = Math.Max(length, 1);
        Address = (nint)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)_length);
        GC.AddMemoryPressure(_length);
    }

    ~NativeBlock()
    {
        System.Runtime.InteropServices.NativeMemory.Free((void*)Address);
        GC.RemoveMemoryPressure(_length);
    }

    public nint Address { get; }
}
