using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>All measures at one point while prompts arrive.</summary>
internal sealed class PointMeasures
{
    private readonly SharedStatistics _shared = new();
    private readonly MeasureAccumulator[] _accumulators;

    /// <summary>Accumulators for the measures.</summary>
    /// <exception cref="StrataException">Something that a measure needs is missing.</exception>
    public PointMeasures(string point, int columns, IReadOnlyList<Measure> measures, MeasureOptions options, MeasureInputs inputs)
    {
        Measures = measures;
        _accumulators = measures.Select(m => m.Start(new MeasureContext(point, columns, options, m.ReferenceOf(options.Form), inputs, _shared))).ToArray();
    }

    public IReadOnlyList<Measure> Measures { get; }

    /// <summary>Bytes that are kept between prompts.</summary>
    public long Bytes => _shared.Bytes + _accumulators.Sum(a => a.Bytes);

    /// <summary>Maps prompts on all cores, while those statistics that measures share, the longest pieces, are fed; then folds the prompts in.</summary>
    public void Add(IReadOnlyList<PromptRows> prompts, CancellationToken cancellation)
    {
        SharedStatistic[] shared = [.. _shared.All];
        PromptResult[] mapped = new PromptResult[prompts.Count * _accumulators.Length];
        ParallelWork.For(shared.Length + prompts.Count, cancellation, piece =>
        {
            if (piece < shared.Length) Feed(shared[piece], prompts);
            else Map(prompts[piece - shared.Length], mapped.AsSpan((piece - shared.Length) * _accumulators.Length, _accumulators.Length));
        });
        // Each accumulator takes the prompts in order; they know nothing of each other.
        ParallelWork.For(_accumulators.Length, cancellation, a =>
        {
            for (int i = 0; i < prompts.Count; i++) Fold(_accumulators[a], prompts[i], mapped[i * _accumulators.Length + a]);
        });
    }

    private static void Feed(SharedStatistic statistic, IReadOnlyList<PromptRows> prompts)
    {
        foreach (PromptRows prompt in prompts)
        {
            if (prompt.View == 0 && Usable(prompt)) statistic.Fold(prompt);
        }
    }

    private void Map(PromptRows prompt, Span<PromptResult> results)
    {
        if (!Usable(prompt)) return;
        for (int a = 0; a < _accumulators.Length; a++)
        {
            if (Wants(_accumulators[a], prompt)) results[a] = _accumulators[a].Map(prompt);
        }
    }

    /// <summary>The values, in the order of the measures.</summary>
    public MeasureValue[] Finish(CancellationToken cancellation) => _accumulators.Select(accumulator =>
    {
        cancellation.ThrowIfCancellationRequested();
        return accumulator.Finish(cancellation);
    }).ToArray();

    private static void Fold(MeasureAccumulator accumulator, PromptRows prompt, in PromptResult mapped)
    {
        if (!Wants(accumulator, prompt)) return;
        if (Usable(prompt)) accumulator.Fold(prompt, mapped);
        else accumulator.LeaveOut(accumulator.SamplesOf(prompt), "NaN or infinity in the activations");
    }

    private static bool Usable(PromptRows prompt) => prompt.IsFinite && prompt.Partner is not { IsFinite: false } && prompt.First is not { IsFinite: false };

    /// <summary>States without the directions that are to be removed.</summary>
    private static FloatMatrix Less(FloatMatrix states, TopDirections? removed) => removed?.Without(states) ?? states;

    private static bool Wants(MeasureAccumulator accumulator, PromptRows prompt) => prompt.View == 0 || accumulator.WantsViews;

    /// <summary>Measures at one point of captured activations.</summary>
    public static MeasureValue[] Compute(Activations activations, string point, IReadOnlyList<Measure> measures, MeasureOptions options, MeasureInputs inputs, CancellationToken cancellation)
    {
        options.Check();
        foreach (Measure measure in measures) MeasureNeeds.Check(measure, activations, point, inputs);
        IReadOnlyList<FloatMatrix> samples = activations.Samples(point);
        PointMeasures all = new(point, samples.Count == 0 ? 0 : samples[0].Columns, measures, options, inputs);
        string? partner = measures.Select(m => m.Partner(point)).FirstOrDefault(p => p is not null);
        Activations[] views = measures.Any(m => m.Needs == MeasureInput.Views) ? [activations, .. inputs.Views] : [activations];
        TopDirections? Top(string? at) => at is null || options.RemoveTop == 0 ? null : TopDirections.Of(activations, at, options.RemoveTop);
        all.AddCaptured(views, (point, Top(point)), (partner, Top(partner)), cancellation);
        return all.Finish(cancellation);
    }

    private void AddCaptured(Activations[] views, (string Name, TopDirections? Removed) point, (string? Name, TopDirections? Removed) partner, CancellationToken cancellation)
    {
        const int together = 64;
        IReadOnlyList<FloatMatrix>[] samples = views.Select(v => v.Samples(point.Name)).ToArray();
        bool pooled = views[0].Pooling != Pooling.None;
        for (int first = 0; first < samples[0].Count; first += together)
        {
            cancellation.ThrowIfCancellationRequested();
            List<PromptRows> prompts = [];
            for (int i = first; i < Math.Min(first + together, samples[0].Count); i++)
            {
                PromptRows data = new(Less(samples[0][i], point.Removed), i, pooled, 0) { Partner = partner.Name is null ? null : new PromptRows(Less(views[0].Samples(partner.Name)[i], partner.Removed), i, pooled, 0) };
                prompts.Add(data);
                for (int v = 1; v < views.Length; v++) prompts.Add(new PromptRows(Less(samples[v][i], point.Removed), i, pooled, v) { First = data });
            }

            Add(prompts, cancellation);
        }
    }
}
