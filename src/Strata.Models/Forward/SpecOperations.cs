using Strata.Tensors;

namespace Strata.Models;

/// <summary>Operations that a spec chooses among.</summary>
internal static class SpecOperations
{
    /// <summary>The network's kind of norm, over whole rows or over groups of <paramref name="width"/> columns.</summary>
    public static Tensor Norm(this TensorScope scope, Tensor x, NormWeights? norm, ModelSpec spec, int width = 0) => spec.Norm == NormKind.LayerNorm
        ? scope.LayerNorm(x, norm?.Gain, norm?.Bias, spec.NormEpsilon, width)
        : scope.RmsNorm(x, norm?.Gain, spec.NormEpsilon, width);

    /// <summary>x · factor; x itself for 1.</summary>
    public static Tensor ScaledBy(this TensorScope scope, Tensor x, float factor) => factor == 1 ? x : scope.Scale(x, factor);
}
