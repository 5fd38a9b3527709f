using Strata.Tensors;

namespace Strata.Models;

/// <summary>ELECTRA (Clark et al. 2020): BERT whose embedding may be narrower than its stream; generators have the head of a masked language model, discriminators none over the vocabulary.</summary>
public sealed class ElectraFamily : ModelFamily
{
    private static readonly BertNames Names = new()
    {
        Prefix = "electra.",
        EmbeddingProjection = "embeddings_project",
        HeadTransform = "generator_predictions.dense",
        HeadNorm = "generator_predictions.LayerNorm",
        Unembedding = "generator_lm_head",
        UnembeddingBias = "generator_lm_head.bias",
        HeadActivation = Activation.GeluErf,
        ClassTransform = "classifier.dense",
        ClassActivation = Activation.GeluErf,
        Classifier = "classifier.out_proj",
    };

    /// <inheritdoc/>
    public override string Name => "electra";

    /// <inheritdoc/>
    public override string Networks => "ELECTRA, its generators and discriminators";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = BertLayout.ReadSpec(config, Name, new BertDefaults { Width = 256, Heads = 4, MlpWidth = 1024 });
        int embedding = config.OptionalInt("embedding_size", 1, 1 << 20) ?? 128;
        return embedding == spec.Width ? spec : spec with { EmbeddingWidth = embedding, EmbeddingProjectionLast = true };
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => BertLayout.WithHeads(spec, has, Names);

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => BertLayout.Map(spec, has, Names);
}
