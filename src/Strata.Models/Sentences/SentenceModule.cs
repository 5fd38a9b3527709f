using Strata.Tensors;

namespace Strata.Models;

/// <summary>How a sentence's tokens become one vector.</summary>
public enum SentencePooling
{
    /// <summary>The first token.</summary>
    First,

    /// <summary>The largest value of each column.</summary>
    Max,

    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The sum divided by the root of the number of tokens.</summary>
    MeanBySquareRoot,

    /// <summary>The mean with weights 1, 2, 3, ... from the first token on.</summary>
    WeightedMean,

    /// <summary>The last token.</summary>
    Last,
}

/// <summary>A step from the tokens of a sentence to its vector.</summary>
public abstract record SentenceModule;

/// <summary>Pools the tokens; several ways stand side by side.</summary>
/// <param name="Ways">The ways, in the order in which their results stand.</param>
/// <param name="WithPrompt">Do the tokens of a prompt count?</param>
public sealed record PoolingModule(ValueList<SentencePooling> Ways, bool WithPrompt) : SentenceModule
{
    /// <summary>Pools the rows of one sentence.</summary>
    /// <param name="tokens">[tokens, width], row-major.</param>
    /// <param name="width">Columns.</param>
    /// <param name="prompt">Tokens of the prompt, which are passed over where they do not count.</param>
    /// <param name="result">Receives width numbers per way.</param>
    internal void Pool(ReadOnlySpan<float> tokens, int width, int prompt, Span<float> result)
    {
        int all = tokens.Length / width, first = WithPrompt ? 0 : Math.Min(prompt, all - 1);
        for (int way = 0; way < Ways.Count; way++)
        {
            Span<float> pooled = result.Slice(way * width, width);
            switch (Ways[way])
            {
                case SentencePooling.First: tokens[..width].CopyTo(pooled); break;
                case SentencePooling.Last: tokens[^width..].CopyTo(pooled); break;
                case SentencePooling.Max: Largest(tokens[(first * width)..], width, pooled); break;
                default: Mean(tokens[(first * width)..], width, first, Ways[way], pooled); break;
            }
        }
    }

    private static void Largest(ReadOnlySpan<float> tokens, int width, Span<float> pooled)
    {
        tokens[..width].CopyTo(pooled);
        for (int at = width; at < tokens.Length; at += width) System.Numerics.Tensors.TensorPrimitives.Max(pooled, tokens.Slice(at, width), pooled);
    }

    private static void Mean(ReadOnlySpan<float> tokens, int width, int first, SentencePooling way, Span<float> pooled)
    {
        pooled.Clear();
        float weights = 0;
        for (int at = 0, position = first; at < tokens.Length; at += width, position++)
        {
            float weight = way == SentencePooling.WeightedMean ? position + 1 : 1;
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(tokens.Slice(at, width), weight, pooled, pooled);
            weights += weight;
        }

        float divisor = way == SentencePooling.MeanBySquareRoot ? MathF.Sqrt(weights) : weights;
        System.Numerics.Tensors.TensorPrimitives.Divide(pooled, divisor, pooled);
    }
}

/// <summary>A linear map and a non-linearity.</summary>
public sealed record DenseModule : SentenceModule
{
    internal DenseModule(LinearWeight weight, Activation? activation) => (Weight, Activation) = (weight, activation);

    /// <summary>Columns before.</summary>
    public int Inputs => Weight.Inputs;

    /// <summary>Columns behind.</summary>
    public int Outputs => Weight.Outputs;

    /// <summary>The non-linearity; null for none.</summary>
    public Activation? Activation { get; }

    internal LinearWeight Weight { get; }
}

/// <summary>Divides a vector by its length.</summary>
public sealed record NormalizeModule : SentenceModule;
