using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary>A probe whose score of a class is linear in the activations.</summary>
public abstract class LinearProbe : Probe
{
    private protected override int[][] Predict(RealMatrix rows, ProbeFit[] fits) => Read(rows, fits.Select(f => ((LinearFit)f).Weights).ToArray());

    /// <summary>The best class of every row under every weight matrix, from one product with all of them stacked.</summary>
    internal static int[][] Read(RealMatrix rows, RealMatrix[] weights)
    {
        int width = rows.Columns;
        RealMatrix stacked = new(weights.Sum(w => w.Rows), width);
        double[] constants = new double[stacked.Rows];
        int at = 0;
        foreach (RealMatrix w in weights)
        {
            for (int c = 0; c < w.Rows; c++, at++)
            {
                w.Row(c)[..width].CopyTo(stacked.Row(at));
                constants[at] = w[c, width];
            }
        }

        RealMatrix scores = Products.TimesTransposed(rows, stacked);
        int[][] read = weights.Select(_ => new int[rows.Rows]).ToArray();
        for (int i = 0; i < rows.Rows; i++)
        {
            Span<double> score = scores.Row(i);
            TensorPrimitives.Add(score, constants, score);
            for (int s = 0, from = 0; s < weights.Length; from += weights[s].Rows, s++) read[s][i] = TensorPrimitives.IndexOfMax<double>(score.Slice(from, weights[s].Rows));
        }

        return read;
    }
}
