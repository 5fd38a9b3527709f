using Strata.Tensors;

namespace Strata.Models;

/// <summary>DistilBERT (Sanh et al. 2019): BERT with half the blocks and no token types.</summary>
public sealed class DistilBertFamily : ModelFamily
{
    private static readonly BertNames Names = new()
    {
        Prefix = "distilbert.",
        Block = (_, block) => $"transformer.layer.{block}.",
        Query = "attention.q_lin",
        Key = "attention.k_lin",
        Value = "attention.v_lin",
        AttentionOutput = "attention.out_lin",
        AttentionNorm = "sa_layer_norm",
        MlpIn = "ffn.lin1",
        MlpOut = "ffn.lin2",
        MlpNorm = "output_layer_norm",
        HeadTransform = "vocab_transform",
        HeadNorm = "vocab_layer_norm",
        Unembedding = "vocab_projector",
        UnembeddingBias = "vocab_projector.bias",
        ClassTransform = "pre_classifier",
        ClassActivation = Activation.Relu,
    };

    /// <inheritdoc/>
    public override string Name => "distilbert";

    /// <inheritdoc/>
    public override string Networks => "DistilBERT";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config) => BertLayout.ReadSpec(config, Name, new BertDefaults
    {
        WidthKey = "dim",
        BlocksKey = "n_layers",
        HeadsKey = "n_heads",
        MlpWidthKey = "hidden_dim",
        ActivationKey = "activation",
        Blocks = 6,
    }) with
    { TokenTypes = 0 };

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => BertLayout.WithHeads(spec, has, Names);

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => BertLayout.Map(spec, has, Names);
}
