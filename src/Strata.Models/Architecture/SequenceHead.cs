using Strata.Tensors;

namespace Strata.Models;

/// <summary>Which rows of the normalised last stream stand for a whole sequence.</summary>
public enum PooledRows
{
    /// <summary>The first token.</summary>
    First,

    /// <summary>The first two, each with a classifier of its own, whose scores are averaged (DeiT).</summary>
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

/// <summary>
/// What a network makes of a whole sequence, one row each: some of its tokens, often through a linear map and a non-linearity (the pooler), then a row in the space that images and texts
/// share, or a score per class where it is a classifier.
/// </summary>
/// <param name="Activation">The non-linearity of the pooler; null where there is no pooler.</param>
/// <param name="Labels">Names of the classes; null for a network without classes.</param>
public sealed record SequenceHead(Activation? Activation, ValueList<string>? Labels)
{
    /// <summary>Which tokens.</summary>
    public PooledRows Rows { get; init; } = PooledRows.First;

    /// <summary>With <see cref="PooledRows.End"/>, the id that ends a text; null for the largest id of the text, as the first checkpoints were made for.</summary>
    public int? EndId { get; init; }

    /// <summary>Width of the linear map into the space that images and texts share; null for none.</summary>
    public int? Projection { get; init; }

    /// <summary>Has that map a bias?</summary>
    public bool ProjectionBias { get; init; }

    /// <summary>Columns of <c>pooled</c> in a network of this width.</summary>
    public int Columns(int width) => Rows is PooledRows.FirstTwo or PooledRows.FirstAndMean ? 2 * width : width;
}
