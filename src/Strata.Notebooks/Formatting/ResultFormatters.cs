using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>Registers how models, plans, tokens and results are shown.</summary>
internal static class ResultFormatters
{
    public static void Register()
    {
        Formatters.Register<Model>(model => ModelFormatter.Format(model.Explain()));
        Formatters.Register<ModelExplanation>(ModelFormatter.Format);
        Formatters.Register<LayerPlan>(PlanFormatter.Format);
        Formatters.Register<TokenIds>(TokenIdsFormatter.Format);
        Formatters.Register<TokenRows>(rows => ValueFormatters.Plain(rows.ToString()));
        Formatters.Register<DataSet>(DataFormatter.Format);
        Formatters.Register<ToyTask>(DataFormatter.Format);
        Formatters.Register<Generation>(GenerationFormatter.Format);
        Formatters.Register<Evaluation>(evaluation => TableFormatter.Format(ResultParts.Of(evaluation)));
        Formatters.Register<MeasureTable>(measures => Stacked.Of(ResultParts.Of(measures)));
        Formatters.Register<Atlas>(atlas => AtlasPage.Bundle(atlas, null));
        Formatters.Register<MeasureSeries>(series => Stacked.Of(SeriesFigure.Parts(series)));
        Formatters.Register<PositionContextParts>(parts => Stacked.Of(PositionContextFigure.Parts(parts)));
        Formatters.Register<UtilizedSubspaces>(subspaces => TableFormatter.Format(subspaces.ToTable()));
        Formatters.Register<ReducedCapture>(reduced => TableFormatter.Format(reduced.ToTable()));
        Formatters.Register<SweepResult>(sweep => Stacked.Of([SweepFigure.Cost(sweep), sweep.ToTable()]));
        Formatters.Register<VariantSweepResult>(sweep => Stacked.Of(AblationParts.Grid(sweep) is Figure grid ? [grid, sweep.ToTable()] : [sweep.ToTable()]));
        Formatters.Register<PatchingGrid>(grid => Stacked.Of([PatchingFigure.Of(grid), grid.ToTable()]));
        Formatters.Register<LogitLens>(lens => Stacked.Of([LensFigure.Of(lens, 0, LensQuantity.Probability), lens.ToTable()]));
        Formatters.Register<DirectLogitAttribution>(attribution => Stacked.Of(LensFigure.Parts(attribution)));
        Formatters.Register<ClassLens>(lens => ClassOverlay.Of(lens, 0, null).ToMimeBundle());
        Formatters.Register<PatchLens>(lens => TableFormatter.Format(lens.ToTable()));
        Formatters.Register<ComparisonMatrix>(matrix => ComparisonFigure.Of(matrix).ToMimeBundle());
        Formatters.Register<ComparisonProfile>(profile => Stacked.Of(ComparisonFigure.Parts(profile)));
        Formatters.Register<Stitching>(stitching => Stacked.Of([ComparisonFigure.Of(stitching), stitching.ToTable()]));
        Formatters.Register<ProbeSweep>(probes => Stacked.Of(ProbeParts.Of(probes)));
        Formatters.Register<ErasureSweep>(erased => Stacked.Of(ProbeParts.Of((object)erased)));
        Formatters.Register<ShiftSweep>(shifted => Stacked.Of(ProbeParts.Of((object)shifted)));
        Formatters.Register<RegressionSweep>(regressed => Stacked.Of(ProbeParts.Of((object)regressed)));
        Formatters.Register<TaskSweep>(tasks => Stacked.Of(TaskParts.Of(tasks)));
        Formatters.Register<EmbeddingTask>(task => ValueFormatters.Plain(task.ToString()));
        Formatters.Register<AngularDistance>(distance => Stacked.Of([AngularFigure.Of(distance, null), distance.ToTable()]));
    }
}
