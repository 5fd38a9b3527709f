using Strata.Tensors;

namespace Strata.Models;

/// <summary>Makes the scores of the next token from those that several layers give, read through the final norm and the unembedding; where it wants, also from those of another network on the same tokens.</summary>
public abstract class LayerMixer
{
    /// <summary>Another network that runs on the same tokens, all its blocks in order; null for none. Its vocabulary must be the first network's.</summary>
    public virtual Model? Amateur => null;

    /// <summary>What provenance says of the mix.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>The steps of the plan whose stream is read besides the last: with all blocks in order, the blocks.</summary>
    /// <param name="network">The network, or the amateur.</param>
    /// <param name="steps">Steps of its plan.</param>
    /// <exception cref="StrataException">The mix does not fit the network.</exception>
    public abstract IReadOnlyList<int> Layers(Model network, int steps);

    /// <summary>Mixed scores of the next token of one sequence.</summary>
    /// <param name="own">[layers + 1, vocabulary]: the logits of <see cref="Layers"/>, then the network's own.</param>
    /// <param name="amateur">The same of the amateur; null where there is none.</param>
    /// <returns>[vocabulary]; negative infinity for what must not be taken.</returns>
    public abstract double[] Mix(FloatMatrix own, FloatMatrix? amateur);
}
