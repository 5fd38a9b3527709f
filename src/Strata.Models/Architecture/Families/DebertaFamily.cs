using Strata.Tensors;

namespace Strata.Models;

/// <summary>DeBERTa v2 and v3 (He et al. 2021): BERT whose scores have products of queries and keys with vectors of their distance, and whose embedding often knows no positions.</summary>
public sealed class DebertaFamily : ModelFamily
{
    private static readonly BertNames Names = new()
    {
        Prefix = "deberta.",
        Query = "attention.self.query_proj",
        Key = "attention.self.key_proj",
        Value = "attention.self.value_proj",
        DistanceKey = "attention.self.pos_key_proj",
        DistanceQuery = "attention.self.pos_query_proj",
        DistanceEmbedding = "encoder.rel_embeddings",
        DistanceNorm = "encoder.LayerNorm",
        ClassTransform = "pooler.dense",
        ClassActivation = Activation.GeluErf,
    };

    private static readonly BertNames NewNames = Names with
    {
        HeadTransform = "lm_predictions.lm_head.dense",
        HeadNorm = "lm_predictions.lm_head.LayerNorm",
        Unembedding = "lm_predictions.lm_head.decoder",
        UnembeddingBias = "lm_predictions.lm_head.bias",
    };

    /// <inheritdoc/>
    public override string Name => "deberta-v2";

    /// <inheritdoc/>
    public override string Networks => "DeBERTa v3, mDeBERTa v3";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = BertLayout.ReadSpec(config, Name, new BertDefaults { Width = 1536, Heads = 24, MlpWidth = 6144, Blocks = 24, Vocabulary = 128100, NormEpsilon = 1e-7f, TokenTypes = 0 });
        if (config.OptionalInt("conv_kernel_size", 0, 1 << 16) is > 0 and int kernel)
            throw config.Refuse("conv_kernel_size", $"is {kernel}, and Strata does not compute the convolution of DeBERTa v2; v3 has none.");
        foreach ((string key, int only) in new[] { ("embedding_size", spec.Width), ("attention_head_size", spec.HeadWidth) })
        {
            if (config.OptionalInt(key, 1, 1 << 20) is int given && given != only) throw config.Refuse(key, $"is {given}; Strata computes this family with {only} only (hidden_size is {spec.Width}).");
        }

        if (spec.ClassLabels is not null && config.OptionalString("pooler_hidden_act") is { } activation && activation != "gelu")
            throw config.Refuse("pooler_hidden_act", $"is {Excerpt.Quote(activation)}; Strata computes the classifiers of this family with \"gelu\" only.");
        bool positions = config.OptionalBool("position_biased_input") ?? true;
        spec = spec with { Positions = positions ? PositionKind.Learned : PositionKind.Relative };
        return config.OptionalBool("relative_attention") == true ? WithDistances(config, spec) : spec;
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => BertLayout.WithHeads(spec, has, NamesOf(has));

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => BertLayout.Map(spec, has, NamesOf(has));

    private static BertNames NamesOf(Func<string, bool> has) => has(NewNames.HeadTransform + ".weight") ? NewNames : Names;

    private static ModelSpec WithDistances(ConfigReader config, ModelSpec spec)
    {
        int most = config.OptionalInt("max_relative_positions", -1, 1 << 24) ?? -1, buckets = config.OptionalInt("position_buckets", -1, 1 << 24) ?? -1;
        if (most < 1) most = spec.MaxPositions;
        if (buckets is 1 || (buckets > 0 && most - 1 <= buckets / 2))
            throw config.Refuse("position_buckets", $"is {buckets} with max_relative_positions {most}; at least 2 are expected, and more than half as many positions.");
        string[] terms = Terms(config);
        bool ofQueries = terms.Contains("c2p"), ofKeys = terms.Contains("p2c");
        int products = 1 + (ofQueries ? 1 : 0) + (ofKeys ? 1 : 0);
        return spec with
        {
            AttentionScale = 1f / MathF.Sqrt(spec.HeadWidth * products),
            Disentangled = new DisentangledSpec(buckets > 0 ? buckets : most, Math.Max(0, buckets), most, ofQueries, ofKeys, config.OptionalBool("share_att_key") ?? false,
                (config.OptionalString("norm_rel_ebd") ?? "none").ToLowerInvariant().Split('|').Any(norm => norm.Trim() == "layer_norm")),
        };
    }

    /// <summary>The terms of the scores: a list, or one string with bars.</summary>
    private static string[] Terms(ConfigReader config)
    {
        if (!config.Has("pos_att_type")) return [];
        string[] terms = config.Element.GetProperty("pos_att_type").ValueKind == System.Text.Json.JsonValueKind.String
            ? [.. config.RequiredString("pos_att_type").ToLowerInvariant().Split('|').Select(term => term.Trim())]
            : [.. config.Items("pos_att_type").Select(item => item.ToString())];
        string? unknown = terms.FirstOrDefault(term => term is not ("c2p" or "p2c"));
        return unknown is null ? terms : throw config.Refuse("pos_att_type", $"lists {Excerpt.Quote(unknown)}, which Strata does not compute; expected \"c2p\" and \"p2c\".");
    }
}
