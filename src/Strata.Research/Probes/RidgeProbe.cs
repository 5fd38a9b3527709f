using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>ridge</c>: least squares with an L2 penalty, for classes (one against the rest) and for numbers.</summary>
public sealed class RidgeProbe : LinearProbe
{
    /// <inheritdoc/>
    public override string Name => "ridge";

    /// <inheritdoc/>
    public override string Summary =>
        "Per class, least squares to +1 (the class) and -1 (the rest) on features standardised by the training rows, with penalty λ·n·‖w‖² and a free constant; the highest score is read. λ is chosen on held-out training groups.";

    /// <inheritdoc/>
    public override IReadOnlyList<double> DefaultGrid { get; } = [1, 0.1, 0.01, 0.001, 0.0001];

    private protected override IEnumerable<double> StrongestFirst(IEnumerable<double> grid) => grid.OrderDescending();

    private protected override IEnumerable<ProbeFit[]> FitPath(RealMatrix train, IReadOnlyList<(int[] Labels, int Classes)> sets, IReadOnlyList<double> grid, CancellationToken cancellation)
    {
        RidgeSystem system = RidgeSystem.OfRows(train);
        RealMatrix[] sides = new RealMatrix[sets.Count];
        double[][] constants = new double[sets.Count][];
        ParallelWork.For(sets.Count, cancellation, s => (sides[s], constants[s]) = ClassSides(train, sets[s].Labels, sets[s].Classes));
        RealMatrix stacked = new([.. sides.SelectMany(s => s.Values)], sides.Sum(s => s.Rows), train.Columns);
        foreach (double lambda in grid)
        {
            RealMatrix solved = system.Solve(stacked, lambda);
            ProbeFit[] fits = new ProbeFit[sets.Count];
            for (int s = 0, from = 0; s < sets.Count; from += sets[s].Classes, s++) fits[s] = new LinearFit(WithConstants(solved, from, constants[s]));
            yield return fits;
        }
    }

    /// <summary>
    /// Zᵀy/n for y = ±1 per class, and the means of y. Standardised columns sum to zero, so Zᵀy is twice the sum of the rows of the class.
    /// </summary>
    internal static (RealMatrix Sides, double[] Constants) ClassSides(RealMatrix train, int[] labels, int classes)
    {
        RealMatrix sums = new(classes, train.Columns);
        double[] constants = new double[classes];
        for (int i = 0; i < labels.Length; i++)
        {
            Span<double> sum = sums.Row(labels[i]);
            TensorPrimitives.Add(sum, train.Row(i), sum);
            constants[labels[i]]++;
        }

        TensorPrimitives.Multiply(sums.Values, 2.0 / labels.Length, sums.Values);
        return (sums, Array.ConvertAll(constants, count => 2 * count / labels.Length - 1));
    }

    private static RealMatrix WithConstants(RealMatrix solved, int from, double[] constants)
    {
        RealMatrix weights = new(constants.Length, solved.Columns + 1);
        for (int c = 0; c < constants.Length; c++)
        {
            solved.Row(from + c).CopyTo(weights.Row(c));
            weights.Row(c)[^1] = constants[c];
        }

        return weights;
    }

