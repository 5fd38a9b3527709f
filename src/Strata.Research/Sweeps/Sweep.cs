using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Evaluates a set of plans as one job. The plans form a prefix tree; each edge is computed once per batch. A stream is released as soon as its last child has been
/// computed, so memory is bounded by the tree's branching along one path, not by the number of plans. Small batches run together where the same block comes next
/// (<see cref="SweepOptions.SiblingBytes"/>).
/// </summary>
public static class Sweep
{
    /// <summary>Evaluates every plan.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="plans">At least one plan; equal plans are run once.</param>
    /// <param name="options">Scorer, batch size, where results are kept, progress.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>One evaluation per plan, in the order given.</returns>
    /// <exception cref="StrataException">The network predicts neither the next token nor classes, no plan, a plan for another depth, an id that does not fit, or no row with a token or a known class to predict.</exception>
    /// <exception cref="InvalidFileException">The folder of results cannot be read or written.</exception>
    public static SweepResult Run(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new SweepOptions();
        Check(model, plans);
        CheckData(model, rows, options.Scorer);
        Provenance provenance = Describe(model, rows, options);
        using SweepJournal? journal = options.Results is null ? null : new SweepJournal(options.Results, provenance, options.Scorer);
        PlanSweepRun run = PlanSweepRun.Of(model, rows, plans, options, provenance, journal);
        run.Run(cancellation);
        return run.Result();
    }

    /// <summary>Puts together what tasks on several machines, or interrupted sweeps, have left in <see cref="SweepOptions.Results"/>; runs nothing.</summary>
    /// <exception cref="StrataException">There is no folder in the options.</exception>
    /// <exception cref="InvalidFileException">Plans are not complete there, or a file cannot be read.</exception>
    /// <inheritdoc cref="Run"/>
    public static SweepResult Merge(Model model, TokenRows rows, IReadOnlyList<LayerPlan> plans, SweepOptions options)
    {
        Check(model, plans);
        CheckData(model, rows, options.Scorer);
        Provenance provenance = Describe(model, rows, options);
        using SweepJournal journal = new(options.Results ?? throw new StrataException("Merging needs the folder that the tasks have written to."), provenance, options.Scorer);
        PlanSweepRun run = PlanSweepRun.Of(model, rows, plans, options, provenance, journal);
        run.Merge();
        return run.Result();
    }

    private static void Check(Model model, IReadOnlyList<LayerPlan> plans)
    {
        if (plans.Count == 0) throw new StrataException("A sweep needs at least one plan.");
        foreach (LayerPlan plan in plans) model.CheckPlan(plan);
    }

    /// <summary>Texts are evaluated by the next token, images by their class.</summary>
    internal static void CheckData(Model model, TokenRows rows, Scorer? scorer)
    {
        model.CheckRows(rows);
        if (rows.Images is not null) CheckClasses(model, rows, scorer);
        else model.RequireNextToken("An evaluation by loss and accuracy");
        if (rows.Images is null && rows.Sequences.All(s => s.Length < 2)) throw new StrataException($"No row of \"{rows.Name}\" has a second token to predict.");
    }

    private static void CheckClasses(Model model, TokenRows rows, Scorer? given)
    {
        model.RequireClasses("An evaluation of images by loss and accuracy");
        if (given is Scorer scorer) throw new StrataException($"The score \"{scorer.Name}\" is of texts, and \"{rows.Name}\" are images.");
        if (rows.Classes is null) throw new StrataException($"The images of \"{rows.Name}\" have no classes to evaluate by: put them into one folder per class, or give each row a field \"label\".");
        if (rows.Classes.All(c => c < 0)) throw new StrataException($"None of the labels of \"{rows.Name}\" is a class of {model.Name}, such as {model.OutputLabel(0)}.");
        int outside = rows.Classes.TakeWhile(c => c < model.Spec.SequenceHead!.Labels!.Count).Count();
        if (outside < rows.Count) throw new StrataException($"Row {outside} of \"{rows.Name}\" is of class {rows.Classes[outside]}; {model.Name} has the classes 0 to {model.Spec.SequenceHead!.Labels!.Count - 1}.");
    }

    internal static Provenance Describe(Model model, TokenRows rows, SweepOptions options)
    {
        Provenance provenance = model.Provenance with
        {
            Data = $"{rows.Name} ({rows.Count} rows)",
            DataHash = rows.Hash,
            Interventions = options.Interventions.Select(i => i.ToString()).ToArray(),
        };
        return options.StopWhen is StopRule rule ? provenance.With("stop-when", rule.ToString()) : provenance;
    }
}
