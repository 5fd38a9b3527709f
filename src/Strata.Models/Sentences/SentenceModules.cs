using System.Text.Json;
using System.Text.RegularExpressions;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>Reads <c>modules.json</c> of a sentence-transformers folder and the folders that it names.</summary>
internal static partial class SentenceModules
{
    /// <summary>Name of the list of modules.</summary>
    public const string FileName = "modules.json";

    private const int MaxBytes = 1 << 20;
    private const int MaxModules = 64;

    /// <summary>Where the settings of the transformer may stand: older folders name its kind.</summary>
    private static readonly string[] TransformerSettings =
    [
        "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json", "sentence_albert_config.json",
        "sentence_xlm-roberta_config.json",
    ];

    private static readonly (string Key, SentencePooling Way)[] Ways =
    [
        ("cls_token", SentencePooling.First), ("max_tokens", SentencePooling.Max), ("mean_tokens", SentencePooling.Mean), ("mean_sqrt_len_tokens", SentencePooling.MeanBySquareRoot),
        ("weightedmean_tokens", SentencePooling.WeightedMean), ("lasttoken", SentencePooling.Last),
    ];

    private static readonly Dictionary<string, SentencePooling> NamedWays = new()
    {
        ["cls"] = SentencePooling.First,
        ["max"] = SentencePooling.Max,
        ["mean"] = SentencePooling.Mean,
        ["mean_sqrt_len_tokens"] = SentencePooling.MeanBySquareRoot,
        ["weightedmean"] = SentencePooling.WeightedMean,
        ["lasttoken"] = SentencePooling.Last,
    };

    private static readonly Dictionary<string, Activation?> Activations = new()
    {
        ["Identity"] = null,
        ["Tanh"] = Activation.Tanh,
        ["ReLU"] = Activation.Relu,
        ["GELU"] = Activation.GeluErf,
        ["SiLU"] = Activation.Silu,
    };

