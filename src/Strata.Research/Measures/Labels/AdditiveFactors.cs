using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace Strata.Research;

/// <summary><c>additive-r2</c>: how far several factors add up.</summary>
public sealed class AdditiveFactors : Measure
{
    /// <inheritdoc/>
    public override string Name => "additive-r2";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Factors;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Share of the variance between combinations of labelled factors that a sum of one vector per factor value explains: 1 when factors compose linearly.",
        Formula = "R² of the least-squares fit z ≈ μ + Σ_f u_f(value) to the mean rows of the combinations, each weighted by its number of rows.",
        Samples = AdditiveFit.Samples,
        Parameters = ["Row"],
        Cost = AdditiveFit.Cost,
        Traps = "With few combinations the model has nearly as many vectors as there are means, and R² is near 1 for nothing: look at additive-r2-unseen.",
        Source = "Uselis et al. 2025.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new AdditiveFit(context, unseen: false);
}

/// <summary><c>additive-r2-unseen</c>: the same for combinations that the fit has not seen.</summary>
public sealed class AdditiveFactorsUnseen : Measure
{
    /// <inheritdoc/>
    public override string Name => "additive-r2-unseen";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Factors;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How well a combination of factors that was never seen is predicted from the others by adding one vector per factor value.",
        Formula = "1 − Σ n ‖z − ẑ‖² / Σ n ‖z − μ‖² over combinations, ẑ from the least-squares fit to all other combinations; those that hold the only row of a factor value are left out.",
        Samples = AdditiveFit.Samples,
        Parameters = ["Row"],
        Cost = AdditiveFit.Cost + " Once per combination.",
        Traps = "Below 0 when adding is worse than the mean.",
        Source = "Uselis et al. 2025.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new AdditiveFit(context, unseen: true);
}

/// <summary>Sums per combination of factor values, and the fit of one vector per value.</summary>
internal sealed class AdditiveFit(MeasureContext context, bool unseen) : MeasureAccumulator
{
    public const string Samples = "One value for all sequences with a label of every factor.";
    public const string Cost = "O(N·D), D numbers kept per combination; a least-squares fit with one unknown vector per factor value.";

    private readonly Dictionary<string, (int[] Values, long Count, double[] Sum)> _cells = [];
    private long _rows;

    public override long Bytes => _cells.Count * (8L * context.Columns + 64);

    public override int SamplesOf(PromptRows prompt) => prompt.Pooled ? prompt.Count : 1;

    public override void Fold(PromptRows prompt, in PromptResult mapped)
    {
        for (int i = 0; i < (prompt.Pooled ? prompt.Count : 1); i++)
        {
            int[] values = context.Inputs.Factors!.Select(f => f[prompt.SequenceOf(i)]).ToArray();
            if (values.Any(v => v < 0))
            {
                LeaveOut(1, LabelledRows.Unlabelled);
                continue;
            }

            double[] row = prompt.Pooled ? prompt.Real.Row(i).ToArray() : LabelledRows.Single(prompt, context.Options.Row);
            string key = string.Join(',', values);
            (int[], long Count, double[] Sum) cell = _cells.TryGetValue(key, out (int[] Values, long Count, double[] Sum) found) ? found : (values, 0, new double[context.Columns]);
            TensorPrimitives.Add(cell.Sum, row, cell.Sum);
            _cells[key] = (values, cell.Count + 1, cell.Sum);
            _rows++;
        }
    }

    public override MeasureValue Finish(CancellationToken cancellation)
    {
        (int[] Values, long Count, double[] Sum)[] cells = _cells.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => c.Value).ToArray();
        if (cells.Length < 3) return Undefined(_rows, "fewer than 3 combinations");
        Matrix<double> design = Design(cells.Select(c => c.Values).ToArray());
        Matrix<double> means = Matrix<double>.Build.DenseOfRowArrays(cells.Select(c => c.Sum.Select(v => v / c.Count).ToArray()));
        double[] weights = cells.Select(c => (double)c.Count).ToArray();
        Vector<double> centre = means.TransposeThisAndMultiply(Vector<double>.Build.Dense(weights)) / weights.Sum();
        double total = Error(means, _ => centre, weights, Enumerable.Range(0, cells.Length));
        if (!(total > 0)) return Undefined(_rows, "all combinations have the same mean");
        if (!unseen)
        {
            Matrix<double> fit = design * Solve(design, means, weights, Enumerable.Range(0, cells.Length).ToArray());
            return One(1 - Error(means, fit.Row, weights, Enumerable.Range(0, cells.Length)) / total, _rows);
        }

        int[] judged = Enumerable.Range(0, cells.Length).Where(i => Seen(cells.Select(c => c.Values).ToArray(), i)).ToArray();
        LeaveOut((int)Enumerable.Range(0, cells.Length).Except(judged).Sum(i => cells[i].Count), "the only combination with one of its factor values");
        if (judged.Length == 0) return Undefined(0, "no combination can be predicted from the others");
        double error = 0;
        foreach (int i in judged)
        {
            cancellation.ThrowIfCancellationRequested();
            Vector<double> predicted = design.Row(i) * Solve(design, means, weights, Enumerable.Range(0, cells.Length).Where(j => j != i).ToArray());
            error += Error(means, _ => predicted, weights, [i]);
        }

        return One(1 - error / Error(means, _ => centre, weights, judged), judged.Sum(i => cells[i].Count));
    }

    /// <summary>A column of ones, then one indicator per factor value.</summary>
    private static Matrix<double> Design(int[][] cells)
    {
        List<(int Factor, int Value)> columns = Enumerable.Range(0, cells[0].Length).SelectMany(f => cells.Select(c => c[f]).Distinct().Order().Select(v => (f, v))).ToList();
        return Matrix<double>.Build.Dense(cells.Length, columns.Count + 1, (i, j) => j == 0 || cells[i][columns[j - 1].Factor] == columns[j - 1].Value ? 1 : 0);
    }

    /// <summary>
    /// Weighted least squares of least norm: indicators of a factor add up to the column of ones, so some singular values are zero; what rounding leaves of them lies far below the smallest true one.
    /// </summary>
    private static Matrix<double> Solve(Matrix<double> design, Matrix<double> means, double[] weights, int[] rows)
    {
        Matrix<double> x = Matrix<double>.Build.Dense(rows.Length, design.ColumnCount, (i, j) => Math.Sqrt(weights[rows[i]]) * design[rows[i], j]);
        Matrix<double> y = Matrix<double>.Build.Dense(rows.Length, means.ColumnCount, (i, j) => Math.Sqrt(weights[rows[i]]) * means[rows[i], j]);
        MathNet.Numerics.LinearAlgebra.Factorization.Svd<double> svd = x.Svd();
        Matrix<double> projected = svd.U.TransposeThisAndMultiply(y), scaled = Matrix<double>.Build.Dense(x.ColumnCount, y.ColumnCount);
        for (int k = 0; k < svd.S.Count && svd.S[k] > 1e-9 * svd.S[0]; k++) scaled.SetRow(k, projected.Row(k) / svd.S[k]);
        return svd.VT.TransposeThisAndMultiply(scaled);
    }

    private static bool Seen(int[][] cells, int held) => Enumerable.Range(0, cells[held].Length).All(f => cells.Where((c, i) => i != held && c[f] == cells[held][f]).Any());

    private static double Error(Matrix<double> means, Func<int, Vector<double>> predicted, double[] weights, IEnumerable<int> rows) =>
        rows.Sum(i => weights[i] * Math.Pow((means.Row(i) - predicted(i)).L2Norm(), 2));
}
