using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary><c>nearest-centre</c>: the class whose mean lies nearest.</summary>
public sealed class NearestCentreProbe : LinearProbe
{
    /// <inheritdoc/>
    public override string Name => "nearest-centre";

    /// <inheritdoc/>
    public override string Summary =>
        "The class whose training mean is nearest in Euclidean distance, on features standardised by the training rows. It has no regularisation: the grid is ignored.";

    /// <inheritdoc/>
    public override IReadOnlyList<double> DefaultGrid { get; } = [1];

    private protected override IEnumerable<double> StrongestFirst(IEnumerable<double> grid) => DefaultGrid;

    private protected override IEnumerable<ProbeFit[]> FitPath(RealMatrix train, IReadOnlyList<(int[] Labels, int Classes)> sets, IReadOnlyList<double> grid, CancellationToken cancellation)
    {
        ProbeFit[] fits = sets.Select(s => (ProbeFit)new LinearFit(Centres(train, s.Labels, s.Classes))).ToArray();
        foreach (double _ in grid) yield return fits;
    }

    /// <summary>‖z − μ‖² is least where μ·z − ‖μ‖²/2 is largest; a class without rows is never read.</summary>
    private static RealMatrix Centres(RealMatrix train, int[] labels, int classes)
    {
        int width = train.Columns;
        RealMatrix weights = new(classes, width + 1);
        int[] counts = new int[classes];
        for (int i = 0; i < labels.Length; i++)
        {
            Span<double> centre = weights.Row(labels[i])[..width];
            TensorPrimitives.Add(centre, train.Row(i), centre);
            counts[labels[i]]++;
        }

        for (int c = 0; c < classes; c++)
        {
            Span<double> row = weights.Row(c);
            if (counts[c] > 0) TensorPrimitives.Divide(row[..width], counts[c], row[..width]);
            row[width] = counts[c] > 0 ? -0.5 * TensorPrimitives.SumOfSquares<double>(row[..width]) : double.NegativeInfinity;
        }

        return weights;
    }
}
