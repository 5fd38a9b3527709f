using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>What kinds of results are called in messages.</summary>
internal static class ResultKinds
{
    public static string Of(object value) => value switch
    {
        Model => "a model",
        DataSet => "a data set",
        ToyTask => "a task",
        TokenRows => "token rows",
        Activations => "activations",
        Atlas => "an atlas",
        MeasureTable => "measures",
        MeasureSeries => "a series of measures",
        PositionContextParts => "a decomposition by position and context",
        ComparisonMatrix or ComparisonProfile or Stitching => "a comparison",
        ProbeSweep or ErasureSweep or ShiftSweep or RegressionSweep => "a probe",
        LogitLens or AffineLens or DirectLogitAttribution or PatchLens or ClassLens => "a lens",
        UtilizedSubspaces => "subspaces that data use",
        ReducedCapture => "reduced activations",
        TaskSweep => "tasks",
        SweepResult or VariantSweepResult => "a sweep",
        PatchingGrid => "a patching grid",
        AngularDistance => "angular distances",
        LayerPlan => "a plan",
        Generation => "generated text",
        Table => "a table",
        Figure => "a figure",
        _ => $"a {value.GetType().Name}",
    };
}
