using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Strata.Models;

/// <summary>Chooses the files of a repository that are needed, and none of those that say the same for other libraries.</summary>
internal static partial class HubSelection
{
    private const string Config = "config.json";
    private const string TokenizerJson = "tokenizer.json";
    private const int MaxIndexBytes = 100_000_000;

    private static readonly string[] Settings =
    [
        Config, "generation_config.json", "preprocessor_config.json", "processor_config.json", TokenizerJson, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "chat_template.jinja", "chat_template.json", "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json",
    ];

    /// <summary>Vocabularies in older forms: of use only where there is no tokenizer.json.</summary>
    private static readonly string[] Vocabularies = ["vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model"];

    /// <summary>Forms of weights, the preferred first: in one file, or in those that an index names.</summary>
    private static readonly (string Single, string Index)[] Weights = [("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json")];

    /// <summary>The paths of the files that a network is loaded from.</summary>
    /// <param name="asked">The reference; its file alone, where it names one.</param>
    /// <param name="paths">What there is.</param>
    /// <param name="read">Reads a file.</param>
    /// <exception cref="HubException">What is needed is not there.</exception>
    public static async Task<IReadOnlyList<string>> OfModelAsync(HubReference asked, IReadOnlyCollection<string> paths, Func<string, Task<byte[]>> read)
    {
        if (asked.File is not null) return [Named(asked, paths)];
        if (!paths.Contains(Config)) throw new HubException($"{asked} has no {Config}, which says what network it is. {WhatThereIs(paths)}");
        bool tokenizer = paths.Contains(TokenizerJson);
        List<string> chosen = [.. Settings.Where(paths.Contains)];
        if (!tokenizer) chosen.AddRange(paths.Where(path => Vocabularies.Contains(path) || (path.EndsWith(".tiktoken", StringComparison.Ordinal) && !path.Contains('/'))));
        chosen.AddRange(Modules(paths));
        foreach ((string single, string index) in Weights)
        {
            if (paths.Contains(single)) return [.. chosen, single];
            if (paths.Contains(index)) return [.. chosen, index, .. Shards(asked, index, await read(index).ConfigureAwait(false), paths)];
        }

        throw new HubException($"{asked} has neither {string.Join(" nor ", Weights.Select(form => form.Single))}. {WhatThereIs(paths)}");
    }

    /// <summary>The path of the file that a reference names.</summary>
    /// <exception cref="HubException">There is no such file.</exception>
    public static string Named(HubReference asked, IReadOnlyCollection<string> paths) => paths.Contains(asked.File!)
        ? asked.File!
        : throw new HubException($"{asked.Id} has no file {Excerpt.Quote(asked.File)} at {asked.Revision}. {Excerpt.Nearest(asked.File!, paths)}");

    /// <summary>The layers that a sentence-transformers folder keeps in folders of their own: <c>1_Pooling/config.json</c>.</summary>
    private static IEnumerable<string> Modules(IReadOnlyCollection<string> paths) => paths.Where(path =>
        ModuleFile().Match(path) is { Success: true } match && (match.Groups["weights"].Value != "pytorch_model.bin" || !paths.Contains($"{match.Groups["folder"].Value}/model.safetensors")));

    private static IEnumerable<string> Shards(HubReference asked, string index, byte[] json, IReadOnlyCollection<string> paths)
    {
        string where = $"{asked.Id}/{index}";
        if (json.Length > MaxIndexBytes) throw new HubException($"{where} has {json.Length:N0} bytes; at most {MaxIndexBytes:N0} are read of an index.");
        using JsonDocument document = JsonFile.ParseObject(json, where);
        string[] shards = [.. new ConfigReader(document.RootElement, where).Object("weight_map").Element.EnumerateObject()
            .Select(tensor => tensor.Value.ValueKind == JsonValueKind.String ? tensor.Value.GetString()! : "").Distinct().Order(StringComparer.Ordinal)];
        string? missing = shards.FirstOrDefault(shard => !paths.Contains(shard));
        return missing is null ? shards : throw new MissingShardException(where, missing);
    }

    private static string WhatThereIs(IReadOnlyCollection<string> paths)
    {
        string[] quantised = [.. paths.Where(path => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        if (quantised.Length > 0) return $"It has {quantised.Length} GGUF files; name one, as in hf:org/name/{Excerpt.Cut(quantised[0])}.";
        StringBuilder list = new("It has ");
        return paths.Count == 0 ? "It has no files." : list.AppendJoin(", ", paths.Order(StringComparer.Ordinal).Take(8).Select(path => Excerpt.Quote(path))).Append(paths.Count > 8 ? $" and {paths.Count - 8} more." : ".").ToString();
    }

    [GeneratedRegex(@"^(?<folder>[0-9]{1,3}_[A-Za-z0-9_]{1,60})/(config\.json|(?<weights>model\.safetensors|pytorch_model\.bin))\z", RegexOptions.CultureInvariant)]
    private static partial Regex ModuleFile();
}

/// <summary>An index names a file of weights that is not there.</summary>
internal sealed class MissingShardException(string index, string shard) : StrataException($"{index} names the weights {Excerpt.Quote(shard)}, which are not there.")
{
    /// <summary>The file.</summary>
    public string Shard => shard;
}
