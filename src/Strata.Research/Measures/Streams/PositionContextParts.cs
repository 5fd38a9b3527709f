using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// The parts of h_{c,t} = μ + pos_t + ctx_c + resid_{c,t} at one point, as vectors: what the three plots of Song and Zhong 2024 show (the path of positions, the cloud of contexts, and the Gram matrix of both).
/// </summary>
public sealed class PositionContextParts
{
    private PositionContextParts(FloatMatrix positions, FloatMatrix contexts, Table positionPath, Table contextCloud, Table shares)
    {
        Positions = positions;
        Contexts = contexts;
        PositionPath = positionPath;
        ContextCloud = contextCloud;
        Shares = shares;
    }

    /// <summary>pos_t: [positions, width].</summary>
    public FloatMatrix Positions { get; }

    /// <summary>ctx_c: [prompts, width].</summary>
    public FloatMatrix Contexts { get; }

    /// <summary>Per position <c>position</c> and its coordinates <c>pc1</c>, <c>pc2</c>, <c>pc3</c> on the principal components of the positions.</summary>
    public Table PositionPath { get; }

    /// <summary>Per prompt <c>prompt</c> and its coordinates on the principal components of the contexts.</summary>
    public Table ContextCloud { get; }

    /// <summary>Per part <c>part</c> and <c>share</c> of the variance: position, context, residual.</summary>
    public Table Shares { get; }

    /// <summary>Cosines of all position vectors, then all context vectors, with each other: [positions + prompts, the same].</summary>
    public double[,] Cosines()
    {
        FloatMatrix all = new([.. Positions.Values, .. Contexts.Values], Positions.Rows + Contexts.Rows, Positions.Columns);
        RealMatrix unit = new PromptRows(all, 0, true, 0).Unit, gram = Products.RowGram(unit);
        double[,] cosines = new double[gram.Rows, gram.Rows];
        Buffer.BlockCopy(gram.Values, 0, cosines, 0, 8 * gram.Values.Length);
        return cosines;
    }

    /// <summary>Decomposes one point of activations that were not pooled.</summary>
    /// <exception cref="StrataException">The activations were pooled, or the prompts differ in length, or there are fewer than 2 prompts or positions.</exception>
    public static PositionContextParts Compute(Activations activations, string point)
    {
        IReadOnlyList<FloatMatrix> prompts = activations.Samples(point);
        int length = prompts.Count == 0 ? 0 : prompts[0].Rows, width = prompts.Count == 0 ? 0 : prompts[0].Columns;
        if (activations.Pooling != Pooling.None || prompts.Count < 2 || length < 2 || prompts.Any(p => p.Rows != length))
            throw new StrataException($"The decomposition by position and context needs 2 or more prompts of one length, 2 tokens or more, not pooled; at \"{point}\" there are {prompts.Count} of lengths {string.Join(", ", prompts.Select(p => p.Rows).Distinct().Order().Take(5))}.");
        double[] mean = RealMatrix.ColumnMeans(new FloatMatrix(prompts.SelectMany(p => p.Values).ToArray(), prompts.Count * length, width));
        FloatMatrix positions = Less(mean, length, width, (t, j) => prompts.Average(p => (double)p[t, j]));
        FloatMatrix contexts = Less(mean, prompts.Count, width, (c, j) => Enumerable.Range(0, length).Average(t => (double)prompts[c][t, j]));
        double total = prompts.Sum(p => Enumerable.Range(0, length).Sum(t => Enumerable.Range(0, width).Sum(j => Math.Pow(p[t, j] - mean[j], 2)))) / (prompts.Count * length);
        double position = Spectra.SumOfSquares(positions) / length, context = Spectra.SumOfSquares(contexts) / prompts.Count;
        Provenance provenance = activations.Provenance.With("point", point);
        return new PositionContextParts(
            positions,
            contexts,
            Coordinates("Positions", "position", positions, provenance),
            Coordinates("Contexts", "prompt", contexts, provenance),
            new Table("Variance by part", provenance, Column.Text("part", ["position", "context", "residual"]), Column.Real("share", [position / total, context / total, 1 - (position + context) / total])));
    }

    private static FloatMatrix Less(double[] mean, int rows, int width, Func<int, int, double> value)
    {
        float[] values = new float[rows * width];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < width; j++) values[i * width + j] = (float)(value(i, j) - mean[j]);
        }

        return new FloatMatrix(values, rows, width);
    }

    private static Table Coordinates(string title, string what, FloatMatrix rows, Provenance provenance)
    {
        MathNet.Numerics.LinearAlgebra.Factorization.Svd<double> svd = RealMatrix.From(rows).ToMathNet().Svd(computeVectors: true);
        IEnumerable<Column> components = Enumerable.Range(0, Math.Min(3, svd.S.Count)).Select(k => Column.Real($"pc{k + 1}", Enumerable.Range(0, rows.Rows).Select(i => svd.U[i, k] * svd.S[k])));
        return new Table(title, provenance, [Column.Integer(what, Enumerable.Range(0, rows.Rows).Select(i => (long)i)), .. components]);
    }
}
