using Strata.Tensors;

namespace Strata.Models;

/// <summary>SigLIP (Zhai et al. 2023), tower of images: no token but the patches; a learned query pools them.</summary>
public sealed class SiglipVisionFamily : ModelFamily
{
    private const string Prefix = "vision_model.";

    /// <inheritdoc/>
    public override string Name => "siglip_vision_model";

    /// <inheritdoc/>
    public override string Networks => "SigLIP and SigLIP 2 of fixed resolution, their image tower";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ConfigReader tower = config.OptionalObject("vision_config") ?? config;
        return ClipLayout.ReadSpec(tower, Name, new ClipDefaults(768, 12, 3072, "gelu_pytorch_tanh", 1e-6f)) with
        {
            Image = VitLayout.Image(tower, 224, 16),
            SequenceHead = new SequenceHead(null, config.Labels()) { Rows = PooledRows.Attention },
        };
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => spec with
    {
        SequenceHead = has("classifier.weight") ? spec.SequenceHead! with { Rows = PooledRows.Mean } : has(Prefix + "head.probe") ? spec.SequenceHead! with { Labels = null } : null,
    };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => new(null, ClipLayout.Blocks(spec, Prefix))
    {
        Image = new ImageMap(VitLayout.Patch(spec, Prefix + "embeddings.patch_embedding"), []),
        PositionEmbedding = ClipLayout.Table(spec, Prefix + "embeddings.position_embedding.weight", spec.Image!.Positions),
        FinalNorm = WeightNames.Norm(spec, Prefix + "post_layernorm"),
        Readout = spec.SequenceHead?.Rows == PooledRows.Attention ? new ReadoutMap(null, null, Attention(spec, Prefix + "head.")) : null,
        Classifier = spec.SequenceHead?.Labels is { } labels ? WeightNames.Linear("classifier", spec.Width, labels.Count, true) : null,
    };

    private static AttentionReadoutMap Attention(ModelSpec spec, string prefix)
    {
        int width = spec.Width;
        LinearEntry fused = ClipLayout.Glorot(new(new($"{prefix}attention.in_proj_weight", new(3 * width, width), WeightRole.Linear), new($"{prefix}attention.in_proj_bias", new(3 * width), WeightRole.Bias), WeightOrientation.OutputsByInputs, 0, 3 * width), width);
        LinearEntry Linear(string name, int inputs, int outputs) => ClipLayout.Glorot(WeightNames.Linear(prefix + name, inputs, outputs, true), inputs);
        return new AttentionReadoutMap(
            new($"{prefix}probe", new(1, 1, width), WeightRole.Embedding) { Deviation = MathF.Pow(width, -0.5f) }, fused.Part(0, width), fused.Part(width, width), fused.Part(2 * width, width),
            Linear("attention.out_proj", width, width), WeightNames.Norm(spec, prefix + "layernorm"),
            new MlpMap(null, Linear("mlp.fc1", width, spec.MlpWidth), Linear("mlp.fc2", spec.MlpWidth, width)));
    }
}

/// <summary>SigLIP, tower of texts: an encoder that reads texts filled up to its full length; its last token is projected into the space of images and texts.</summary>
public sealed class SiglipTextFamily : ModelFamily
{
    private const string Prefix = "text_model.";

    /// <inheritdoc/>
    public override string Name => "siglip_text_model";

    /// <inheritdoc/>
    public override string Networks => "SigLIP and SigLIP 2 of fixed resolution, their text tower";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ConfigReader tower = config.OptionalObject("text_config") ?? config;
        ModelSpec spec = ClipLayout.WithTexts(ClipLayout.ReadSpec(tower, Name, new ClipDefaults(768, 12, 3072, "gelu_pytorch_tanh", 1e-6f)), tower, 32000, 64);
        return spec with
        {
            PaddingId = tower.OptionalInt("pad_token_id", 0, spec.Vocabulary - 1) ?? 1,
            SequenceHead = new SequenceHead(null, null) { Rows = PooledRows.Last, Projection = tower.OptionalInt("projection_size", 1, 1 << 20) ?? spec.Width, ProjectionBias = true },
        };
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => new(ClipLayout.Table(spec, Prefix + "embeddings.token_embedding.weight", spec.Vocabulary), ClipLayout.Blocks(spec, Prefix))
    {
        PositionEmbedding = ClipLayout.Table(spec, Prefix + "embeddings.position_embedding.weight", spec.MaxPositions),
        FinalNorm = WeightNames.Norm(spec, Prefix + "final_layer_norm"),
        Readout = new ReadoutMap(WeightNames.Linear(Prefix + "head", spec.Width, spec.SequenceHead!.Projection!.Value, true), null, null),
    };
}
