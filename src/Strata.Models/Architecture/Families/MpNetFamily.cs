using Strata.Tensors;

namespace Strata.Models;

/// <summary>MPNet (Song et al. 2020): RoBERTa without token types, whose scores have a bias by distance.</summary>
public sealed class MpNetFamily : ModelFamily
{
    private static readonly BertNames Names = new()
    {
        Prefix = "mpnet.",
        Query = "attention.attn.q",
        Key = "attention.attn.k",
        Value = "attention.attn.v",
        AttentionOutput = "attention.attn.o",
        AttentionNorm = "attention.LayerNorm",
        RelativeBias = "encoder.relative_attention_bias",
        HeadTransform = "lm_head.dense",
        HeadNorm = "lm_head.layer_norm",
        Unembedding = "lm_head.decoder",
        UnembeddingBias = "lm_head.bias",
        HeadActivation = Activation.GeluErf,
        ClassTransform = "classifier.dense",
        Classifier = "classifier.out_proj",
    };

    /// <inheritdoc/>
    public override string Name => "mpnet";

    /// <inheritdoc/>
    public override string Networks => "MPNet, all-mpnet-base";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        // The family's code computes 32 buckets whatever the configuration says of its table.
        if (config.OptionalInt("relative_attention_num_buckets", 1, 1 << 20) is not (null or 32) and int buckets)
            throw config.Refuse("relative_attention_num_buckets", $"is {buckets}; Strata computes this family with 32 only, as its makers' code does.");
        return BertLayout.ReadSpec(config, Name, new BertDefaults { Vocabulary = 30527, PositionsBehindPadding = true, PaddingId = 1 }) with
        {
            TokenTypes = 0,
            RelativeBias = new RelativeBiasSpec(32, 128),
        };
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => BertLayout.WithHeads(spec, has, Names);

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => BertLayout.Map(spec, has, Names);
}
