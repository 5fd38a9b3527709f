using System.Text.Json;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>Values that configurations of several families share.</summary>
internal static class ConfigReaderExtensions
{
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
    };

    /// <summary>A number above 0 that must be there.</summary>
    public static float RequiredPositive(this ConfigReader config, string name) => config.OptionalPositive(name) ?? throw config.Refuse(name, "is missing; a number above 0 is expected.");

    /// <summary>A number above 0, or null when absent.</summary>
    public static float? OptionalPositive(this ConfigReader config, string name)
    {
        float? value = config.OptionalFloat(name);
        return value is null or > 0 ? value : throw config.Refuse(name, $"is {value:R}; a number above 0 is expected.");
    }

    /// <summary>The non-linearity of a name.</summary>
    public static Activation Activation(this ConfigReader config, string name, string absent)
    {
        string given = config.OptionalString(name) ?? absent;
        return Activations.TryGetValue(given, out Activation activation)
            ? activation
            : throw config.Refuse(name, $"is \"{given}\", which Strata does not compute. {NearestNames.Suggest(given, Activations.Keys)}");
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
