namespace Strata.Models;

/// <summary>A safetensors file.</summary>
/// <remarks>Format: huggingface.co/docs/safetensors.</remarks>
public sealed class SafetensorsFile : WeightFile
{
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(string path, MappedFile file, SafetensorsHeader header) : base(path, file) => _header = header;

    /// <summary>Names of the tensors, in the order in which they lie in the file.</summary>
    public override IReadOnlyList<string> Names => _header.Names;

    /// <summary>The header's <c>__metadata__</c>, empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header completely.</summary>
    /// <exception cref="InvalidFileException">The file cannot be opened or is not valid; the message names the tensor and the byte.</exception>
    public static new SafetensorsFile Open(string path) => Mapped(path, Open);

    internal static SafetensorsFile Open(string path, MappedFile file) =>
        new(path, file, SafetensorsHeader.Parse(file.Beginning(SafetensorsHeader.LengthBytes + SafetensorsHeader.MaxBytes), file.Length, path));

    /// <summary>What the header says about a tensor.</summary>
    /// <exception cref="InvalidFileException">There is no such tensor; the message names the nearest ones.</exception>
    public new SafetensorsEntry Entry(string name) => (SafetensorsEntry)base.Entry(name);

    private protected override TensorEntry? Find(string name) => _header.Entries.GetValueOrDefault(name);

    private protected override (long Start, long Bytes) Extent(TensorEntry entry) => entry is SafetensorsEntry place ? (place.Start, place.Bytes) : default;

    private protected override TensorBytes Locate(TensorEntry entry, MappedFile file)
    {
        SafetensorsEntry place = (SafetensorsEntry)entry;
        return new TensorBytes(file.Address + (nint)place.Start, place.Bytes, file);
    }
}
