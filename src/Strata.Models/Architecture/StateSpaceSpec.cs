using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// A selective state space that mixes the tokens of a block in place of attention: Mamba (Gu and Dao 2023), whose step sizes come through a map of low rank and whose
/// channels each have a matrix of decays, or Mamba-2 (Dao and Gu 2024), whose heads of channels share step size and decay.
/// </summary>
public sealed record StateSpaceSpec
{
    /// <summary>Channels: the width between input and output map.</summary>
    public required int Channels { get; init; }

    /// <summary>Heads: channels that share step size and decay; as many as channels for Mamba.</summary>
    public required int Heads { get; init; }

    /// <summary>Numbers of state per channel.</summary>
    public required int StateSize { get; init; }

    /// <summary>Heads divide into this many groups with the same B and C.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Length of the convolution.</summary>
    public required int Taps { get; init; }

    /// <summary>Has the convolution a bias?</summary>
    public bool ConvolutionBias { get; init; } = true;

    /// <summary>Have the input and output maps biases?</summary>
    public bool ProjectionBias { get; init; }

    /// <summary>Mamba: rank of the map from the convolved channels to the step sizes; B and C come from the same channels. Null for Mamba-2, where all three come from the stream.</summary>
    public int? StepRank { get; init; }

    /// <summary>Is what leads to step sizes, B and C normalised (Jamba)?</summary>
    public bool NormalisedParameters { get; init; }

    /// <summary>The gated output is normalised over groups of so many channels (Mamba-2); null for no norm.</summary>
    public int? OutputNormWidth { get; init; }

    /// <summary>Step sizes are at least this.</summary>
    public float MinStep { get; init; }

    /// <summary>Step sizes are at most this.</summary>
    public float MaxStep { get; init; } = float.PositiveInfinity;

    /// <summary>Non-linearity behind the convolution and of the gate.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>How random weights are drawn.</summary>
    public StateSpaceInitialisation Initialisation { get; init; } = new();

    /// <summary>Channels of a head.</summary>
    public int HeadWidth => Channels / Heads;

    /// <summary>Does each head have more than one channel, so that it is a head in the sense of attention?</summary>
    public bool HasHeads => Heads < Channels;

    /// <summary>Numbers of B, and of C, per token.</summary>
    public int ParameterWidth => Groups * StateSize;

    /// <summary>Weights that one token is multiplied with, the convolution left out.</summary>
    /// <param name="width">Width of the residual stream.</param>
    public long WeightsPerToken(int width)
    {
        long maps = 3L * width * Channels;
        return StepRank is int rank ? maps + ((long)Channels * ((2 * rank) + (2 * ParameterWidth))) : maps + ((long)width * (Heads + (2 * ParameterWidth)));
    }
}

/// <summary>How the random weights of a state space are drawn.</summary>
/// <param name="MinStep">Step sizes start between this, log-uniform,</param>
/// <param name="MaxStep">and this,</param>
/// <param name="StepFloor">but not below this.</param>
/// <param name="StepScale">Factor on the range of the map to the step sizes.</param>
/// <param name="ConstantStepMap">That map starts with equal weights instead of uniform ones.</param>
/// <param name="ScaledOutput">Output maps start smaller by the root of the number of blocks.</param>
/// <param name="UniformDecays">The decays of Mamba-2's heads start uniform from 1 to 16 instead of at 1, 2, 3 and so on.</param>
public sealed record StateSpaceInitialisation(
    float MinStep = 0.001f, float MaxStep = 0.1f, float StepFloor = 1e-4f, float StepScale = 1, bool ConstantStepMap = false, bool ScaledOutput = false, bool UniformDecays = false);