    /// <summary>Trains and tests a reader of numbers.</summary>
    /// <param name="rows">Activations, [rows, width].</param>
    /// <param name="targets">Numbers, aligned with the rows.</param>
    /// <param name="options">Splits, grid and seed; null for the defaults.</param>
    /// <exception cref="StrataException">Targets do not fit the rows, there are too few groups, or a number is not finite.</exception>
    public RegressionResult Regress(FloatMatrix rows, TargetSet targets, ProbeOptions? options = null)
    {
        options ??= new ProbeOptions();
        options.Check();
        if (targets.Values.Length != rows.Rows || targets.Groups.Length != rows.Rows)
            throw new StrataException($"Targets \"{targets.Name}\" have {targets.Values.Length} numbers and {targets.Groups.Length} groups, but there are {rows.Rows} rows; give one of each per row.");
        if (!TensorPrimitives.IsFiniteAll<float>(rows.Values) || targets.Values.Any(double.IsInfinity))
            throw new StrataException($"The activations hold NaN or infinity, or the targets \"{targets.Name}\" infinity; a probe cannot be trained on them.");
        GroupSplit split = GroupSplit.Make(targets.Name, targets.Groups, i => !double.IsNaN(targets.Values[i]), options);
        double[] grid = StrongestFirst(options.Grid ?? DefaultGrid).ToArray();

        RegressionResult result = RegressOnce(rows, targets, split, grid);
        if (!options.Control) return result;
        int[] labelled = [.. split.Train, .. split.Test];
        double[] values = Take(targets.Values, labelled), permuted = [.. targets.Values];
        new Random(unchecked(options.Seed + 0x5eed)).Shuffle(values);
        for (int i = 0; i < labelled.Length; i++) permuted[labelled[i]] = values[i];
        return result with { ControlR2 = RegressOnce(rows, targets with { Values = permuted }, split, grid).TestR2 };
    }

    private static RegressionResult RegressOnce(FloatMatrix rows, TargetSet targets, GroupSplit split, double[] grid)
    {
        double best = grid[0], bestR2 = double.NegativeInfinity;
        Standardisation inner = new(rows, split.Fit);
        RealMatrix validation = inner.Apply(rows, split.Validation);
        double[] fit = Take(targets.Values, split.Fit), truth = Take(targets.Values, split.Validation);
        foreach ((double lambda, RealMatrix weights) in grid.Zip(NumberPath(inner.Apply(rows, split.Fit), fit, grid)))
        {
            double r2 = R2(Read(validation, weights), truth, fit.Average());
            if (r2 > bestR2) (best, bestR2) = (lambda, r2);
        }

        Standardisation standardisation = new(rows, split.Train);
        RealMatrix train = standardisation.Apply(rows, split.Train), test = standardisation.Apply(rows, split.Test);
        double[] values = Take(targets.Values, split.Train);
        RealMatrix chosen = NumberPath(train, values, [best]).Single();
        return new RegressionResult
        {
            Target = targets.Name,
            TrainR2 = R2(Read(train, chosen), values, values.Average()),
            TestR2 = R2(Read(test, chosen), Take(targets.Values, split.Test), values.Average()),
            Regularisation = best,
            TrainRows = split.Train.Length,
            TestRows = split.Test.Length,
            Readout = new LinearReadout(chosen, standardisation),
        };
    }

    private static IEnumerable<RealMatrix> NumberPath(RealMatrix train, double[] values, double[] grid)
    {
        RidgeSystem system = RidgeSystem.OfRows(train);
        double mean = values.Average();
        RealMatrix side = new(1, train.Columns);
        for (int i = 0; i < values.Length; i++) TensorPrimitives.MultiplyAdd(train.Row(i), (values[i] - mean) / values.Length, side.Row(0), side.Row(0));
        foreach (double lambda in grid) yield return WithConstants(system.Solve(side, lambda), 0, [mean]);
    }

    private static double[] Read(RealMatrix rows, RealMatrix weights)
    {
        double[] scores = new double[rows.Rows];
        for (int i = 0; i < scores.Length; i++) scores[i] = TensorPrimitives.Dot<double>(rows.Row(i), weights.Row(0)[..^1]) + weights.Row(0)[^1];
        return scores;
    }

    private static double R2(double[] read, double[] truth, double mean)
    {
        double error = TensorPrimitives.Distance<double>(read, truth);
        double spread = truth.Sum(t => (t - mean) * (t - mean));
        return 1 - error * error / spread;
    }

    private static double[] Take(double[] values, int[] rows) => Array.ConvertAll(rows, i => values[i]);
}
