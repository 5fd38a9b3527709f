using Strata.Tensors;

namespace Strata.Models;

/// <summary>Routing of a mixture of experts: which tokens an expert works on, and with which weight.</summary>
internal static class ExpertMixture
{
    /// <summary>
    /// The weights of the experts for each token, [tokens, experts]: the softmax of the router's logits where an expert is among the token's largest, 0 elsewhere.
    /// Of equal probabilities the first wins.
    /// </summary>
    public static Tensor Weights(TensorScope scope, Tensor logits, ExpertSpec spec)
    {
        float[] values = scope.Softmax(logits).ToArray();
        Span<int> chosen = stackalloc int[spec.PerToken];
        for (int row = 0; row < logits.Shape.Rows; row++)
        {
            Span<float> weights = values.AsSpan(row * spec.Count, spec.Count);
            float sum = Choose(weights, chosen);
            for (int expert = 0; expert < weights.Length; expert++)
                weights[expert] = !chosen.Contains(expert) ? 0f : spec.NormaliseWeights ? weights[expert] / sum : weights[expert];
        }

        return scope.FromHost(values, logits.Shape.ToArray());
    }

    /// <summary>The tokens that give an expert a weight, and the weights.</summary>
    public static (int[] Tokens, float[] Weights) TokensOf(ReadOnlySpan<float> weights, int expert, int experts)
    {
        List<int> tokens = [];
        List<float> given = [];
        for (int token = 0, at = expert; at < weights.Length; token++, at += experts)
        {
            if (weights[at] == 0) continue;
            tokens.Add(token);
            given.Add(weights[at]);
        }

        return ([.. tokens], [.. given]);
    }

    /// <summary>σ(x) of each token's logit.</summary>
    public static float[] Sigmoid(ReadOnlySpan<float> logits)
    {
        float[] result = new float[logits.Length];
        for (int i = 0; i < result.Length; i++) result[i] = 1f / (1f + MathF.Exp(-logits[i]));
        return result;
    }

    /// <summary>Fills in the experts of largest probability and returns the sum of their probabilities.</summary>
    private static float Choose(ReadOnlySpan<float> probabilities, Span<int> chosen)
    {
        float sum = 0;
        chosen.Fill(-1);
        for (int place = 0; place < chosen.Length; place++)
        {
            int best = -1;
            for (int expert = 0; expert < probabilities.Length; expert++)
            {
                if (!chosen[..place].Contains(expert) && (best < 0 || probabilities[expert] > probabilities[best])) best = expert;
            }

            chosen[place] = best;
            sum += probabilities[best];
        }

        return sum;
    }
}
