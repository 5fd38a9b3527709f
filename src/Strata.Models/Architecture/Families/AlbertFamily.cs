namespace Strata.Models;

/// <summary>ALBERT (Lan et al. 2019): BERT with a narrow embedding whose blocks share their weights, all or in groups.</summary>
public sealed class AlbertFamily : ModelFamily
{
    private static readonly BertNames Names = new()
    {
        Prefix = "albert.",
        Block = (spec, block) => $"encoder.albert_layer_groups.{spec.Block(block).Group}.albert_layers.0.",
        EmbeddingProjection = "encoder.embedding_hidden_mapping_in",
        Query = "attention.query",
        Key = "attention.key",
        Value = "attention.value",
        AttentionOutput = "attention.dense",
        AttentionNorm = "attention.LayerNorm",
        MlpIn = "ffn",
        MlpOut = "ffn_output",
        MlpNorm = "full_layer_layer_norm",
        HeadTransform = "predictions.dense",
        HeadNorm = "predictions.LayerNorm",
        Unembedding = "predictions.decoder",
        UnembeddingBias = "predictions.bias",
        Pooler = "pooler",
    };

    /// <inheritdoc/>
    public override string Name => "albert";

    /// <inheritdoc/>
    public override string Networks => "ALBERT";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = BertLayout.ReadSpec(config, Name, new BertDefaults { Width = 4096, Heads = 64, MlpWidth = 16384, Vocabulary = 30000, Activation = "gelu_new" });
        if (config.OptionalInt("inner_group_num", 1, 1 << 16) is > 1 and int inner)
            throw config.Refuse("inner_group_num", $"is {inner}, and Strata computes groups of one layer, as all published networks have them.");
        int groups = config.OptionalInt("num_hidden_groups", 1, Math.Max(1, spec.Blocks)) ?? 1;
        return (spec with { EmbeddingWidth = config.OptionalInt("embedding_size", 1, 1 << 20) ?? 128, EmbeddingProjectionLast = true })
            .WithBlocks((i, block) => block with { Group = (int)((long)i * groups / spec.Blocks) });
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => BertLayout.WithHeads(spec, has, Names);

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => BertLayout.Map(spec, has, Names);
}
