namespace Strata.Tensors.Tests;

/// <summary>The same mathematics in scalar float64 loops: what the kernels are compared with.</summary>
internal static class ReferenceMath
{
    /// <summary>a [m, k] · b [k, n] + bias.</summary>
    public static double[] Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int m, int k, int n, float[]? bias = null, bool transposeB = false)
    {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int l = 0; l < k; l++) sum += (double)a[(i * k) + l] * (transposeB ? b[(j * k) + l] : b[(l * n) + j]);
                c[(i * n) + j] = sum + (bias is null ? 0 : bias[j]);
            }
        }

        return c;
    }

    public static double[] Softmax(double[] x)
    {
        double max = x.Max(), sum = x.Sum(v => Math.Exp(v - max));
        return [.. x.Select(v => Math.Exp(v - max) / sum)];
    }

    /// <summary>scale · q·k of one query and head over all keys, capped and biased; −∞ where the query may not see.</summary>
    public static double[] Scores(float[] q, float[] k, AttentionHeads heads, AttentionSegment segment, int query, int head, float[]? bias = null)
    {
        int width = heads.HeadWidth, keyHead = head / (heads.Heads / heads.KeyValueHeads);
        int position = segment.KeyCount - segment.QueryCount + query;
        double[] scores = new double[segment.KeyCount];
        for (int key = 0; key < segment.KeyCount; key++)
        {
            double dot = 0;
            for (int i = 0; i < width; i++)
            {
                dot += (double)q[((segment.QueryStart + query) * heads.Heads * width) + (head * width) + i]
                    * k[((segment.KeyStart + key) * heads.KeyValueHeads * width) + (keyHead * width) + i];
            }

            double score = heads.Scale * dot;
            if (heads.SoftCap > 0) score = heads.SoftCap * Math.Tanh(score / heads.SoftCap);
            if (bias is not null)
            {
                int columns = bias.Length / heads.Heads;
                score += bias[(head * columns) + (heads.BiasByDistance ? (columns / 2) + key - position : key)];
            }

            bool seen = (!heads.Causal || key <= position) && (heads.Window == 0 || Math.Abs(key - position) < heads.Window);
            scores[key] = seen ? score : double.NegativeInfinity;
        }

        return scores;
    }

    /// <summary>Weights over the keys of a segment times the values of a head.</summary>
    public static double[] Mix(ReadOnlySpan<double> weights, float[] v, AttentionHeads heads, AttentionSegment segment, int head)
    {
        int width = heads.HeadWidth, keyHead = head / (heads.Heads / heads.KeyValueHeads);
        double[] mixed = new double[width];
        for (int key = 0; key < segment.KeyCount; key++)
        {
            if (weights[key] == 0) continue;
            for (int i = 0; i < width; i++) mixed[i] += weights[key] * v[((segment.KeyStart + key) * heads.KeyValueHeads * width) + (keyHead * width) + i];
        }

        return mixed;
    }

    /// <summary>softmax(scale · q kᵀ) v of all segments; rows outside any segment stay 0.</summary>
    public static double[] Attention(float[] q, float[] k, float[] v, AttentionHeads heads, AttentionSegment[] segments, float[]? bias = null)
    {
        double[] result = new double[q.Length];
        foreach (AttentionSegment segment in segments)
        {
            for (int query = 0; query < segment.QueryCount; query++)
            {
                for (int head = 0; head < heads.Heads; head++)
                {
                    double[] mixed = Mix(Softmax(Scores(q, k, heads, segment, query, head, bias)), v, heads, segment, head);
                    mixed.CopyTo(result, ((segment.QueryStart + query) * heads.Heads * heads.HeadWidth) + (head * heads.HeadWidth));
                }
            }
        }

        return result;
    }

    /// <summary>erf by its Taylor series, by the continued fraction of erfc beyond 3.</summary>
    public static double Erf(double x)
    {
        double z = Math.Abs(x);
        if (z > 3) return Math.Sign(x) * (1 - Erfc(z));
        double term = z, sum = z;
        for (int n = 1; n < 200; n++)
        {
            term *= -z * z / n;
            sum += term / ((2 * n) + 1);
        }

        return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double Erfc(double z)
    {
        double fraction = z;
        for (int n = 120; n > 0; n--) fraction = z + (n / 2.0 / fraction);
        return Math.Exp(-z * z) / Math.Sqrt(Math.PI) / fraction;
    }

    public static double Activate(double x, Activation activation) => activation switch
    {
        Activation.GeluErf => x < -3 ? 0.5 * x * Erfc(-x / Math.Sqrt(2)) : 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Tanh => Math.Tanh(x),
        Activation.Relu => Math.Max(x, 0),
        Activation.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),
        Activation.GeluErf10 => Math.Clamp(Activate(x, Activation.GeluErf), -10, 10),
        Activation.Softplus => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))),
        Activation.SquaredRelu => (float)(Math.Max(x, 0) * Math.Max(x, 0)),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };
}
