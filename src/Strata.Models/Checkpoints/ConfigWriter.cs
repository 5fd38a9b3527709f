using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Strata.Models;

/// <summary>Writes configurations: of a spec alone, and of a network whose blocks were dropped, repeated or put into another order.</summary>
internal static partial class ConfigWriter
{
    private static readonly string[] CountKeys = ["num_hidden_layers", "n_layer", "num_layers", "n_layers"];

    /// <summary>Lists with one element per block.</summary>
    private static readonly string[] ListKeys = ["layer_types", "layers_block_type", "no_rope_layers", "attention_layers"];

    /// <summary>Lists of block numbers.</summary>
    private static readonly string[] NumberKeys = ["mlp_only_layers"];

    /// <summary>The configuration of a network that was made from a spec.</summary>
    /// <exception cref="StrataException">The family's configuration cannot say what the spec says.</exception>
    public static JsonObject Write(ModelSpec spec)
    {
        JsonObject config = SpecConfig.Of(spec) ?? throw new StrataException(
            $"A random {spec.Family} that was made from a spec has no config.json to save; load a checkpoint and save its random twin. Those of {string.Join(", ", SpecConfig.Known)} are written.");
        return Agrees(Read(config, spec), spec, null) ? config : throw new StrataException($"The config.json of {spec.Family} cannot say all that the spec of this network says, so it is not saved.");
    }

    /// <summary>The objects of a configuration that may hold the keys of a family's blocks: of a pair of networks those of its tower alone.</summary>
    public static IEnumerable<JsonObject> Levels(JsonObject config, string family)
    {
        Tower? tower = ModelFamily.TowerOf(family);
        if (tower is not null && config[tower == Tower.Image ? "vision_config" : "text_config"] is JsonObject part) return [part];
        return config["text_config"] is JsonObject text ? [config, text] : [config];
    }

    /// <summary>The configuration of one network of a pair by itself; that of other networks as it is.</summary>
    public static JsonObject Alone(JsonObject config, string family)
    {
        if (!ModelFamily.IsPair((string?)config["model_type"])) return config;
        bool image = ModelFamily.TowerOf(family) == Tower.Image;
        JsonObject alone = config[image ? "vision_config" : "text_config"] is JsonObject part ? (JsonObject)part.DeepClone() : [];
        alone["model_type"] = family;
        alone["architectures"] = new JsonArray(family switch
        {
            "clip_vision_model" => "CLIPVisionModelWithProjection",
            "clip_text_model" => "CLIPTextModelWithProjection",
            "siglip_vision_model" => "SiglipVisionModel",
            _ => "SiglipTextModel",
        });
        if (config["projection_dim"] is JsonNode projection) alone["projection_dim"] = projection.DeepClone();
        return alone;
    }

