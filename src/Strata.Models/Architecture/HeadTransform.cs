using Strata.Tensors;

namespace Strata.Models;

/// <summary>What a masked language model does to its last stream before the unembedding: a linear map, a non-linearity, a norm.</summary>
/// <param name="Width">Outputs of the map: the width of the unembedding.</param>
/// <param name="Activation">The non-linearity.</param>
/// <param name="Bias">Has the map a bias?</param>
public sealed record HeadTransform(int Width, Activation Activation, bool Bias = true);
