using System.Security.Cryptography;
using System.Text.Json;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// A trained network in a Hugging Face folder: <c>config.json</c>, the weights (<c>model.safetensors</c> or <c>pytorch_model.bin</c>, or shards with an index of either) and,
/// where there is one, <c>tokenizer.json</c>. Weights are mapped into memory, not read.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private const string ConfigName = "config.json";
    private const string WeightsName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";
    private const string TorchWeightsName = "pytorch_model.bin";
    private const string TorchIndexName = "pytorch_model.bin.index.json";
    private const int MaxConfigBytes = 16 << 20;
    private const int MaxIndexBytes = 100_000_000;
    private const string Expected = $"Expected is a Hugging Face folder with {ConfigName}, {WeightsName} (or shards with {IndexName}) and, for text, tokenizer.json.";

    private readonly JsonDocument _config;
    private readonly List<WeightFile> _files;
    private readonly Dictionary<string, WeightFile> _fileOf;
    private readonly Lazy<string> _contentHash;

    private Checkpoint(string folder, JsonDocument config, List<WeightFile> files, Dictionary<string, WeightFile> fileOf)
    {
        Folder = folder;
        _config = config;
        _files = files;
        _fileOf = fileOf;
        Names = [.. files.SelectMany(file => file.Names.Where(name => fileOf.GetValueOrDefault(name) == file))];
        _contentHash = new Lazy<string>(HashContent);
    }

    /// <summary>The folder, as it was given.</summary>
    public string Folder { get; }

    /// <summary>Names of the tensors, file by file in the order of the shards' names, within a file in its order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The values of <c>config.json</c>.</summary>
    public ConfigReader Config => new(_config.RootElement, ConfigPath);

    /// <summary>The file that the configuration was read from.</summary>
    private string ConfigPath => _files is [GgufFile file] ? file.Path : Path.Combine(Folder, ConfigName);

    /// <summary>The weight files, in the order of their names.</summary>
    public IReadOnlyList<WeightFile> Files => _files;

    /// <summary>Path of <c>tokenizer.json</c>; null when the folder has none.</summary>
    public string? TokenizerPath => Optional("tokenizer.json");

    /// <summary>Path of <c>tokenizer_config.json</c>; null when the folder has none.</summary>
    public string? TokenizerConfigPath => Optional("tokenizer_config.json");

    /// <summary>SHA-256 in lower-case hexadecimal over the bytes of all weight files in the order of their names, then of <c>config.json</c>. Computed at the first call, by streaming.</summary>
    /// <exception cref="InvalidFileException">A file cannot be read any more.</exception>
    public string ContentHash => _contentHash.Value;

    /// <summary>Opens a folder, or a GGUF file, and checks its configuration, its index and the headers of all weight files.</summary>
    /// <exception cref="InvalidFileException">Something is missing or invalid; the message names the file and what is expected.</exception>
    public static Checkpoint Open(string folder)
    {
        if (SingleFile(folder) is string gguf) return OpenGguf(gguf);
        if (!Directory.Exists(folder))
            throw new InvalidFileException(folder, File.Exists(folder) ? $"is a file. {Expected} Give the folder that it lies in." : $"is not a folder. {Expected}{HubAdvice(folder)}");
        string configPath = Path.Combine(folder, ConfigName);
        if (!File.Exists(configPath)) throw new InvalidFileException(folder, $"has no {ConfigName}. {Expected}");
        JsonDocument config = JsonFile.ReadObject(configPath, MaxConfigBytes);
        List<WeightFile> files = [];
        try
        {
            Dictionary<string, WeightFile> fileOf = OpenWeights(folder, files);
            return new Checkpoint(folder, config, files, fileOf);
        }
        catch
        {
            config.Dispose();
            foreach (WeightFile file in files) file.Dispose();
            throw;
        }
    }

    /// <summary>The GGUF file that a path names: itself, or the only one of a folder without a configuration; null for others.</summary>
    private static string? SingleFile(string path)
    {
        if (File.Exists(path)) return path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? path : null;
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, ConfigName))) return null;
        string[] files = Directory.GetFiles(path, "*.gguf");
        return files.Length == 1 ? files[0] : null;
    }

    private static Checkpoint OpenGguf(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            JsonDocument config = JsonFile.ParseObject(file.ConfigText, path);
            return new Checkpoint(Path.GetDirectoryName(Path.GetFullPath(path))!, config, [file], file.Names.ToDictionary(name => name, _ => (WeightFile)file, StringComparer.Ordinal));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Has(string name) => _fileOf.ContainsKey(name);

    /// <summary>What the weight file says about a tensor.</summary>
    /// <exception cref="InvalidFileException">There is no such tensor; the message names the nearest ones.</exception>
    public TensorEntry Entry(string name) => FileOf(name).Entry(name);

    /// <summary>A tensor over the mapped bytes; see <see cref="WeightFile.Read"/>.</summary>
    /// <exception cref="InvalidFileException">There is no such tensor, or its numbers are of a format that is not computed with.</exception>
    public Tensor Read(TensorEngine engine, string name) => FileOf(name).Read(engine, name);

    /// <summary>The tokenizer of the folder's files, else that in the metadata of a GGUF file; null and the reason where there is none.</summary>
    /// <exception cref="InvalidFileException">A file is invalid or asks for something that is not supported; the message names the place.</exception>
    internal (Tokenizer? Tokenizer, string Lack) ReadTokenizer() =>
        Tokenizer.LoadFolder(Folder) is Tokenizer found ? (found, "") : _files is [GgufFile file] ? file.ReadTokenizer() : (null, "");

    /// <summary>Files of the tokenizer in the metadata of a GGUF file, where the folder has none of its own.</summary>
    internal IReadOnlyList<(string Name, byte[] Content)> TokenizerFiles() => _files is [GgufFile file] && Tokenizer.LoadFolder(Folder) is null ? file.TokenizerFiles() : [];

    /// <summary>A tensor's numbers in the format that its entry names; see <see cref="WeightFile.Bytes"/>.</summary>
    internal TensorBytes Bytes(string name) => FileOf(name).Bytes(Entry(name));

    /// <summary>What a tensor is, as its file says now; see <see cref="WeightFile.Stamp"/>.</summary>
    internal string? Stamp(string name) => FileOf(name).Stamp(Entry(name));

    /// <summary>Gives the memory of what was read so far back to the system; see <see cref="WeightFile.ReleasePages"/>.</summary>
    internal void ReleasePages() => _files.ForEach(file => file.ReleasePages());

    /// <summary>Begins to bring tensors into the system's memory, in the background.</summary>
    internal void ReadAhead(IReadOnlyList<string> names)
    {
        (WeightFile File, TensorEntry Entry)[] wanted = [.. names.Select(name => (FileOf(name), Entry(name)))];
        _ = Task.Run(() =>
        {
            foreach ((WeightFile file, TensorEntry entry) in wanted) file.ReadAhead(entry);
        });
    }

    /// <summary>Closes the files. Tensors that were read stay valid.</summary>
    public void Dispose()
    {
        foreach (WeightFile file in _files) file.Dispose();
        _config.Dispose();
    }

    private WeightFile FileOf(string name) => _fileOf.TryGetValue(name, out WeightFile? file)
        ? file
        : throw new InvalidFileException(Folder, $"has no tensor {Excerpt.Quote(name)}. {Excerpt.Nearest(name, Names)}");

    private string? Optional(string name) => Path.Combine(Folder, name) is var path && File.Exists(path) ? path : null;

    /// <summary>A name that could be one of the hub's, written without saying so.</summary>
    private static string HubAdvice(string name)
    {
        string[] parts = name.Split('/');
        return parts.Length <= 2 && parts.All(HubReference.IsName) ? $" For the model of this name on the Hugging Face hub write hf:{name}." : "";
    }

    /// <summary>Opens the weight files into <paramref name="files"/> and says which file holds which tensor.</summary>
    private static Dictionary<string, WeightFile> OpenWeights(string folder, List<WeightFile> files)
    {
        // Safetensors come first, as they do in the libraries that write both.
        foreach ((string single, string index) in new[] { (WeightsName, IndexName), (TorchWeightsName, TorchIndexName) })
        {
            if (File.Exists(Path.Combine(folder, single)))
            {
                WeightFile file = WeightFile.Open(Path.Combine(folder, single));
                files.Add(file);
                return file.Names.ToDictionary(name => name, _ => file, StringComparer.Ordinal);
            }

            if (File.Exists(Path.Combine(folder, index))) return OpenShards(folder, Path.Combine(folder, index), files);
        }

        throw new InvalidFileException(folder, $"has neither {WeightsName} nor {IndexName}, and neither {TorchWeightsName} nor {TorchIndexName}. {Expected}");
    }

    private static Dictionary<string, WeightFile> OpenShards(string folder, string indexPath, List<WeightFile> files)
    {
        SortedDictionary<string, List<string>> tensorsOf = ReadIndex(indexPath);
        string[] missing = [.. tensorsOf.Keys.Where(shard => !File.Exists(Path.Combine(folder, shard)))];
        if (missing.Length > 0)
            throw new InvalidFileException(folder, $"lacks {missing.Length} of {tensorsOf.Count} weight files that {Path.GetFileName(indexPath)} names: {string.Join(", ", missing.Take(5).Select(shard => Excerpt.Quote(shard)))}{(missing.Length > 5 ? ", ..." : "")}. Download them.");
        Dictionary<string, WeightFile> fileOf = new(StringComparer.Ordinal);
        foreach ((string shard, List<string> tensors) in tensorsOf)
        {
            WeightFile file = WeightFile.Open(Path.Combine(folder, shard));
            files.Add(file);
            foreach (string name in tensors)
            {
                if (!file.Has(name)) throw new InvalidFileException(indexPath, $"places tensor {Excerpt.Quote(name)} in {Excerpt.Quote(shard)}, which does not hold it.");
                fileOf.Add(name, file);
            }
        }

        RefuseDoubles(indexPath, files, fileOf);
        return fileOf;
    }

    /// <summary>A tensor that a second shard holds too leaves open which of the two is meant; one that the index does not name at all is passed over.</summary>
    private static void RefuseDoubles(string indexPath, List<WeightFile> files, Dictionary<string, WeightFile> fileOf)
    {
        foreach (WeightFile file in files)
        {
            string? twice = file.Names.FirstOrDefault(name => fileOf.TryGetValue(name, out WeightFile? other) && other != file);
            if (twice is not null) throw new InvalidFileException(indexPath, $"tensor {Excerpt.Quote(twice)} is in both {fileOf[twice].Path} and {file.Path}.");
        }
    }

    /// <summary>The index's map, turned round: the tensors of each shard.</summary>
    private static SortedDictionary<string, List<string>> ReadIndex(string path)
    {
        string extension = path.EndsWith(TorchIndexName, StringComparison.Ordinal) ? ".bin" : ".safetensors";
        using JsonDocument document = JsonFile.ReadObject(path, MaxIndexBytes);
        ConfigReader map = new ConfigReader(document.RootElement, path).Object("weight_map");
        SortedDictionary<string, List<string>> tensorsOf = new(StringComparer.Ordinal);
        foreach (JsonProperty property in map.Element.EnumerateObject())
        {
            string? shard = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : null;
            if (shard is null || !IsPlainFileName(shard, extension))
                throw map.Refuse(property.Name, $"is {Excerpt.Quote(shard ?? property.Value.GetRawText())}; expected the name of a {extension} file in the same folder, without a path.");
            if (!tensorsOf.TryGetValue(shard, out List<string>? tensors)) tensorsOf.Add(shard, tensors = []);
            tensors.Add(property.Name);
        }

        return tensorsOf.Count > 0 ? tensorsOf : throw new InvalidFileException(path, "\"weight_map\" is empty.");
    }

    private static bool IsPlainFileName(string name, string extension) => name.EndsWith(extension, StringComparison.Ordinal) && name.Length <= 255
        && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c)) && !name.StartsWith('.');

    private string HashContent()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        foreach (string path in _files.Select(file => file.Path).Append(ConfigPath).Distinct())
        {
            try
            {
                using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                for (int read; (read = stream.Read(buffer)) > 0;) hash.AppendData(buffer, 0, read);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
