using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// A safetensors file, mapped into memory: opening it reads and checks the header only, tensors are handed out where they lie.
/// Tensors that were read stay valid after <see cref="Dispose"/>: the mapping goes when the last of them is collected.
/// The file must not be cut off by another program meanwhile.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MappedFile _file;
    private readonly SafetensorsHeader _header;
    private bool _handedOut;
    private bool _disposed;

    private SafetensorsFile(string path, MappedFile file, SafetensorsHeader header)
    {
        Path = path;
        _file = file;
        _header = header;
    }

    /// <summary>The file, as it was given.</summary>
    public string Path { get; }

    /// <summary>Names of the tensors, in the order in which they lie in the file.</summary>
    public IReadOnlyList<string> Names => _header.Names;

    /// <summary>The header's <c>__metadata__</c>, empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header completely.</summary>
    /// <exception cref="InvalidFileException">The file cannot be opened or is not valid; the message names the tensor and the byte.</exception>
    public static SafetensorsFile Open(string path)
    {
        MappedFile file = new(path);
        try
        {
            return new SafetensorsFile(path, file, SafetensorsHeader.Parse(file.Beginning(SafetensorsHeader.LengthBytes + SafetensorsHeader.MaxBytes), file.Length, path));
        }
        catch
        {
            file.Unmap();
            throw;
        }
    }

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Has(string name) => _header.Entries.ContainsKey(name);

    /// <summary>What the header says about a tensor.</summary>
    /// <exception cref="InvalidFileException">There is no such tensor; the message names the nearest ones.</exception>
    public SafetensorsEntry Entry(string name) => _header.Entries.TryGetValue(name, out SafetensorsEntry? entry)
        ? entry
        : throw new InvalidFileException(Path, $"has no tensor {Excerpt.Quote(name)}. {Excerpt.Nearest(name, Names)}");

    /// <summary>A tensor over the mapped bytes: no copy where the engine computes in this process's memory.</summary>
    /// <param name="engine">The engine that will hold the tensor.</param>
    /// <param name="name">Name of the tensor.</param>
    /// <exception cref="InvalidFileException">There is no such tensor, its numbers are not F32, F16 or BF16, or it is too large for one tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public Tensor Read(TensorEngine engine, string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SafetensorsEntry entry = Entry(name);
        DType dtype = entry.DType switch
        {
            "F32" => DType.Float32,
            "F16" => DType.Float16,
            "BF16" => DType.BFloat16,
            _ => throw new InvalidFileException(Path, $"tensor {Excerpt.Quote(name)} holds {entry.DType} numbers; F32, F16 and BF16 can be read as a tensor."),
        };
        // An empty tensor may have axes of any length beside the one of length 0.
        if (entry.Bytes / dtype.Size() > Array.MaxLength || entry.Shape.Any(length => length > Array.MaxLength))
            throw new InvalidFileException(Path, $"tensor {Excerpt.Quote(name)} has shape [{string.Join(", ", entry.Shape)}]; a tensor holds at most {Array.MaxLength:N0} elements.");
        _handedOut = true;
        return engine.FromMemory(_file.Address + (nint)entry.Start, ShapeOf(entry), dtype, _file);
    }

    private Shape ShapeOf(SafetensorsEntry entry)
    {
        try
        {
            return new Shape(Array.ConvertAll(entry.Shape, length => (int)length));
        }
        catch (ArgumentException e)
        {
            throw new InvalidFileException(Path, $"tensor {Excerpt.Quote(entry.Name)} has shape [{string.Join(", ", entry.Shape)}]. {e.Message}", e);
        }
    }

    /// <summary>Closes the file. Tensors that were read from it stay valid.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        if (!_handedOut) _file.Unmap();
    }
}
