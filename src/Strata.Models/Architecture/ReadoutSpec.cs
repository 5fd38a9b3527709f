namespace Strata.Models;

/// <summary>Which rows of the normalised last stream stand for a whole sequence.</summary>
public enum Readout
{
    /// <summary>The first token.</summary>
    First,

    /// <summary>The first two, each with a classifier of its own, whose logits are averaged (DeiT).</summary>
    FirstTwo,

    /// <summary>The first token, and beside it the mean of the patches (DINOv2).</summary>
    FirstAndMean,

    /// <summary>The mean of the patches.</summary>
    Mean,

    /// <summary>The last token.</summary>
    Last,

    /// <summary>The token that ends the text (CLIP).</summary>
    End,

    /// <summary>What one learned query attends to, and an MLP behind it (SigLIP).</summary>
    Attention,
}

/// <summary>What a network gives for a whole sequence: <c>pooled</c>, one row per sequence, and what is made of it.</summary>
/// <param name="Kind">Which rows are pooled.</param>
public sealed record ReadoutSpec(Readout Kind)
{
    /// <summary>With <see cref="Readout.End"/>, the id that ends a text; null for the largest id of the text, as the first checkpoints were made for.</summary>
    public int? EndId { get; init; }

    /// <summary>Width of the linear map behind the pooling, into the space that images and texts share; null for none.</summary>
    public int? Projection { get; init; }

    /// <summary>Has that map a bias?</summary>
    public bool ProjectionBias { get; init; }

    /// <summary>Names of the classes; null where the checkpoint has no classifier.</summary>
    public ValueList<string>? Labels { get; init; }

    /// <summary>Columns of <c>pooled</c> in a network of this width.</summary>
    public int Columns(int width) => Kind is Readout.FirstTwo or Readout.FirstAndMean ? 2 * width : width;
}
