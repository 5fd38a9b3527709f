using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// A GGUF file, version 2 or 3. Tensors appear under the names and in the layout of their Hugging Face family; quantised ones are float32 numbers, computed when they are
/// read.
/// </summary>
/// <remarks>Format: docs/gguf.md of the ggml repository.</remarks>
public sealed class GgufFile : WeightFile, IGgufTensors
{
    private const int MaxTensors = 1_000_000, MaxName = 1000, MaxAxes = 4, MaxExperts = 1 << 12;

    /// <summary>Divisors of rotary frequencies, which are not weights.</summary>
    private static readonly string[] Factors = ["rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"];

    private readonly Dictionary<string, GgufEntry> _entries;
    private readonly GgufMetadata _metadata;

    private GgufFile(string path, MappedFile file, IReadOnlyList<GgufEntry> entries, GgufLayout layout, GgufMetadata metadata) : base(path, file)
    {
        _metadata = metadata;
        _entries = new Dictionary<string, GgufEntry>(StringComparer.Ordinal);
        foreach (GgufEntry entry in entries) if (!_entries.TryAdd(entry.Name, entry)) throw new InvalidFileException(path, $"has the tensor {Excerpt.Quote(entry.Name)} twice.");
        Names = [.. entries.Where(entry => !Factors.Contains(entry.Name)).Select(entry => entry.Name)];
        Architecture = layout.Architecture;
        ConfigText = ConfigWriter.Text(Config(layout));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; }

    /// <summary>The architecture, as GGUF names it.</summary>
    public string Architecture { get; }

    /// <summary>The metadata as a configuration of the family.</summary>
    internal byte[] ConfigText { get; }

    /// <summary>The tokenizer in the metadata, or null and the reason.</summary>
    /// <exception cref="InvalidFileException">What the file says of it does not fit together.</exception>
    internal (Tokenizer? Tokenizer, string Lack) ReadTokenizer()
    {
        RequireOpen();
        return GgufTokenizer.Read(_metadata, Path);
    }

    /// <summary>The tokenizer in the metadata as files of a Hugging Face folder, where it can be written so.</summary>
    internal IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles()
    {
        RequireOpen();
        return GgufTokenizer.Files(_metadata, Path);
    }

    /// <summary>Opens a file and checks its metadata and the place of every tensor.</summary>
    /// <exception cref="InvalidFileException">The file cannot be opened, is not valid, or holds a network that is not read.</exception>
    public static new GgufFile Open(string path) => Mapped(path, Open);

    internal static bool Recognises(ReadOnlySpan<byte> beginning) => beginning.StartsWith("GGUF"u8);

    internal static GgufFile Open(string path, MappedFile file)
    {
        GgufCursor cursor = new(file, path);
        if (!cursor.Take(4).SequenceEqual("GGUF"u8)) throw cursor.Refuse("is not a GGUF file, which begins with the bytes GGUF");
        uint version = cursor.U32();
        if (version is not (2 or 3)) throw cursor.Refuse($"is a GGUF file of version {version}; 2 and 3 are read, with the least byte first");
        ulong count = cursor.U64();
        ulong pairs = cursor.U64();
        GgufMetadata metadata = GgufMetadata.Read(cursor, pairs, file, path);
        // Name, number of axes, format and place take at least 24 bytes.
        if (count > MaxTensors || count > (ulong)(cursor.Left / 24)) throw cursor.Refuse($"announces {count:N0} tensors, and {cursor.Left:N0} bytes follow");
        int alignment = metadata.Int("general.alignment") ?? 32;
        if (alignment is < 1 or > 1 << 16 || !int.IsPow2(alignment)) throw cursor.Refuse($"aligns its tensors to {alignment} bytes; expected a power of two up to 65536");
        List<GgufTensor> tensors = new((int)count);
        for (ulong i = 0; i < count; i++) tensors.Add(ReadTensor(cursor, alignment));
        long start = (cursor.At + alignment - 1) / alignment * alignment;
        GgufLayout layout = new(metadata, [.. tensors.Select(tensor => tensor.Name)], path);
        List<GgufTensor> placed = [.. tensors.Select(tensor => tensor with { Start = tensor.Start + start })];
        CheckPlaces(placed, file.Length, path);
        List<GgufEntry> entries = [];
        foreach (GgufTensor tensor in placed)
        {
            entries.AddRange(Entries(tensor, layout, path));
            if (entries.Count > MaxTensors) throw cursor.Refuse($"has more than {MaxTensors:N0} tensors, those of its experts among them");
        }

        return new GgufFile(path, file, entries, layout, metadata);
    }

