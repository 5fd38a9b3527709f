using System.Text.Json;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>Values that configurations of several families share.</summary>
internal static class ConfigReaderExtensions
{
    /// <summary>Experts of all blocks: a guard against configurations that name more tensors than any file holds.</summary>
    private const int MaxExperts = 1 << 16;

    private static readonly Dictionary<string, Activation> Activations = new()
    {
        ["gelu"] = Strata.Tensors.Activation.GeluErf,
        ["gelu_new"] = Strata.Tensors.Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Strata.Tensors.Activation.GeluTanh,
        ["gelu_fast"] = Strata.Tensors.Activation.GeluTanh,
        ["gelu_accurate"] = Strata.Tensors.Activation.GeluTanh,
        ["gelu_python"] = Strata.Tensors.Activation.GeluErf,
        ["gelu_python_tanh"] = Strata.Tensors.Activation.GeluTanh,
        ["gelu_10"] = Strata.Tensors.Activation.GeluErf10,
        ["quick_gelu"] = Strata.Tensors.Activation.QuickGelu,
        ["silu"] = Strata.Tensors.Activation.Silu,
        ["swish"] = Strata.Tensors.Activation.Silu,
        ["relu"] = Strata.Tensors.Activation.Relu,
        ["relu2"] = Strata.Tensors.Activation.SquaredRelu,
        ["tanh"] = Strata.Tensors.Activation.Tanh,
    };

    /// <summary>A number above 0 that must be there.</summary>
    public static float RequiredPositive(this ConfigReader config, string name) => config.OptionalPositive(name) ?? throw config.Refuse(name, "is missing; a number above 0 is expected.");

    /// <summary>A number above 0, or null when absent.</summary>
    public static float? OptionalPositive(this ConfigReader config, string name)
    {
        float? value = config.OptionalFloat(name);
        return value is null or > 0 ? value : throw config.Refuse(name, $"is {value:R}; a number above 0 is expected.");
    }

    /// <summary>An integer; <paramref name="absent"/> where the key does not occur, null where it has the value null.</summary>
    public static int? IntOr(this ConfigReader config, string name, int min, int max, int? absent) => config.Occurs(name) ? config.OptionalInt(name, min, max) : absent;

    /// <summary>A number above 0; <paramref name="absent"/> where the key does not occur, null where it has the value null.</summary>
    public static float? PositiveOr(this ConfigReader config, string name, float? absent) => config.Occurs(name) ? config.OptionalPositive(name) : absent;

    /// <summary>Refuses a switch that is on.</summary>
    public static void RefuseIfTrue(this ConfigReader config, string name, string reason)
    {
        if (config.OptionalBool(name) == true) throw config.Refuse(name, $"is true, {reason}");
    }

    /// <summary>A mixture of experts.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="blocks">Blocks of the network.</param>
    /// <param name="countKey">Key of the number of experts.</param>
    /// <param name="count">Experts when absent.</param>
    /// <param name="perToken">Experts per token when absent.</param>
    /// <param name="normalise">Are the weights of the chosen experts divided by their sum?</param>
    public static ExpertSpec Experts(this ConfigReader config, int blocks, string countKey, int count, int perToken, bool normalise)
    {
        // Newer exports of all families write the count under Mixtral's key.
        count = config.OptionalInt(countKey, 1, 1 << 16) ?? config.OptionalInt("num_local_experts", 1, 1 << 16) ?? count;
        if ((long)count * blocks > MaxExperts) throw config.Refuse(countKey, $"is {count}, in {blocks} blocks; Strata reads networks of at most {MaxExperts} experts.");
        return new ExpertSpec(count, config.OptionalInt("num_experts_per_tok", 1, count) ?? Math.Min(perToken, count), normalise);
    }

    /// <summary>The kind of each block's attention, or null when absent.</summary>
    /// <exception cref="InvalidFileException">An entry is not one of the kinds, or there are not as many as blocks.</exception>
    public static string[]? BlockKinds(this ConfigReader config, string name, int blocks, params string[] kinds)
    {
        if (!config.Has(name)) return null;
        string[] given = config.Items(name).Select(item => item.ValueKind == JsonValueKind.String && kinds.Contains(item.GetString())
            ? item.GetString()!
            : throw config.Refuse(name, $"lists {Excerpt.Quote(item.ToString())}, which Strata does not compute; expected {string.Join(" or ", kinds)}.")).ToArray();
        return given.Length == blocks ? given : throw config.Refuse(name, $"lists {given.Length} blocks, and the network has {blocks}.");
    }

    private static bool Occurs(this ConfigReader config, string name) => config.Element.TryGetProperty(name, out _);

    /// <summary>The non-linearity of a name.</summary>
    public static Activation Activation(this ConfigReader config, string name, string absent)
    {
        return config.ActivationNamed(name, config.OptionalString(name) ?? absent);
    }

    /// <summary>The non-linearity that a key names.</summary>
    public static Activation ActivationNamed(this ConfigReader config, string name, string given)
    {
        return Activations.TryGetValue(given, out Activation activation)
            ? activation
            : throw config.Refuse(name, $"is {Excerpt.Quote(given)}, which Strata does not compute. {Excerpt.Nearest(given, Activations.Keys)}");
    }

    /// <summary>Names of the classes, where <c>architectures</c> says that the checkpoint is a classifier of sequences; null where it is none.</summary>
    public static ValueList<string>? ClassLabels(this ConfigReader config)
    {
        bool classifier = config.Items("architectures").Any(item => item.ToString().EndsWith("ForSequenceClassification", StringComparison.Ordinal));
        return classifier ? config.Labels() : null;
    }

    /// <summary>Names of the classes (<c>id2label</c>); two without names where the keys are absent, as the libraries that write these files take it.</summary>
    public static ValueList<string> Labels(this ConfigReader config)
    {
        Dictionary<string, string> names = [];
        if (config.OptionalObject("id2label") is { } given) foreach (JsonProperty entry in given.Element.EnumerateObject()) names[entry.Name] = entry.Value.ToString();
        int count = names.Count > 0 ? names.Count : config.OptionalInt("num_labels", 1, 1 << 20) ?? 2;
        return new ValueList<string>(Enumerable.Range(0, count).Select(i => names.GetValueOrDefault($"{i}") ?? $"LABEL_{i}"));
    }

    /// <summary>Buckets of distances, of both sides together.</summary>
    public static int RelativeBuckets(this ConfigReader config, string name)
    {
        int buckets = config.OptionalInt(name, 4, 1 << 20) ?? 32;
        return buckets % 4 == 0 ? buckets : throw config.Refuse(name, $"is {buckets}; a multiple of 4 is expected: half for each side, half of these for single distances.");
    }

    /// <summary>One id or a list of ids; empty when absent.</summary>
    public static IReadOnlyList<int> Ids(this ConfigReader config, string name)
    {
        if (!config.Has(name)) return [];
        if (config.Element.GetProperty(name).ValueKind != JsonValueKind.Array) return [config.RequiredInt(name, 0, int.MaxValue)];
        return config.Items(name).Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0
            ? id
            : throw config.Refuse(name, "lists something that is not a token id.")).ToArray();
    }
}
