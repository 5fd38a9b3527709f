namespace Strata.Tensors;

/// <summary>How a checkpoint lays out the weight of a linear map.</summary>
public enum WeightOrientation
{
    /// <summary>[outputs, inputs], as <c>torch.nn.Linear</c> stores it: y = x Wᵀ + b.</summary>
    OutputsByInputs,

    /// <summary>[inputs, outputs], as GPT-2's <c>Conv1D</c> stores it: y = x W + b.</summary>
    InputsByOutputs,
}

/// <summary>A weight matrix (and bias) in the layout that its engine multiplies fastest. Made once, at load.</summary>
public abstract class LinearWeight
{
    /// <summary>Length of an input row.</summary>
    public abstract int Inputs { get; }

    /// <summary>Length of an output row.</summary>
    public abstract int Outputs { get; }

    /// <summary>Number format in which the weights stay in memory.</summary>
    public abstract DType DType { get; }

    /// <summary>Whether there is a bias.</summary>
    public abstract bool HasBias { get; }

    /// <summary>Bytes held.</summary>
    public abstract long Bytes { get; }

    /// <summary>The weights as they are computed with, [outputs, inputs], whatever the format they are kept in.</summary>
    public abstract float[] ToArray();
}