    private static GgufTensor ReadTensor(GgufCursor cursor, int alignment)
    {
        string tensor = cursor.Text(MaxName);
        uint axes = cursor.U32();
        if (axes is < 1 or > MaxAxes) throw cursor.Refuse($"gives the tensor {Excerpt.Quote(tensor)} {axes} axes; expected 1 to {MaxAxes}");
        // The fastest axis comes first.
        long[] shape = new long[axes];
        Int128 count = 1;
        for (int axis = (int)axes - 1; axis >= 0; axis--)
        {
            ulong length = cursor.U64();
            if (length is 0 or > int.MaxValue) throw cursor.Refuse($"gives the tensor {Excerpt.Quote(tensor)} an axis of length {length}");
            shape[axis] = (long)length;
            count = Int128.Min(count * shape[axis], long.MaxValue);
        }

        uint number = cursor.U32();
        GgmlFormat format = GgmlFormat.Of(number) ?? throw cursor.Refuse($"holds the tensor {Excerpt.Quote(tensor)} in ggml's number format {number}, which is not read; {GgmlFormat.Known} are");
        if (shape[^1] % format.Block != 0) throw cursor.Refuse($"has rows of {shape[^1]} numbers in the tensor {Excerpt.Quote(tensor)}, which do not divide into the blocks of {format.Block} of {format.Name}");
        Int128 bytes = count / format.Block * format.Bytes;
        ulong offset = cursor.U64();
        if (offset > long.MaxValue / 2 || bytes > long.MaxValue / 4) throw cursor.Refuse($"places the tensor {Excerpt.Quote(tensor)} beyond the end of any file");
        if (offset % (ulong)alignment != 0) throw cursor.Refuse($"places the tensor {Excerpt.Quote(tensor)} at byte {offset} of its data, which is not a multiple of {alignment}");
        return new GgufTensor(tensor, shape, format, (long)offset, (long)bytes);
    }

    /// <summary>The tensors of the family that a tensor of the file holds: one, or one for each expert.</summary>
    private static IEnumerable<GgufEntry> Entries(GgufTensor tensor, GgufLayout layout, string path)
    {
        (string name, GgufChange change) = layout.Name(tensor.Name);
        long[] shape = [.. tensor.Shape];
        InvalidFileException Wrong() => new(path, $"gives the tensor {Excerpt.Quote(tensor.Name)} the shape [{string.Join(", ", shape)}], which its network cannot have.");
        if (change == GgufChange.Stacked)
        {
            if (shape.Length != 3 || shape[0] != layout.Experts || layout.Experts > MaxExperts) throw Wrong();
            long bytes = tensor.Bytes / layout.Experts;
            for (int e = 0; e < layout.Experts; e++)
                yield return new GgufEntry(name.Replace(GgufArchitecture.Expert, $"{e}", StringComparison.Ordinal), tensor.Format.Plain ?? "F32", shape[1..], tensor.Start + (e * bytes), bytes, tensor.Format, GgufChange.None, 0);
            yield break;
        }

        // Axes of length 1 are dropped in the file.
        if (name.EndsWith("shared_expert_gate.weight", StringComparison.Ordinal) && shape.Length == 1) shape = [1, shape[0]];
        int groups = change switch
        {
            GgufChange.Interleaved => tensor.Name.Contains(".attn_k.", StringComparison.Ordinal) ? layout.KeyValueHeads : layout.Heads,
            GgufChange.Ungrouped => layout.KeyValueHeads,
            _ => 0,
        };
        if (change == GgufChange.Transposed && shape.Length != 2 || change == GgufChange.Interleaved && (groups < 1 || shape[0] % (2L * groups) != 0)) throw Wrong();
        if (change == GgufChange.Ungrouped && (groups < 1 || layout.Heads % groups != 0 || shape[0] % (layout.Heads + (2L * groups)) != 0)) throw Wrong();
        if (change == GgufChange.Transposed) Array.Reverse(shape);
        yield return new GgufEntry(name, change == GgufChange.OneMore ? "F32" : tensor.Format.Plain ?? "F32", shape, tensor.Start, tensor.Bytes, tensor.Format, change, groups) { HeadsOfGroup = change == GgufChange.Ungrouped ? layout.Heads / groups : 0 };
    }

