namespace Strata.Models;

/// <summary>CLIP (Radford et al. 2021), tower of images: patches without bias, a norm of the embedding, the first token projected into the space of images and texts.</summary>
public sealed class ClipVisionFamily : ModelFamily
{
    private const string Prefix = "vision_model.";

    /// <inheritdoc/>
    public override string Name => "clip_vision_model";

    /// <inheritdoc/>
    public override string Networks => "CLIP, OpenCLIP, its image tower";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ConfigReader tower = config.OptionalObject("vision_config") ?? config;
        return ClipLayout.ReadSpec(tower, Name, new ClipDefaults(768, 12, 3072, "quick_gelu", 1e-5f)) with
        {
            EmbeddingNorm = true,
            Image = VitLayout.Image(tower, 224, 32) with { Prefix = new(["cls"]), PrefixPositions = 1, PatchBias = false },
            SequenceHead = new SequenceHead(null, null) { Projection = config.OptionalInt("projection_dim", 1, 1 << 20) ?? 512 },
        };
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => has("visual_projection.weight") ? spec : spec with { SequenceHead = spec.SequenceHead! with { Projection = null } };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        WeightEntry token = new($"{Prefix}embeddings.class_embedding", new(spec.Width), WeightRole.Embedding) { Deviation = MathF.Pow(spec.Width, -0.5f) };
        return new WeightMap(null, ClipLayout.Blocks(spec, Prefix))
        {
            Image = new ImageMap(VitLayout.Patch(spec, Prefix + "embeddings.patch_embedding"), [token]),
            PositionEmbedding = ClipLayout.Table(spec, Prefix + "embeddings.position_embedding.weight", spec.Image!.Positions),
            EmbeddingNorm = WeightNames.Norm(spec, Prefix + "pre_layrnorm"),
            FinalNorm = WeightNames.Norm(spec, Prefix + "post_layernorm"),
            Readout = spec.SequenceHead!.Projection is int columns ? new ReadoutMap(Projection("visual_projection", spec.Width, columns), null, null) : null,
        };
    }

    /// <summary>The map into the space of images and texts.</summary>
    internal static LinearEntry Projection(string name, int width, int columns)
    {
        LinearEntry linear = WeightNames.Linear(name, width, columns, false);
        return linear with { Weight = linear.Weight with { Deviation = MathF.Pow(width, -0.5f) } };
    }
}

/// <summary>CLIP, tower of texts: a decoder without scores over the vocabulary, whose token at the end of the text is projected into the space of images and texts.</summary>
public sealed class ClipTextFamily : ModelFamily
{
    private const string Prefix = "text_model.";

    /// <inheritdoc/>
    public override string Name => "clip_text_model";

    /// <inheritdoc/>
    public override string Networks => "CLIP, OpenCLIP, its text tower";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        ConfigReader tower = config.OptionalObject("text_config") ?? config;
        int end = tower.OptionalInt("eos_token_id", 0, int.MaxValue) ?? 49407;
        return ClipLayout.WithTexts(ClipLayout.ReadSpec(tower, Name, new ClipDefaults(512, 8, 2048, "quick_gelu", 1e-5f)), tower, 49408, 77) with
        {
            Causal = true,
            // The first configurations say 2, which is not the id that ends a text; the code then takes the largest.
            SequenceHead = new SequenceHead(null, null) { Rows = PooledRows.End, EndId = end == 2 ? null : end, Projection = config.OptionalInt("projection_dim", 1, 1 << 20) ?? 512 },
        };
    }

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => has("text_projection.weight") ? spec : spec with { SequenceHead = spec.SequenceHead! with { Projection = null } };

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => new(ClipLayout.Table(spec, Prefix + "embeddings.token_embedding.weight", spec.Vocabulary), ClipLayout.Blocks(spec, Prefix))
    {
        PositionEmbedding = ClipLayout.Table(spec, Prefix + "embeddings.position_embedding.weight", spec.MaxPositions),
        FinalNorm = WeightNames.Norm(spec, Prefix + "final_layer_norm"),
        Readout = spec.SequenceHead!.Projection is int columns ? new ReadoutMap(ClipVisionFamily.Projection("text_projection", spec.Width, columns), null, null) : null,
    };
}
