namespace Strata.Models;

/// <summary>One network of a pair that reads images and texts into one space (CLIP, SigLIP).</summary>
public enum Tower
{
    /// <summary>The network of images.</summary>
    Image,

    /// <summary>The network of texts.</summary>
    Text,
}
