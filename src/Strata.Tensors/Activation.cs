namespace Strata.Tensors;

/// <summary>The pointwise non-linearity of an MLP.</summary>
public enum Activation
{
    /// <summary>x · Φ(x), with the error function: <c>gelu</c>.</summary>
    GeluErf,

    /// <summary>½x(1 + tanh(√(2/π)(x + 0.044715x³))): <c>gelu_new</c>, <c>gelu_pytorch_tanh</c>.</summary>
    GeluTanh,

    /// <summary>x · σ(x): <c>silu</c>, <c>swish</c>.</summary>
    Silu,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>x · σ(1.702x): <c>quick_gelu</c>.</summary>
    QuickGelu,

    /// <summary>x · Φ(x), held within ±10: <c>gelu_10</c>.</summary>
    GeluErf10,

    /// <summary>log(1 + e^x).</summary>
    Softplus,

    /// <summary>max(x, 0)²: <c>relu2</c>.</summary>
    SquaredRelu,
}
