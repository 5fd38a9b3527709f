using System.Text.Json.Nodes;

namespace Strata.Models;

/// <summary>Writes a network as a Hugging Face folder, its blocks along a plan: <c>config.json</c>, safetensors, the tokenizer's files and a recipe of what was done.</summary>
internal sealed class ModelSaver
{
    /// <summary>Name of the recipe.</summary>
    public const string RecipeName = "strata-recipe.json";

    /// <summary>Files beside the weights that belong to a network and do not depend on its blocks.</summary>
    private static readonly string[] CopiedNames =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model", "vocab.json", "merges.txt",
        "vocab.txt", "chat_template.jinja", "chat_template.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
    ];

    private readonly Model _model;
    private readonly ModelSource _source;
    private readonly LayerPlan _plan;
    private readonly SaveOptions _options;
    private readonly int[] _blocks;

    /// <summary>The blocks that each first block of a group is merged of.</summary>
    private readonly Dictionary<int, IReadOnlyList<int>> _groups = [];

    /// <summary>Checks that a plan can be written as a network.</summary>
    /// <exception cref="StrataException">It runs blocks in parallel or by halves, or is for another depth, or blocks cannot be merged.</exception>
    public ModelSaver(Model model, ModelSource source, LayerPlan? plan, SaveOptions options)
    {
        _options = options;
        _model = model;
        _source = source;
        _plan = model.CheckPlan(plan);
        CheckGroups();
        int[] blocks = [.. _plan.Steps.Select(step => step switch
        {
            BlockStep block => block.Block,
            ParallelStep => throw new StrataException($"The plan \"{_plan}\" runs blocks in parallel. A saved network is a sequence of whole blocks, and no config.json can say that some read the same input: choose a plan without parallel(...)."),
            _ => throw new StrataException($"The plan \"{_plan}\" runs half a block. A saved network is a sequence of whole blocks: choose a plan without attn(...) and mlp(...)."),
        })];
        int[] merged = [.. options.Merge.SelectMany(group => group.Skip(1))];
        _blocks = [.. blocks.Where(block => !merged.Contains(block))];
    }

    /// <summary>Blocks of a group must compute the same way: what their places say (windows, positions, experts) cannot be averaged.</summary>
    private void CheckGroups()
    {
        ModelSpec spec = _model.Spec;
        HashSet<int> seen = [];
        foreach (IReadOnlyList<int> group in _options.Merge)
        {
            string text = string.Join(", ", group);
            if (group.Count < 2) throw new StrataException($"A group of {group.Count} blocks cannot be merged; give two or more.");
            foreach (int block in group)
            {
                if ((uint)block >= (uint)spec.Blocks) throw new StrataException($"Block {block} cannot be merged: the network has blocks 0..{spec.Blocks} (0 to {spec.Blocks - 1}).");
                if (!seen.Add(block)) throw new StrataException($"Block {block} is to be merged twice.");
                if (spec.Block(block) != spec.Block(group[0])) throw new StrataException($"The blocks {text} cannot be merged: block {block} differs from block {group[0]} in its window, its positions or its experts.");
            }

            _groups[group[0]] = group;
        }
    }

    /// <summary>Writes the folder beside its place, then renames it.</summary>
    /// <param name="folder">A folder that does not exist yet, or is empty.</param>
    /// <param name="cancellation">Stops between tensors; nothing is left behind.</param>
    /// <exception cref="InvalidFileException">The folder has something in it or cannot be written.</exception>
    public SavedModel Write(string folder, CancellationToken cancellation)
    {
        string target = CheckTarget(folder);
        JsonObject config = _source.Config();
        ConfigWriter.Rearrange(config, _model.Spec, _blocks);
        List<SafetensorsPart> parts = Parts(cancellation);
        string beside = $"{target}.{Guid.NewGuid():N}.part";
        try
        {
            Directory.CreateDirectory(beside);
            File.WriteAllBytes(Path.Combine(beside, "config.json"), ConfigWriter.Text(config));
            WriteShards(beside, Shards(parts, _options.MaxShardBytes));
            string[] copied = CopyFiles(beside);
            File.WriteAllBytes(Path.Combine(beside, RecipeName), ConfigWriter.Text(Recipe(parts, copied)));
            cancellation.ThrowIfCancellationRequested();
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(beside, target);
            return new SavedModel(folder, _model.Name, _plan.ToString(), _blocks.Length, parts.Sum(part => part.Bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(folder, $"cannot be written: {e.Message} Nothing was changed.", e);
        }
        finally
        {
            if (Directory.Exists(beside)) Directory.Delete(beside, recursive: true);
        }
    }

    private static string CheckTarget(string folder)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(target)) throw new InvalidFileException(folder, "is a file; expected the name of a new folder.");
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()) throw new InvalidFileException(folder, "is not empty, and nothing is overwritten. Give the name of a new folder.");
        string? parent = Path.GetDirectoryName(target);
        if (parent is null || !Directory.Exists(parent)) throw new InvalidFileException(folder, $"the folder above does not exist. Make it first: mkdir -p \"{parent}\"");
        return target;
    }

    /// <summary>The tensors of the new network: those outside of blocks as they are, then those of each block under its new number.</summary>
    private List<SafetensorsPart> Parts(CancellationToken cancellation)
    {
        WeightMap map = ModelFamily.Of(_model.Spec).Map(_model.Spec, _source.Has);
        List<SafetensorsPart> parts = [];
        long written = 0;

        // Blocks that share their weights (ALBERT) are written once, whatever the plan.
        if (map.Blocks.Distinct(ReferenceEqualityComparer.Instance).Count() < map.Blocks.Count)
        {
            parts.AddRange(_source.Tensors.Select(entry => Part(entry.Name, [entry])));
            return parts;
        }

        string[] prefixes = Prefixes(map);
        HashSet<string> outside = [.. map.OutsideBlocks.Select(entry => entry.Name)];
        List<TensorEntry>[] ofBlock = [.. prefixes.Select(_ => new List<TensorEntry>())];
        foreach (TensorEntry entry in _source.Tensors)
        {
            int block = outside.Contains(entry.Name) ? -1 : Array.FindIndex(prefixes, prefix => entry.Name.StartsWith(prefix, StringComparison.Ordinal));
            if (block >= 0) ofBlock[block].Add(entry);
            else parts.Add(Part(entry.Name, [entry]));
        }

        for (int i = 0; i < _blocks.Length; i++)
        {
            int block = _blocks[i];
            string prefix = prefixes[block];
            string renamed = $"{prefix[..^$"{block}.".Length]}{i}.";
            IReadOnlyList<int> group = _groups.GetValueOrDefault(block, [block]);
            parts.AddRange(ofBlock[block].Select(entry => Part(renamed + entry.Name[prefix.Length..], [.. group.Select(other => Same(ofBlock[other], prefixes[other], entry, prefix))])));
        }

        return parts;

        SafetensorsPart Part(string name, TensorEntry[] entries) => new(name, entries[0].DType, entries[0].Shape, stream =>
        {
            cancellation.ThrowIfCancellationRequested();
            if (entries.Length > 1 && BlockAverage.Applies(entries[0])) BlockAverage.Write(_source, entries, stream);
            else _source.Write(entries[0], stream);
            _options.Progress?.Report(new WorkProgress("Saving weights", ++written, parts.Count, "tensors"));
        });
    }

    /// <summary>The tensor of another block that has the place of this one in its own.</summary>
    private TensorEntry Same(List<TensorEntry> others, string otherPrefix, TensorEntry entry, string prefix)
    {
        string name = otherPrefix + entry.Name[prefix.Length..];
        TensorEntry? same = others.Find(other => other.Name == name);
        return same is not null && same.DType == entry.DType && same.Shape.SequenceEqual(entry.Shape)
            ? same
            : throw new StrataException($"{Excerpt.Quote(entry.Name)} and {Excerpt.Quote(name)} cannot be merged: they differ in shape or number format, or one is missing.");
    }

    /// <summary>What the names of each block's tensors begin with: <c>model.layers.3.</c></summary>
    private string[] Prefixes(WeightMap map)
    {
        string[] prefixes = [.. map.Blocks.Select(block => CommonPrefix(block.Entries.OfType<WeightEntry>().Select(entry => entry.Name)))];
        for (int i = 0; i < prefixes.Length; i++)
        {
            // Behind the number all names of a block may go on alike (T5: block.3.layer.).
            int number = prefixes[i].LastIndexOf($".{i}.", StringComparison.Ordinal);
            if (number >= 0) prefixes[i] = prefixes[i][..(number + $".{i}.".Length)];
            else throw new StrataException($"The tensors of block {i} of this {_model.Spec.Family} have no name of their own, so its blocks cannot be saved one by one.");
        }

        return prefixes;
    }

    private static string CommonPrefix(IEnumerable<string> names) => names.Aggregate((prefix, name) =>
    {
        int same = prefix.AsSpan().CommonPrefixLength(name);
        return prefix[..(prefix.AsSpan(0, same).LastIndexOf('.') + 1)];
    });

    /// <summary>Fills weight files up to the limit, in order.</summary>
    private static List<List<SafetensorsPart>> Shards(List<SafetensorsPart> parts, long maxBytes)
    {
        List<List<SafetensorsPart>> shards = [[]];
        long bytes = 0;
        foreach (SafetensorsPart part in parts)
        {
            if (bytes > 0 && bytes + part.Bytes > maxBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(part);
            bytes += part.Bytes;
        }

        return shards;
    }

    private static void WriteShards(string folder, List<List<SafetensorsPart>> shards)
    {
        JsonObject places = [];
        for (int i = 0; i < shards.Count; i++)
        {
            string name = shards.Count == 1 ? "model.safetensors" : $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            // Libraries that read such files ask for this entry.
            AtomicFile.Write(Path.Combine(folder, name), SafetensorsWriter.Writer(shards[i], new Dictionary<string, string> { ["format"] = "pt" }));
            foreach (SafetensorsPart part in shards[i]) places[part.Name] = name;
        }

        if (shards.Count == 1) return;
        JsonObject index = new() { ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(shard => shard.Sum(part => part.Bytes)) }, ["weight_map"] = places };
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors.index.json"), ConfigWriter.Text(index));
    }

    private string[] CopyFiles(string folder)
    {
        if (_source.Folder is not string from || !Directory.Exists(from)) return [];
        string[] names = [.. CopiedNames.Where(name => File.Exists(Path.Combine(from, name))), .. Directory.EnumerateFiles(from, "*.tiktoken").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal), .. SentenceModules.Files(from)];
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.Copy(Path.Combine(from, name), Path.Combine(folder, name));
        }

        foreach ((string name, byte[] content) in _source.TokenizerFiles) File.WriteAllBytes(Path.Combine(folder, name), content);
        return names;
    }

    private JsonObject Recipe(List<SafetensorsPart> parts, string[] copied)
    {
        Provenance provenance = _model.Provenance;
        return new JsonObject
        {
            ["version"] = provenance.Version,
            ["model"] = provenance.Model,
            ["model_hash"] = provenance.ModelHash,
            ["seed"] = provenance.Seed,
            ["plan"] = _plan.ToString(),
            ["blocks_before"] = _model.Spec.Blocks,
            ["blocks"] = new JsonArray([.. _blocks.Select(block => (JsonNode)block)]),
            ["merged_blocks"] = new JsonArray([.. _options.Merge.Select(group => (JsonNode)new JsonArray([.. group.Select(block => (JsonNode)block)]))]),
            ["tensors"] = parts.Count,
            ["bytes"] = parts.Sum(part => part.Bytes),
            ["copied_files"] = new JsonArray([.. copied.Select(name => (JsonNode)name)]),
        };
    }
}