    private static void CheckPlaces(List<GgufTensor> tensors, long fileLength, string path)
    {
        GgufTensor[] sorted = [.. tensors.OrderBy(tensor => tensor.Start)];
        for (int i = 0; i < sorted.Length; i++)
        {
            GgufTensor tensor = sorted[i];
            if (tensor.Start > fileLength - tensor.Bytes) throw new InvalidFileException(path, $"places the tensor {Excerpt.Quote(tensor.Name)} at bytes {tensor.Start} to {tensor.Start + tensor.Bytes}, and the file has {fileLength}. It is cut off; download it again.");
            if (i > 0 && tensor.Start < sorted[i - 1].Start + sorted[i - 1].Bytes) throw new InvalidFileException(path, $"has tensors that overlap: {Excerpt.Quote(sorted[i - 1].Name)} and {Excerpt.Quote(tensor.Name)}.");
        }
    }

    private JsonObject Config(GgufLayout layout) => _entries.TryGetValue(layout.Embedding, out GgufEntry? table)
        ? layout.Config(table.Shape[0], this)
        : throw new InvalidFileException(Path, "has no tensor \"token_embd.weight\".");

    bool IGgufTensors.Has(string name) => _entries.ContainsKey(name);

    float[]? IGgufTensors.Vector(string name)
    {
        if (!_entries.TryGetValue(name, out GgufEntry? entry)) return null;
        if (entry.DType != "F32" || entry.Shape.Length != 1 || entry.Shape[0] > 1 << 16) throw new InvalidFileException(Path, $"has {name} in another form than a vector of F32.");
        TensorBytes bytes = Bytes(entry);
        float[] values = MemoryMarshal.Cast<byte, float>(bytes.Span(0, (int)bytes.Length)).ToArray();
        return values.All(float.IsFinite) ? values : throw new InvalidFileException(Path, $"has factors in {name} that are not numbers.");
    }

    private protected override TensorEntry? Find(string name) => _entries.GetValueOrDefault(name);

    private protected override (long Start, long Bytes) Extent(TensorEntry entry) => entry is GgufEntry place ? (place.Start, place.Bytes) : default;

    private protected override TensorBytes Locate(TensorEntry entry, MappedFile file)
    {
        GgufEntry place = (GgufEntry)entry;
        TensorBytes stored = new(file.Address + (nint)place.Start, place.Bytes, file);
        TensorBytes plain = place.Format.Plain is null ? Dequantise(place, stored) : stored;
        TensorBytes changed = place.Change switch
        {
            GgufChange.Transposed => Transpose(place, plain),
            GgufChange.Interleaved => Separate(place, plain),
            GgufChange.OneMore => LessOne(place, plain),
            GgufChange.Ungrouped => Group(place, plain),
            _ => plain,
        };
        // Spans do not keep the memory that they look at.
        GC.KeepAlive(plain.Owner);
        return changed;
    }

    /// <summary>Float32 numbers of a quantised tensor, on all cores.</summary>
    private static TensorBytes Dequantise(GgufEntry entry, TensorBytes stored)
    {
        const int blocksAtOnce = 4096;
        long blocks = entry.Bytes / entry.Format.Bytes;
        TensorBytes plain = TensorBytes.Allocate(blocks * entry.Format.Block * sizeof(float));
        ParallelWork.For(checked((int)((blocks + blocksAtOnce - 1) / blocksAtOnce)), CancellationToken.None, part =>
        {
            long first = (long)part * blocksAtOnce;
            int count = (int)Math.Min(blocksAtOnce, blocks - first);
            Span<float> values = MemoryMarshal.Cast<byte, float>(plain.Span(first * entry.Format.Block * sizeof(float), count * entry.Format.Block * sizeof(float)));
            entry.Format.Dequantise(stored.Span(first * entry.Format.Bytes, count * entry.Format.Bytes), values);
        });
        return plain;
    }

