using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// ViT (Dosovitskiy et al. 2020) and, with one more learned token, DeiT (Touvron et al. 2021): norms before each half block, learned positions, a classifier of the first token. DINO
/// (Caron et al. 2021) is a ViT without classifier.
/// </summary>
/// <param name="name">The <c>model_type</c>: <c>vit</c> or <c>deit</c>.</param>
public sealed class VitFamily(string name) : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Networks => Distilled ? "DeiT" : "ViT, DINO";

    private bool Distilled => name == "deit";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ModelSpec spec = VitLayout.ReadSpec(config, Name, 1e-12f, 16);
        return Distilled ? spec with { Image = spec.Image! with { Prefix = new(["cls", "distillation"]), PrefixPositions = 2 } } : spec;
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) =>
        has("distillation_classifier.weight") ? spec with { SequenceHead = spec.SequenceHead! with { Rows = PooledRows.FirstTwo } }
        : has("classifier.weight") ? spec
        : spec with { SequenceHead = new SequenceHead(has(Prefix(has) + "pooler.dense.weight") ? Activation.Tanh : null, null) };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = Prefix(has), embeddings = prefix + "embeddings.";
        ImageSpec image = spec.Image!;
        return new WeightMap(null, [.. Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}encoder.layer.{i}."))])
        {
            Image = new ImageMap(VitLayout.Patch(spec, embeddings + "patch_embeddings.projection"), [.. image.Prefix.Select(token => VitLayout.Tokens(spec, $"{embeddings}{token}_token", 1))]),
            PositionEmbedding = VitLayout.Tokens(spec, embeddings + "position_embeddings", image.Positions),
            FinalNorm = WeightNames.Norm(spec, prefix + "layernorm"),
            Pooler = spec.SequenceHead!.Activation is null ? null : WeightNames.Linear(prefix + "pooler.dense", spec.Width, spec.Width, true),
            Readout = spec.SequenceHead.Rows == PooledRows.FirstTwo ? new ReadoutMap(null, WeightNames.Linear("distillation_classifier", spec.Width, spec.SequenceHead.Labels!.Count, true), null) : null,
            Classifier = spec.SequenceHead.Labels is { } labels ? WeightNames.Linear(spec.SequenceHead.Rows == PooledRows.FirstTwo ? "cls_classifier" : "classifier", spec.Width, labels.Count, true) : null,
        };
    }

    private string Prefix(Func<string, bool> has) => WeightNames.Prefix(has, "embeddings.cls_token", "", $"{Name}.");

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        LinearEntry Attention(string part) => WeightNames.Linear($"{prefix}attention.attention.{part}", spec.Width, spec.Width, spec.AttentionBias);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "layernorm_before"),
            Query = Attention("query"),
            Key = Attention("key"),
            Value = Attention("value"),
            Output = WeightNames.Linear(prefix + "attention.output.dense", spec.Width, spec.Width, true),
            MlpNorm = WeightNames.Norm(spec, prefix + "layernorm_after"),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + "intermediate.dense", spec.Width, spec.MlpWidth, true), WeightNames.Linear(prefix + "output.dense", spec.MlpWidth, spec.Width, true)),
        };
    }
}
