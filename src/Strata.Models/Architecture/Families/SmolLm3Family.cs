using System.Text.Json;

namespace Strata.Models;

/// <summary>SmolLM3 (Hugging Face 2025): Llama with blocks that know no positions, every fourth by default. SmolLM 1 and 2 are Llamas.</summary>
public sealed class SmolLm3Family : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "smollm3";

    /// <inheritdoc/>
    public override string Networks => "SmolLM3";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = LlamaLayout.ReadSpec(config, Name, new LlamaDefaults { KeyValueHeads = 4, Positions = 32768, Theta = 2_000_000, Tied = true });
        bool[] turns = Turns(config, spec.Blocks);
        string[]? kinds = config.BlockKinds("layer_types", spec.Blocks, "full_attention", "sliding_attention");
        int? window = config.OptionalBool("use_sliding_window") == true ? config.OptionalInt("sliding_window", 1, 1 << 28) : null;
        return (spec with { MlpBias = config.OptionalBool("mlp_bias") ?? false })
            .WithWindows(window, i => kinds is null ? !turns[i] : kinds[i] == "sliding_attention")
            .WithBlocks((i, block) => turns[i] ? block : block with { Rotary = null });
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => LlamaLayout.Map(spec, has);

    /// <summary><c>no_rope_layers</c> has, against its name, 1 for the blocks that turn.</summary>
    private static bool[] Turns(ConfigReader config, int blocks)
    {
        int interval = config.OptionalInt("no_rope_layer_interval", 1, int.MaxValue) ?? 4;
        if (!config.Has("no_rope_layers")) return Enumerable.Range(0, blocks).Select(i => (i + 1) % interval != 0).ToArray();
        bool[] turns = config.Items("no_rope_layers").Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int value) && value is 0 or 1
            ? value == 1
            : throw config.Refuse("no_rope_layers", "lists something that is neither 0 nor 1.")).ToArray();
        return turns.Length >= blocks ? turns : throw config.Refuse("no_rope_layers", $"lists {turns.Length} blocks, and the network has {blocks}.");
    }
}
