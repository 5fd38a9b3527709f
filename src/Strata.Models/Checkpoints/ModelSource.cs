using System.Text.Json.Nodes;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>What a network was made from, kept so that it can be saved: configuration, tensors in the format in which they are stored, and the folder of its tokenizer.</summary>
internal abstract class ModelSource
{
    /// <summary>The configuration, a copy of the caller's own.</summary>
    /// <exception cref="StrataException">There is none.</exception>
    public abstract JsonObject Config();

    /// <summary>All tensors, in the order in which they are to be written.</summary>
    public abstract IEnumerable<TensorEntry> Tensors { get; }

    /// <summary>Does the source have a tensor of this name?</summary>
    public abstract bool Has(string name);

    /// <summary>A number that is a tensor of its own; null where there is none.</summary>
    public virtual float? Number(string name) => null;

    /// <summary>Folder of the tokenizer's files; null where there is none.</summary>
    public abstract string? Folder { get; }

    /// <summary>Files of a tokenizer that the folder has not.</summary>
    public virtual IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles => [];

    /// <summary>Reads a tensor for an engine.</summary>
    public abstract Func<WeightEntry, Tensor> Reader(TensorEngine engine);

    /// <summary>Format in which a tensor's numbers stay in memory where none is chosen.</summary>
    public abstract DType FormatInMemory(WeightEntry entry);

    /// <summary>Begins to bring tensors into the system's memory that will be read soon.</summary>
    public virtual void ReadAhead(IEnumerable<WeightEntry> entries)
    {
    }

    /// <summary>What a tensor is, as its file says now: the same stamp means the same numbers. Null where it lies in no file, or in one that was written just now.</summary>
    public virtual string? Stamp(WeightEntry entry) => null;

    /// <summary>Gives the memory of what was read so far back to the system.</summary>
    public virtual void ReleasePages()
    {
    }

    /// <summary>The numbers of a tensor, row-major, widened to float32.</summary>
    public abstract float[] Numbers(TensorEntry entry);

    /// <summary>Writes the numbers of a tensor, row-major, little-endian.</summary>
    public abstract void Write(TensorEntry entry, Stream stream);
}

/// <summary>A network from a checkpoint.</summary>
internal sealed class CheckpointSource(Checkpoint checkpoint) : ModelSource
{
    public override IEnumerable<TensorEntry> Tensors => checkpoint.Names.Select(checkpoint.Entry);

    public override string? Folder => checkpoint.Folder;

    public override IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles => checkpoint.TokenizerFiles();

    public override JsonObject Config() => JsonObject.Create(checkpoint.Config.Element.Clone())!;

    public override bool Has(string name) => checkpoint.Has(name);

    public override float? Number(string name) => checkpoint.Has(name) && checkpoint.Read(CpuEngine.Default, name) is { Shape.Count: 1 } number ? number.ToArray()[0] : null;

    public override Func<WeightEntry, Tensor> Reader(TensorEngine engine) => entry => checkpoint.Read(engine, entry.Name);

    public override DType FormatInMemory(WeightEntry entry) => NumberFormat.Stored(checkpoint.Entry(entry.Name).DType) ?? DType.Float32;

    public override void ReadAhead(IEnumerable<WeightEntry> entries) => checkpoint.ReadAhead([.. entries.Select(entry => entry.Name)]);

    public override string? Stamp(WeightEntry entry) => checkpoint.Stamp(entry.Name);

    public override void ReleasePages() => checkpoint.ReleasePages();

    public override float[] Numbers(TensorEntry entry) => checkpoint.Read(CpuEngine.Default, entry.Name).ToArray();

    public override void Write(TensorEntry entry, Stream stream)
    {
        const int chunk = 1 << 24;
        TensorBytes bytes = checkpoint.Bytes(entry.Name);
        for (long at = 0; at < bytes.Length; at += chunk) stream.Write(bytes.Span(at, (int)Math.Min(chunk, bytes.Length - at)));
        GC.KeepAlive(bytes.Owner);
    }
}

/// <summary>A network with random weights: they are drawn again, which gives the same numbers.</summary>
/// <param name="family">The family.</param>
/// <param name="spec">The architecture.</param>
/// <param name="seed">The seed.</param>
/// <param name="engine">The engine that draws.</param>
/// <param name="original">Where configuration and tokenizer come from; null for a network of a spec alone.</param>
internal sealed class RandomSource(ModelFamily family, ModelSpec spec, long seed, TensorEngine engine, ModelSource? original) : ModelSource
{
    /// <summary>Bytes of drawn numbers that may wait for the collector: gaps that they leave between weights stay with the process.</summary>
    private const long Waiting = 16 << 20;

    private readonly Dictionary<string, WeightEntry> _entries = family.Map(spec, _ => false).Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    private long _drawn;

    public override IEnumerable<TensorEntry> Tensors => _entries.Values.Select(entry => new TensorEntry(entry.Name, "F32", [.. entry.Shape.ToArray().Select(length => (long)length)]));

    public override string? Folder => original?.Folder;

    public override IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles => original?.TokenizerFiles ?? [];

    public override JsonObject Config()
    {
        JsonObject config = original is null ? ConfigWriter.Write(spec) : ConfigWriter.Alone(original.Config(), spec.Family);
        // The weights are float32, whatever those of the original were.
        foreach (JsonObject level in ConfigWriter.Levels(config, spec.Family))
        {
            foreach (string key in new[] { "torch_dtype", "dtype" }) if (level.ContainsKey(key)) level[key] = "float32";
        }

        return config;
    }

    public override bool Has(string name) => _entries.ContainsKey(name);

    public override Func<WeightEntry, Tensor> Reader(TensorEngine reader) => new RandomWeights(family, spec, seed, reader, bytes => _drawn += bytes).Read;

    public override void ReleasePages()
    {
        if (_drawn < Waiting) return;
        _drawn = 0;
        GC.Collect();
    }

    public override DType FormatInMemory(WeightEntry entry) => DType.Float32;

    public override float[] Numbers(TensorEntry entry) => new RandomWeights(family, spec, seed, engine).Read(_entries[entry.Name]).ToArray();

    public override void Write(TensorEntry entry, Stream stream) => stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Numbers(entry)));
}
