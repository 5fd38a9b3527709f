using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.Optimization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>logistic</c>: softmax regression with an L2 penalty; <c>logistic-ovr</c>: one binary regression per class.</summary>
public sealed class LogisticProbe : LinearProbe
{
    private readonly bool _oneVersusRest;

    /// <summary>A probe.</summary>
    /// <param name="oneVersusRest">Whether each class has a binary regression of its own against the rest, instead of one softmax over all.</param>
    public LogisticProbe(bool oneVersusRest = false) => _oneVersusRest = oneVersusRest;

    /// <summary>Largest element of the gradient of the mean loss at which the fit has converged.</summary>
    private const double Tolerance = 1e-6;

    /// <inheritdoc/>
    public override string Name => _oneVersusRest ? "logistic-ovr" : "logistic";

    /// <inheritdoc/>
    public override string Summary => _oneVersusRest
        ? "Per class, logistic regression of the class against the rest on features standardised by the training rows: minimises C·Σ loss + ‖w‖²/2 (scikit-learn's C; the constant is free) by L-BFGS from zero; the largest score is read. C is chosen on held-out training groups."
        : "Softmax regression on features standardised by the training rows: minimises C·Σ loss + ‖W‖²/2 (scikit-learn's C; the constants are free) by L-BFGS from zero, so the result does not depend on a seed. C is chosen on held-out training groups.";

    /// <inheritdoc/>
    public override IReadOnlyList<double> DefaultGrid { get; } = [0.001, 0.01, 0.1, 1];

    private protected override IEnumerable<double> StrongestFirst(IEnumerable<double> grid) => grid.Order();

    private protected override IEnumerable<ProbeFit[]> FitPath(RealMatrix train, IReadOnlyList<(int[] Labels, int Classes)> sets, IReadOnlyList<double> grid, CancellationToken cancellation)
    {
        RealMatrix transposed = train.Transpose();
        Problem[][] problems = sets.Select(s => Problems(train, transposed, s.Labels, s.Classes)).ToArray();
        (int Set, int Place)[] all = problems.SelectMany((p, s) => p.Select((_, i) => (s, i))).ToArray();
        foreach (double c in grid)
        {
            RealMatrix[][] weights = problems.Select(p => new RealMatrix[p.Length]).ToArray();

            // Two softmax scores with a penalty on both are one logistic score at half the C.
            ParallelWork.For(all.Length, cancellation, i => weights[all[i].Set][all[i].Place] = problems[all[i].Set][all[i].Place].Minimise(_oneVersusRest ? c / 2 : c));
            yield return weights.Select(w => (ProbeFit)new LinearFit(_oneVersusRest ? Joined(w) : w[0])).ToArray();
        }
    }

    /// <summary>Softmax weights for each C of a grid in turn, [classes, width + 1], the constant last.</summary>
    internal static IEnumerable<RealMatrix> Path(RealMatrix train, int[] labels, int classes, IReadOnlyList<double> grid)
    {
        Problem problem = new(train, train.Transpose(), labels, classes);
        foreach (double c in grid) yield return problem.Minimise(c);
    }

    /// <summary>Class probabilities of softmax scores.</summary>
    internal static double[] Probabilities(ReadOnlySpan<double> scores)
    {
        double[] result = scores.ToArray();
        TensorPrimitives.Subtract(result, TensorPrimitives.Max<double>(result), result);
        TensorPrimitives.Exp<double>(result, result);
        TensorPrimitives.Divide(result, TensorPrimitives.Sum<double>(result), result);
        return result;
    }

    private Problem[] Problems(RealMatrix train, RealMatrix transposed, int[] labels, int classes) => _oneVersusRest
        ? Enumerable.Range(0, classes).Select(c => new Problem(train, transposed, Array.ConvertAll(labels, l => l == c ? 1 : 0), 2)).ToArray()
        : [new Problem(train, transposed, labels, classes)];

