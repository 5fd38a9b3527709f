using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>Finds where a result came from.</summary>
internal static class ResultProvenance
{
    public static Provenance? Of(object value) => value switch
    {
        Model model => model.Provenance,
        Activations activations => activations.Provenance,
        Atlas atlas => atlas.Measures.Table.Provenance,
        MeasureTable measures => measures.Table.Provenance,
        MeasureSeries series => series.Table.Provenance,
        PositionContextParts parts => parts.Shares.Provenance,
        ComparisonMatrix comparison => comparison.Provenance,
        ComparisonProfile profile => profile.Table.Provenance,
        Stitching stitching => stitching.Provenance,
        ProbeSweep probes => probes.Table.Provenance,
        ErasureSweep erased => erased.Table.Provenance,
        ShiftSweep shifted => shifted.Table.Provenance,
        RegressionSweep regressed => regressed.Table.Provenance,
        LogitLens lens => lens.Provenance,
        AffineLens lens => lens.Provenance,
        DirectLogitAttribution attribution => attribution.Provenance,
        PatchLens lens => lens.Provenance,
        ClassLens lens => lens.Provenance,
        UtilizedSubspaces subspaces => subspaces.Provenance,
        ReducedCapture reduced => reduced.Provenance,
        TaskSweep tasks => tasks.Table.Provenance,
        SweepResult sweep => sweep.Provenance,
        Evaluation evaluation => evaluation.Provenance,
        AngularDistance distance => distance.Provenance,
        Generation generation => generation.Provenance,
        Table table => table.Provenance,
        Figure figure => figure.Provenance,
        DataSet data => OfData(data),
        ToyTask task => OfData(task.Data),
        TokenRows rows => new Provenance { Data = $"{rows.Name} ({rows.Count} rows)", DataHash = rows.Hash },
        _ => null,
    };

    private static Provenance OfData(DataSet data) => new() { Data = $"{data.Name} ({data.Count} rows)", DataHash = data.Hash };
}
