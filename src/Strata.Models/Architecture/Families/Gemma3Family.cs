namespace Strata.Models;

/// <summary>
/// Gemma 3 (Gemma Team 2025), text: Gemma 2 without caps, with queries and keys normalised per head; blocks with a window turn by a base of their own.
/// </summary>
/// <param name="name"><c>gemma3_text</c>, or <c>gemma3</c> for checkpoints that hold the image tower too, of which the language model is read.</param>
public sealed class Gemma3Family(string name) : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Networks => name == "gemma3" ? "Gemma 3 from 4B on, its language model" : "Gemma 3 270M and 1B";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ConfigReader whole = config;
        config = config.OptionalObject("text_config") ?? config;
        config.RefuseIfTrue("use_bidirectional_attention", "and Strata computes this family with causal attention only.");
        ModelSpec spec = LlamaLayout.ReadSpec(WithoutNestedRotary(config), Name, new LlamaDefaults
        {
            Width = 2304,
            MlpWidth = 9216,
            Blocks = 26,
            Heads = 8,
            KeyValueHeads = 4,
            HeadWidth = 256,
            Vocabulary = 262_208,
            Positions = 131_072,
            Theta = 1_000_000,
            Tied = true,
            ActivationKey = "hidden_activation",
            Activation = "gelu_pytorch_tanh",
        });
        spec = spec with
        {
            NormPlacement = NormPlacement.InputAndOutput,
            GainLessOne = true,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            EmbeddingScale = MathF.Sqrt(spec.Width),
            AttentionScale = 1f / MathF.Sqrt(config.OptionalPositive("query_pre_attn_scalar") ?? 256),
            AttentionSoftCap = config.OptionalPositive("attn_logit_softcapping"),
            LogitSoftCap = config.OptionalPositive("final_logit_softcapping"),
            BosId = whole.OptionalInt("bos_token_id", 0, int.MaxValue) ?? spec.BosId,
            EosIds = whole.Has("eos_token_id") ? whole.Ids("eos_token_id") : spec.EosIds,
        };
        return WithLocalBlocks(config, spec);
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) =>
        LlamaLayout.Map(spec, has, new LlamaNames { Prefixes = ["language_model.model.", "model.language_model.", "model."] });

    private static ModelSpec WithLocalBlocks(ConfigReader config, ModelSpec spec)
    {
        int? window = config.IntOr("sliding_window", 1, 1 << 28, 4096);
        int pattern = config.OptionalInt("sliding_window_pattern", 1, int.MaxValue) ?? 6;
        string[]? kinds = config.BlockKinds("layer_types", spec.Blocks, "full_attention", "sliding_attention");
        ConfigReader? nested = Nested(config);
        RotarySpec? full = nested is null ? spec.Rotary : config.Rotary(spec.HeadWidth, spec.MaxPositions, 1_000_000, 1, nested.Object("full_attention"));
        RotarySpec local = nested is null
            ? new RotarySpec(config.OptionalPositive("rope_local_base_freq") ?? 10_000)
            : config.Rotary(spec.HeadWidth, spec.MaxPositions, 10_000, 1, nested.Object("sliding_attention"));
        return (spec with { Rotary = full }).WithBlocks((i, block) =>
            (kinds is null ? (i + 1) % pattern != 0 : kinds[i] == "sliding_attention") ? block with { Window = window, Rotary = local } : block);
    }

    /// <summary>Newer exports write one object of rotary parameters per kind of block.</summary>
    private static ConfigReader? Nested(ConfigReader config) => config.OptionalObject("rope_parameters") is { } parameters && parameters.Has("full_attention") ? parameters : null;

    private static ConfigReader WithoutNestedRotary(ConfigReader config)
    {
        if (Nested(config) is null) return config;
        var properties = config.Element.EnumerateObject().Where(property => property.Name != "rope_parameters").ToDictionary(property => property.Name, property => property.Value);
        return new ConfigReader(System.Text.Json.JsonSerializer.SerializeToElement(properties), config.Path, config.Place);
    }
}
