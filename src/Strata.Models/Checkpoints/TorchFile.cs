namespace Strata.Models;

/// <summary>
/// A zip archive that <c>torch.save</c> wrote (<c>.bin</c>, <c>.pt</c>, <c>.pth</c>). Its pickle is read by a machine that can make tensors and plain values and has no
/// access to code; the numbers stay where they lie. Tensors in nested dictionaries and lists are named by their path: <c>model.wte.weight</c>, <c>layers.0</c>.
/// </summary>
public sealed class TorchFile : WeightFile
{
    private readonly Dictionary<string, TorchEntry> _entries;

    private TorchFile(string path, MappedFile file, IReadOnlyList<TorchEntry> entries) : base(path, file)
    {
        _entries = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        Names = [.. entries.Select(entry => entry.Name)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; }

    /// <summary>Opens a file and checks its directory, its pickle and the place of every tensor.</summary>
    /// <exception cref="InvalidFileException">The file cannot be opened, is not valid, or asks for anything beside tensors and plain values; the message names it.</exception>
    public static new TorchFile Open(string path) => Mapped(path, Open);

    internal static bool Recognises(ReadOnlySpan<byte> beginning) => ZipDirectory.Recognises(beginning) || OlderFormat(beginning) is not null;

    internal static TorchFile Open(string path, MappedFile file)
    {
        ReadOnlySpan<byte> beginning = file.Beginning(512);
        if (OlderFormat(beginning) is string older)
            throw new InvalidFileException(path, $"is {older}, as PyTorch before 1.6 wrote it, which is not read. Save it again from Python: torch.save(torch.load(path, weights_only=True), path).");
        if (!ZipDirectory.Recognises(beginning)) throw new InvalidFileException(path, "is not a zip archive as torch.save writes it: it must begin with the bytes 50 4b 03 04.");
        IReadOnlyList<ZipEntry> entries = ZipDirectory.Read(file, path);
        ZipEntry[] pickles = [.. entries.Where(entry => entry.Name.Split('/') is [_, "data.pkl"])];
        if (pickles.Length != 1) throw new InvalidFileException(path, $"holds {pickles.Length} pickles with the name data.pkl; a file of torch.save holds one, in one folder.");
        string folder = pickles[0].Name[..^"data.pkl".Length];
        if (entries.Any(entry => entry.Name == folder + "constants.pkl")) throw new InvalidFileException(path, "is a TorchScript program, not a file of tensors. Save the tensors alone from Python: torch.save(model.state_dict(), path).");
        if (entries.FirstOrDefault(entry => entry.Compressed) is ZipEntry compressed)
            throw new InvalidFileException(path, $"has a compressed file, {Excerpt.Quote(compressed.Name)}; torch.save stores its files as they are, and only such archives are read.");
        RefuseBigEndian(path, file, entries.FirstOrDefault(entry => entry.Name == folder + "byteorder"));
        if (pickles[0].Length > int.MaxValue) throw new InvalidFileException(path, $"has a pickle of {pickles[0].Length:N0} bytes.");
        object? root = TensorUnpickler.Read(file.Bytes(pickles[0].Start, (int)pickles[0].Length), path);
        return new TorchFile(path, file, new TorchTensors(path, entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal), folder).Of(root));
    }

    private protected override TensorEntry? Find(string name) => _entries.GetValueOrDefault(name);

    private protected override (long Start, long Bytes) Extent(TensorEntry entry) => entry is TorchEntry place ? (place.Start, place.Count * NumberFormat.Bits(place.DType) / 8) : default;

    private protected override unsafe TensorBytes Locate(TensorEntry entry, MappedFile file)
    {
        TorchEntry place = (TorchEntry)entry;
        int width = NumberFormat.Bits(place.DType) / 8;
        nint first = file.Address + (nint)place.Start;
        if (place.IsContiguous) return new TensorBytes(first, place.Count * width, file);
        TensorBytes gathered = TensorBytes.Allocate(place.Count * width);
        Gather(place, (byte*)first, (byte*)gathered.Address, width);
        return gathered;
    }

    /// <summary>Brings the elements of a view into row-major order.</summary>
    private static unsafe void Gather(TorchEntry entry, byte* from, byte* to, int width)
    {
        long[] index = new long[entry.Shape.Length];
        long offset = 0;
        for (long i = 0; i < entry.Count; i++, to += width)
        {
            Buffer.MemoryCopy(from + offset * width, to, width, width);
            for (int axis = index.Length - 1; axis >= 0; axis--)
            {
                offset += entry.Strides[axis];
                if (++index[axis] < entry.Shape[axis]) break;
                offset -= entry.Shape[axis] * entry.Strides[axis];
                index[axis] = 0;
            }
        }
    }

    /// <summary>What a file of PyTorch before 1.6 is; null for others.</summary>
    private static string? OlderFormat(ReadOnlySpan<byte> beginning)
    {
        // The first object of the format between: the number 0x1950a86a20f9469cfc6c, as a pickle of protocol 2.
        ReadOnlySpan<byte> magic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
        if (beginning.StartsWith(magic)) return "a sequence of pickles without a zip archive around it";
        return beginning.Length >= 262 && beginning.Slice(257, 5).SequenceEqual("ustar"u8) ? "a tar archive" : null;
    }

    private static void RefuseBigEndian(string path, MappedFile file, ZipEntry? order)
    {
        if (order is not null && !file.Bytes(order.Start, (int)Math.Min(order.Length, 16)).SequenceEqual("little"u8))
            throw new InvalidFileException(path, "holds numbers with their bytes in another order than \"little\", which are not read.");
    }
}

/// <summary>A tensor of a torch file, with its place in the file known to be good.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="DType">Number format.</param>
/// <param name="Shape">Axis lengths, slowest first.</param>
/// <param name="Start">Byte of its first element, counted from the beginning of the file.</param>
/// <param name="Count">Elements.</param>
/// <param name="Strides">Elements from one index of an axis to the next.</param>
internal sealed record TorchEntry(string Name, string DType, long[] Shape, long Start, long Count, long[] Strides) : TensorEntry(Name, DType, Shape)
{
    /// <summary>Do the elements lie in one piece, in row-major order?</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int axis = Shape.Length - 1; axis >= 0; axis--)
            {
                if (Shape[axis] != 1 && Strides[axis] != expected && Count > 0) return false;
                expected *= Shape[axis];
            }

            return true;
        }
    }
}