    /// <summary>Per class, the score of the class less that of the rest; a class that is never (or always) seen keeps an infinite constant.</summary>
    private static RealMatrix Joined(RealMatrix[] binary)
    {
        RealMatrix weights = new(binary.Length, binary[0].Columns);
        for (int c = 0; c < binary.Length; c++) TensorPrimitives.Subtract(binary[c].Row(1), binary[c].Row(0), weights.Row(c));
        return weights;
    }

    /// <summary>One label vector's objective; each minimum is the start of the search for the next.</summary>
    private sealed class Problem
    {
        private readonly RealMatrix _rows;
        private readonly RealMatrix _columns;
        private readonly int[] _labels;
        private readonly int _classes;
        private readonly int[] _present;
        private Vector<double> _start;

        /// <summary>Classes that the labels lack get no parameters: their constants would run off to negative infinity.</summary>
        public Problem(RealMatrix rows, RealMatrix columns, int[] labels, int classes)
        {
            _rows = rows;
            _columns = columns;
            _present = labels.Distinct().Order().ToArray();
            _labels = Array.ConvertAll(labels, l => Array.BinarySearch(_present, l));
            _classes = classes;
            _start = new DenseVector(_present.Length * (rows.Columns + 1));
        }

        public RealMatrix Minimise(double c)
        {
            if (_present.Length > 1) _start = Search(1 / (c * _labels.Length));
            int width = _rows.Columns;
            RealMatrix weights = new(_classes, width + 1);
            for (int k = 0; k < _classes; k++) weights.Row(k)[^1] = double.NegativeInfinity;
            for (int k = 0; k < _present.Length; k++)
            {
                for (int j = 0; j <= width; j++) weights.Values[_present[k] * (width + 1) + j] = _start[k * (width + 1) + j];
            }

            return weights;
        }

        private Vector<double> Search(double penalty)
        {
            LimitedMemoryBfgsMinimizer minimizer = new(Tolerance, 1e-12, 1e-14, memory: 10, maximumIterations: 2000);
            try
            {
                return minimizer.FindMinimum(ObjectiveFunction.Gradient(w => Evaluate(w, penalty)), _start).MinimizingPoint;
            }
            catch (OptimizationException e)
            {
                throw new StrataException($"A logistic probe did not converge ({e.Message}). Give a grid with stronger regularisation (smaller C), or use the ridge probe.", e);
            }
        }

        /// <summary>Mean cross-entropy plus penalty/2·‖W‖², and its gradient.</summary>
        private (double Value, Vector<double> Gradient) Evaluate(Vector<double> parameters, double penalty)
        {
            int width = _rows.Columns, classes = _present.Length, n = _labels.Length;
            RealMatrix weights = new(classes, width);
            for (int k = 0; k < classes; k++) parameters.AsArray().AsSpan(k * (width + 1), width).CopyTo(weights.Row(k));
            RealMatrix residuals = Products.TimesTransposed(weights, _rows);
            double loss = 0;
            double[] scores = new double[classes];
            for (int i = 0; i < n; i++)
            {
                for (int k = 0; k < classes; k++) scores[k] = residuals.Values[k * n + i] + parameters[k * (width + 1) + width];
                double most = TensorPrimitives.Max<double>(scores), sum = 0;
                foreach (double score in scores) sum += Math.Exp(score - most);
                loss += Math.Log(sum) + most - scores[_labels[i]];
                for (int k = 0; k < classes; k++) residuals.Values[k * n + i] = (Math.Exp(scores[k] - most) / sum - (k == _labels[i] ? 1 : 0)) / n;
            }

            RealMatrix product = Products.TimesTransposed(residuals, _columns);
            double[] gradient = new double[parameters.Count];
            for (int k = 0; k < classes; k++)
            {
                TensorPrimitives.MultiplyAdd(weights.Row(k), penalty, product.Row(k), gradient.AsSpan(k * (width + 1), width));
                gradient[k * (width + 1) + width] = TensorPrimitives.Sum<double>(residuals.Row(k));
            }

            return (loss / n + 0.5 * penalty * TensorPrimitives.SumOfSquares<double>(weights.Values), new DenseVector(gradient));
        }
    }
}