    /// <summary>Changes a configuration to one of a network with these blocks.</summary>
    /// <param name="config">The configuration, which is changed.</param>
    /// <param name="spec">What it says now.</param>
    /// <param name="blocks">For each block of the new network, the one of the old that it is.</param>
    /// <exception cref="StrataException">The family's configuration cannot say what these blocks are.</exception>
    public static void Rearrange(JsonObject config, ModelSpec spec, IReadOnlyList<int> blocks)
    {
        if (blocks.SequenceEqual(Enumerable.Range(0, spec.Blocks))) return;
        if (spec.ScaleAttentionByInverseBlock && blocks.Where((block, i) => block != i).Any())
            throw new StrataException($"The attention of this {spec.Family} is scaled by the number of its block, so a block does not compute the same in another place. Keep the blocks at their places.");
        WriteOutAttentionTypes(config, spec);
        foreach (JsonObject level in Levels(config, spec.Family))
        {
            foreach (string key in CountKeys.Where(level.ContainsKey)) level[key] = blocks.Count;
            foreach (string key in ListKeys)
                if (level[key] is JsonArray list && list.Count == spec.Blocks) level[key] = new JsonArray([.. blocks.Select(block => list[block]?.DeepClone())]);
            if (level["hybrid_override_pattern"] is JsonValue pattern && pattern.TryGetValue(out string? letters) && letters.Length == spec.Blocks)
                level["hybrid_override_pattern"] = string.Concat(blocks.Select(block => letters[block]));
            foreach (string key in NumberKeys)
                if (level[key] is JsonArray numbers) level[key] = new JsonArray([.. Enumerable.Range(0, blocks.Count).Where(i => numbers.Any(n => (int)n! == blocks[i])).Select(i => (JsonNode)i)]);
        }

        // A family with a default needs no key; the usual one is written then.
        if (!Levels(config, spec.Family).Any(level => CountKeys.Any(level.ContainsKey))) Levels(config, spec.Family).Last()[CountKeys[0]] = blocks.Count;
        if (Agrees(Read(config, spec), spec, blocks)) return;
        WriteOutRhythms(config, spec, blocks);
        if (!Agrees(Read(config, spec), spec, blocks))
            throw new StrataException($"The blocks of this {spec.Family} differ by their place (attention windows, positions, experts), and its config.json cannot say so for the order [{string.Join(", ", blocks)}]. Choose a plan in which each block keeps a place of its kind.");
    }

    /// <summary>The text of a configuration, as the libraries that write them lay it out: infinities are bare words.</summary>
    public static byte[] Text(JsonNode config) => Encoding.UTF8.GetBytes(QuotedWord().Replace(config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }), "$1") + "\n");

    /// <summary>A value, not a name, that is read from a bare word (<see cref="JsonFile"/>). Quotes within strings are written as escapes.</summary>
    [GeneratedRegex("\"(-?Infinity|NaN)\"(?!:)", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedWord();

    /// <summary>GPT-Neo may give its kinds of attention as a rhythm; written out they can be put into another order.</summary>
    private static void WriteOutAttentionTypes(JsonObject config, ModelSpec spec)
    {
        if (config["attention_types"] is not JsonArray) return;
        config["attention_layers"] = new JsonArray([.. Enumerable.Range(0, spec.Blocks).Select(i => (JsonNode)(spec.Block(i).Window is null ? "global" : "local"))]);
        config.Remove("attention_types");
    }

    /// <summary>Families whose blocks follow a rhythm by default (every second one has a window) may list them instead.</summary>
    private static void WriteOutRhythms(JsonObject config, ModelSpec spec, IReadOnlyList<int> blocks)
    {
        JsonObject level = Levels(config, spec.Family).Last();
        level["layer_types"] = new JsonArray([.. blocks.Select(block => (JsonNode)(spec.Block(block).Window is null ? "full_attention" : "sliding_attention"))]);
        if (spec.Family == "smollm3") level["no_rope_layers"] = new JsonArray([.. blocks.Select(block => (JsonNode)(spec.Block(block).Rotary is null ? 0 : 1))]);
    }

    private static ModelSpec Read(JsonObject config, ModelSpec spec)
    {
        using JsonDocument document = JsonFile.ParseObject(Text(config), "the new config.json");
        ConfigReader reader = new(document.RootElement, "the new config.json");
        return ModelFamily.Of(spec).ReadSpec(reader);
    }

    /// <summary>Does a spec say of its blocks, and of all else, what another says of those that they were?</summary>
    private static bool Agrees(ModelSpec written, ModelSpec spec, IReadOnlyList<int>? blocks)
    {
        blocks ??= [.. Enumerable.Range(0, spec.Blocks)];
        return written.Blocks == blocks.Count && Common(written) == Common(spec) && blocks.Select((block, i) => written.Block(i) == spec.Block(block)).All(same => same);

        // Heads are told by the weights, not by the configuration.
        static ModelSpec Common(ModelSpec spec) => spec with { Blocks = 0, BlockSpecs = null, EosIds = NoIds, HasUnembedding = true, HeadTransform = null, SequenceHead = null };
    }

    private static readonly int[] NoIds = [];
}
