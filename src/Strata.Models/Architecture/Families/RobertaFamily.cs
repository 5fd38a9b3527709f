using Strata.Tensors;

namespace Strata.Models;

/// <summary>RoBERTa (Liu et al. 2019) and those that share its code: BERT whose positions begin behind the row of the padding, with another head.</summary>
/// <param name="name"><c>roberta</c>, <c>xlm-roberta</c> or <c>camembert</c>.</param>
public sealed class RobertaFamily(string name) : ModelFamily
{
    private static readonly BertNames Names = new()
    {
        Prefix = "roberta.",
        HeadTransform = "lm_head.dense",
        HeadNorm = "lm_head.layer_norm",
        Unembedding = "lm_head.decoder",
        UnembeddingBias = "lm_head.bias",
        HeadActivation = Activation.GeluErf,
        ClassTransform = "classifier.dense",
        Classifier = "classifier.out_proj",
    };

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Networks => name switch
    {
        "roberta" => "RoBERTa, DistilRoBERTa, CodeBERT",
        "xlm-roberta" => "XLM-R, multilingual E5, BGE-M3",
        _ => "CamemBERT",
    };

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config) =>
        BertLayout.ReadSpec(config, Name, new BertDefaults { Vocabulary = name == "roberta" ? 50265 : 30522, PositionsBehindPadding = true });

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => BertLayout.WithHeads(spec, has, Names);

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => BertLayout.Map(spec, has, Names);
}
