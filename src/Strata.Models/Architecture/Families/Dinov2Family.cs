using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// DINOv2 (Oquab et al. 2023): a ViT whose blocks have factors on what they add and, in its largest size, a gated MLP; with registers (Darcet et al. 2023), learned tokens without a position
/// between the first token and the patches. Its classifier reads the first token beside the mean of the patches.
/// </summary>
/// <param name="name">The <c>model_type</c>: <c>dinov2</c> or <c>dinov2_with_registers</c>.</param>
public sealed class Dinov2Family(string name) : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Networks => HasRegisters ? "DINOv2 with registers" : "DINOv2";

    private bool HasRegisters => name == "dinov2_with_registers";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        // The published default is a patch of 16 with registers, and of 14 without.
        ModelSpec spec = VitLayout.ReadSpec(config, Name, 1e-6f, HasRegisters ? 16 : 14);
        bool gated = config.OptionalBool("use_swiglu_ffn") ?? false;
        int hidden = config.OptionalInt("mlp_ratio", 1, 64) is int ratio ? spec.Width * ratio : 4 * spec.Width;
        int registers = HasRegisters ? config.OptionalInt("num_register_tokens", 0, 1 << 10) ?? 4 : 0;
        return spec with
        {
            MlpWidth = gated ? (int)((hidden * 2L / 3 + 7) / 8 * 8) : hidden,
            GatedMlp = gated,
            Activation = gated ? Activation.Silu : spec.Activation,
            LayerScale = true,
            Image = spec.Image! with { Prefix = new(["cls", .. Enumerable.Range(0, registers).Select(i => $"register {i}")]), Antialias = HasRegisters },
            SequenceHead = spec.SequenceHead! with { Rows = PooledRows.FirstAndMean },
        };
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => has("classifier.weight") ? spec : spec with { SequenceHead = new SequenceHead(null, null) };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = WeightNames.Prefix(has, "embeddings.cls_token", "", $"{Name}."), embeddings = prefix + "embeddings.";
        int registers = spec.Image!.Prefix.Count - 1;
        WeightEntry[] tokens = [VitLayout.Tokens(spec, embeddings + "cls_token", 1), .. registers == 0 ? [] : new[] { VitLayout.Tokens(spec, embeddings + "register_tokens", registers) }];
        return new WeightMap(null, [.. Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}encoder.layer.{i}."))])
        {
            Image = new ImageMap(VitLayout.Patch(spec, embeddings + "patch_embeddings.projection"), tokens),
            PositionEmbedding = VitLayout.Tokens(spec, embeddings + "position_embeddings", spec.Image.Positions),
            FinalNorm = WeightNames.Norm(spec, prefix + "layernorm"),
            Classifier = spec.SequenceHead!.Labels is { } labels ? WeightNames.Linear("classifier", 2 * spec.Width, labels.Count, true) : null,
        };
    }

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        LinearEntry Attention(string part) => WeightNames.Linear($"{prefix}attention.attention.{part}", spec.Width, spec.Width, spec.AttentionBias);
        WeightEntry Scale(string part) => new($"{prefix}{part}.lambda1", new(spec.Width), WeightRole.Gain);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "norm1"),
            Query = Attention("query"),
            Key = Attention("key"),
            Value = Attention("value"),
            Output = WeightNames.Linear(prefix + "attention.output.dense", spec.Width, spec.Width, true),
            AttentionScale = Scale("layer_scale1"),
            MlpNorm = WeightNames.Norm(spec, prefix + "norm2"),
            Mlp = spec.GatedMlp ? Gated(spec, prefix) : new MlpMap(null, WeightNames.Linear(prefix + "mlp.fc1", spec.Width, spec.MlpWidth, true), WeightNames.Linear(prefix + "mlp.fc2", spec.MlpWidth, spec.Width, true)),
            MlpScale = Scale("layer_scale2"),
        };
    }

    private static MlpMap Gated(ModelSpec spec, string prefix)
    {
        LinearEntry fused = WeightNames.Linear(prefix + "mlp.weights_in", spec.Width, 2 * spec.MlpWidth, true);
        return new MlpMap(fused.Part(0, spec.MlpWidth), fused.Part(spec.MlpWidth, spec.MlpWidth), WeightNames.Linear(prefix + "mlp.weights_out", spec.MlpWidth, spec.Width, true));
    }
}
