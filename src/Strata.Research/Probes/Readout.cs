using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A trained reader of activations.</summary>
public abstract class Readout
{
    /// <summary>Number of classes (1 for a regression).</summary>
    public abstract int Classes { get; }

    /// <summary>Width of the activations.</summary>
    public abstract int Width { get; }

    /// <summary>The class that is read from every row.</summary>
    /// <exception cref="StrataException">The rows' width is not the readout's.</exception>
    public abstract int[] Predict(FloatMatrix rows);
}

/// <summary>What a probe fitted to standardised rows.</summary>
internal abstract class ProbeFit
{
    /// <summary>The class of every standardised row.</summary>
    public abstract int[] Read(RealMatrix rows);

    /// <summary>The same for raw activations.</summary>
    public abstract Readout ToReadout(Standardisation standardisation);
}

/// <summary>Weights on standardised features, [classes, width + 1], the constant last.</summary>
internal sealed class LinearFit(RealMatrix weights) : ProbeFit
{
    public RealMatrix Weights => weights;

    public override int[] Read(RealMatrix rows) => LinearProbe.Read(rows, [weights])[0];

    public override Readout ToReadout(Standardisation standardisation) => new LinearReadout(weights, standardisation);
}