    /// <summary>The folder of the network itself: the one that the first module names, or the folder where there are no modules or it has a network of its own.</summary>
    public static string NetworkFolder(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName)) || File.Exists(Path.Combine(folder, "config.json"))) return folder;
        using JsonDocument list = JsonFile.ReadArray(Path.Combine(folder, FileName), MaxBytes);
        return List(folder, list).FirstOrDefault(module => module.Kind == "Transformer").Folder ?? folder;
    }

    /// <summary>The way from texts to vectors; null where the folder has no modules.</summary>
    /// <param name="folder">The folder with <c>modules.json</c>.</param>
    /// <param name="model">The network.</param>
    /// <param name="tokenizerLimit">Longest sequence that the tokenizer's settings allow; null where they do not say.</param>
    /// <exception cref="InvalidFileException">A file is missing, invalid or asks for what Strata does not compute.</exception>
    public static SentencePipeline? Read(string folder, Model model, int? tokenizerLimit)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        using JsonDocument list = JsonFile.ReadArray(path, MaxBytes);
        (string Kind, string Folder, ConfigReader Entry)[] listed = List(folder, list);
        if (listed.Length == 0 || listed[0].Kind != "Transformer") throw new InvalidFileException(path, "must begin with a Transformer, as all folders of sentences do.");
        List<SentenceModule> modules = [];
        int width = model.Spec.Width;
        foreach ((string kind, string inner, ConfigReader entry) in listed.Skip(1).Where(module => module.Kind != "Dropout"))
        {
            SentenceModule module = kind switch
            {
                "Pooling" => Pooling(Settings(inner), width),
                "Dense" => Dense(inner, width, model.Engine),
                "Normalize" => new NormalizeModule(),
                _ => throw entry.Refuse("type", $"is {Excerpt.Quote(entry.RequiredString("type"))}, which Strata does not compute; Transformer, Pooling, Dense, Normalize and Dropout are."),
            };
            if ((module is PoolingModule) != (modules.Count == 0)) throw entry.Refuse("type", "stands where it cannot: behind the Transformer comes one Pooling, then what changes its vector.");
            width = module switch { PoolingModule pooling => width * pooling.Ways.Count, DenseModule dense => dense.Outputs, _ => width };
            modules.Add(module);
        }

        if (modules.Count == 0) throw new InvalidFileException(path, "has no Pooling, so the tokens of a text do not become one vector.");
        return Pipeline(folder, listed[0].Folder, modules, width, Math.Min(model.Spec.MaxPositions, tokenizerLimit ?? int.MaxValue));
    }

    /// <summary>The files that the modules of a folder are read from, relative to it; none where it has no modules.</summary>
    public static IEnumerable<string> Files(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName))) return [];
        using JsonDocument list = JsonFile.ReadArray(Path.Combine(folder, FileName), MaxBytes);
        IEnumerable<string> inModules = List(folder, list).Select(module => module.Folder).Where(path => path != folder).Distinct()
            .SelectMany(path => new[] { "config.json", "model.safetensors", "pytorch_model.bin" }.Select(name => Path.Combine(Path.GetFileName(path), name)));
        string[] names = [FileName, "config_sentence_transformers.json", .. TransformerSettings, .. inModules];
        return [.. names.Where(name => File.Exists(Path.Combine(folder, name)))];
    }

    private static SentencePipeline Pipeline(string folder, string transformer, List<SentenceModule> modules, int width, int limit)
    {
        string? settingsPath = TransformerSettings.Select(name => Path.Combine(transformer, name)).FirstOrDefault(File.Exists);
        ConfigReader? settings = settingsPath is null ? null : Reader(settingsPath);
        string promptsPath = Path.Combine(folder, "config_sentence_transformers.json");
        ConfigReader? texts = File.Exists(promptsPath) ? Reader(promptsPath) : null;
        Dictionary<string, string> prompts = new(StringComparer.Ordinal);
        if (texts?.OptionalObject("prompts") is { } given) foreach (JsonProperty prompt in given.Element.EnumerateObject()) prompts[prompt.Name] = given.OptionalString(prompt.Name) ?? "";
        string? absent = texts?.OptionalString("default_prompt_name");
        if (absent is not null && !prompts.ContainsKey(absent)) throw texts!.Refuse("default_prompt_name", $"is {Excerpt.Quote(absent)}, which is not among the prompts.");
        return new SentencePipeline(modules, width, settings?.OptionalInt("max_seq_length", 1, int.MaxValue) is int most ? Math.Min(most, limit) : limit, settings?.OptionalBool("do_lower_case") ?? false, prompts, absent);
    }

    private static PoolingModule Pooling(ConfigReader config, int width)
    {
        int given = config.OptionalInt("word_embedding_dimension", 1, int.MaxValue) ?? width;
        if (given != width) throw config.Refuse("word_embedding_dimension", $"is {given}, and the network's tokens have {width} columns.");
        bool withPrompt = config.OptionalBool("include_prompt") ?? true;
        if (config.OptionalString("pooling_mode") is { } name)
        {
            if (!NamedWays.TryGetValue(name.ToLowerInvariant(), out SentencePooling way)) throw config.Refuse("pooling_mode", $"is {Excerpt.Quote(name)}. {Excerpt.Nearest(name, NamedWays.Keys)}");
            return new PoolingModule(new([way]), withPrompt);
        }

        // The mean is what is done where nothing is said of it.
        SentencePooling[] ways = [.. Ways.Where(entry => config.OptionalBool($"pooling_mode_{entry.Key}") ?? entry.Way == SentencePooling.Mean).Select(entry => entry.Way)];
        return ways.Length > 0 ? new PoolingModule(new(ways), withPrompt) : throw new InvalidFileException(config.Path, "turns off every way of pooling.");
    }

    private static DenseModule Dense(string folder, int width, TensorEngine engine)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        ConfigReader config = checkpoint.Config;
        int inputs = config.RequiredInt("in_features", 1, 1 << 24), outputs = config.RequiredInt("out_features", 1, 1 << 24);
        if (inputs != width) throw config.Refuse("in_features", $"is {inputs}, and the vector before has {width} columns.");
        string name = config.OptionalString("activation_function") ?? "Tanh", kind = name[(name.LastIndexOf('.') + 1)..];
        if (!Activations.TryGetValue(kind, out Activation? activation)) throw config.Refuse("activation_function", $"is {Excerpt.Quote(name)}, which Strata does not compute; {string.Join(", ", Activations.Keys)} are.");
        Tensor weight = Read("linear.weight", outputs, inputs);
        Tensor? bias = config.OptionalBool("bias") ?? true ? Read("linear.bias", outputs) : null;
        return new DenseModule(engine.PrepareLinear(weight, WeightOrientation.OutputsByInputs, 0, outputs, bias, weight.DType), activation);

        Tensor Read(string tensor, params int[] shape)
        {
            long[] found = checkpoint.Entry(tensor).Shape;
            return found.SequenceEqual(shape.Select(length => (long)length)) ? checkpoint.Read(engine, tensor)
                : throw new InvalidFileException(folder, $"\"{tensor}\" has shape [{string.Join(", ", found)}]; config.json asks for [{string.Join(", ", shape)}].");
        }
    }

    /// <summary>Kind and folder of each module, in order.</summary>
    private static (string Kind, string Folder, ConfigReader Entry)[] List(string folder, JsonDocument list)
    {
        string path = Path.Combine(folder, FileName);
        ConfigReader[] entries = [.. list.RootElement.EnumerateArray().Take(MaxModules + 1).Select((item, i) => new ConfigReader(item, path, $"[{i}]"))];
        if (entries.Length > MaxModules) throw new InvalidFileException(path, $"lists more than {MaxModules} modules.");
        return [.. entries.Select(entry =>
        {
            string type = entry.RequiredString("type"), inner = entry.OptionalString("path") ?? "";
            if (inner.Length > 0 && !InnerFolder().IsMatch(inner)) throw entry.Refuse("path", $"is {Excerpt.Quote(inner)}; expected the name of a folder in this folder, or nothing.");
            return (type[(type.LastIndexOf('.') + 1)..], inner.Length == 0 ? folder : Path.Combine(folder, inner), entry);
        })];
    }

    private static ConfigReader Settings(string folder) => Reader(Path.Combine(folder, "config.json"));

    private static ConfigReader Reader(string path)
    {
        using JsonDocument document = JsonFile.ReadObject(path, MaxBytes);
        return new ConfigReader(document.RootElement.Clone(), path);
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,80}\z", RegexOptions.CultureInvariant)]
    private static partial Regex InnerFolder();
}