    /// <summary>[outputs, inputs] to [inputs, outputs].</summary>
    private static TensorBytes Transpose(GgufEntry entry, TensorBytes from)
    {
        long rows = entry.Shape[1], columns = entry.Shape[0];
        int width = (int)(from.Length / (rows * columns));
        TensorBytes to = TensorBytes.Allocate(from.Length);
        for (long row = 0; row < rows; row++)
        {
            for (long column = 0; column < columns; column++) from.Span((row * columns + column) * width, width).CopyTo(to.Span((column * rows + row) * width, width));
        }

        return to;
    }

    /// <summary>Row 2j + s of a head becomes its row s · half + j.</summary>
    private static TensorBytes Separate(GgufEntry entry, TensorBytes from)
    {
        long rows = entry.Shape[0], width = from.Length / rows;
        long head = rows / entry.Heads, half = head / 2;
        TensorBytes to = TensorBytes.Allocate(from.Length);
        for (long row = 0; row < rows; row++)
        {
            long inHead = row % head, target = row - inHead + inHead % 2 * half + inHead / 2;
            from.Span(row * width, (int)width).CopyTo(to.Span(target * width, (int)width));
        }

        return to;
    }

    /// <summary>Queries, then keys, then values become, for each key head, its queries, its key and its value.</summary>
    private static TensorBytes Group(GgufEntry entry, TensorBytes from)
    {
        long rows = entry.Shape[0], width = from.Length / rows, all = (entry.HeadsOfGroup + 2L) * entry.Heads, head = rows / all * width;
        TensorBytes to = TensorBytes.Allocate(from.Length);
        long at = 0;
        for (long group = 0; group < entry.Heads; group++)
        {
            for (long i = 0; i < entry.HeadsOfGroup; i++) Copy((group * entry.HeadsOfGroup) + i);
            Copy((entry.Heads * (long)entry.HeadsOfGroup) + group);
            Copy((entry.Heads * (entry.HeadsOfGroup + 1L)) + group);
        }

        return to;

        void Copy(long source)
        {
            from.Span(source * head, checked((int)head)).CopyTo(to.Span(at, (int)head));
            at += head;
        }
    }

    private static TensorBytes LessOne(GgufEntry entry, TensorBytes from)
    {
        int count = (int)entry.Shape.Aggregate(1L, (a, b) => a * b);
        TensorBytes to = TensorBytes.Allocate((long)count * sizeof(float));
        Span<float> values = MemoryMarshal.Cast<byte, float>(to.Span(0, count * sizeof(float)));
        NumberFormat.Widen(entry.Format.Plain ?? "F32", from.Span(0, (int)from.Length), values);
        for (int i = 0; i < count; i++) values[i] -= 1;
        return to;
    }
}

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Name in the Hugging Face family.</param>
/// <param name="DType">Number format in which it is handed out.</param>
/// <param name="Shape">Shape in which it is handed out.</param>
/// <param name="Start">First byte, counted from the beginning of the file.</param>
/// <param name="Bytes">Bytes in the file.</param>
/// <param name="Format">Number format in the file.</param>
/// <param name="Change">What was done to it and is undone.</param>
/// <param name="Heads">Heads whose rows are interleaved, or key heads of a fused map; 0 for others.</param>
internal sealed record GgufEntry(string Name, string DType, long[] Shape, long Start, long Bytes, GgmlFormat Format, GgufChange Change, int Heads) : TensorEntry(Name, DType, Shape)
{
    /// <summary>Query heads for each key head of a fused map; 0 for others.</summary>
    public int HeadsOfGroup { get; init; }
}

/// <summary>A tensor as the file describes it.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Shape">Axes, the slowest first.</param>
/// <param name="Format">Number format.</param>
/// <param name="Start">First byte, counted from the beginning of the data, later of the file.</param>
/// <param name="Bytes">Bytes.</param>
internal sealed record GgufTensor(string Name, long[] Shape, GgmlFormat Format, long Start, long Bytes);
