using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A reader of labels from activations, trained on some groups of rows and tested on others.</summary>
public abstract class Probe
{
    /// <summary>The name that users write: <c>ridge</c>, <c>logistic</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What is fitted, on what, and how the regularisation is chosen.</summary>
    public abstract string Summary { get; }

    /// <summary>Regularisations that are tried by default, the strongest first.</summary>
    public abstract IReadOnlyList<double> DefaultGrid { get; }

    /// <summary>Orders a grid so that the strongest regularisation comes first.</summary>
    private protected abstract IEnumerable<double> StrongestFirst(IEnumerable<double> grid);

    /// <summary>
    /// What is fitted to standardised features, one per label vector, for each regularisation in turn. What does not depend on the regularisation is computed once.
    /// </summary>
    private protected abstract IEnumerable<ProbeFit[]> FitPath(RealMatrix train, IReadOnlyList<(int[] Labels, int Classes)> sets, IReadOnlyList<double> grid, CancellationToken cancellation);

    /// <summary>Trains and tests on one label set.</summary>
    /// <exception cref="StrataException">Labels do not fit the rows, there are too few groups, or a number is not finite.</exception>
    public ProbeResult Fit(FloatMatrix rows, LabelSet labels, ProbeOptions? options = null) => Fit(rows, [labels], options)[0];

    /// <summary>Trains and tests on many label sets; sets that have the same groups and leave out the same rows share the work on the features.</summary>
    /// <param name="rows">Activations, [rows, width].</param>
    /// <param name="sets">Labels, aligned with the rows.</param>
    /// <param name="options">Splits, grid and seed; null for the defaults.</param>
    /// <param name="cancellation">Stops between fits.</param>
    /// <returns>One result per label set, in order.</returns>
    /// <exception cref="StrataException">Labels do not fit the rows, there are too few groups, or a number is not finite.</exception>
    public IReadOnlyList<ProbeResult> Fit(FloatMatrix rows, IReadOnlyList<LabelSet> sets, ProbeOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new ProbeOptions();
        options.Check();
        if (!TensorPrimitives.IsFiniteAll<float>(rows.Values)) throw new StrataException("The activations hold NaN or infinity; a probe cannot be trained on them.");
        foreach (LabelSet set in sets) set.Check(rows.Rows, "the matrix of activations");
        double[] grid = StrongestFirst(options.Grid ?? DefaultGrid).ToArray();
        ProbeResult[] results = new ProbeResult[sets.Count];
        foreach (List<int> family in Families(sets))
        {
            ProbeResult[] fitted = FitFamily(rows, family.Select(i => sets[i]).ToArray(), grid, options, cancellation);
            for (int i = 0; i < family.Count; i++) results[family[i]] = fitted[i];
        }

        return results;
    }

    /// <summary>Indices of the label sets that have the same groups and the same rows left out.</summary>
    private static List<List<int>> Families(IReadOnlyList<LabelSet> sets)
    {
        List<List<int>> families = [];
        for (int i = 0; i < sets.Count; i++)
        {
            List<int>? family = families.Find(f => SameRows(sets[f[0]], sets[i]));
            if (family is null) families.Add([i]);
            else family.Add(i);
        }

        return families;
    }

    private static bool SameRows(LabelSet a, LabelSet b)
    {
        if (!a.Groups.AsSpan().SequenceEqual(b.Groups)) return false;
        for (int i = 0; i < a.Labels.Length; i++)
        {
            if (a.Labels[i] < 0 != b.Labels[i] < 0) return false;
        }

        return true;
    }

    private ProbeResult[] FitFamily(FloatMatrix rows, LabelSet[] sets, double[] grid, ProbeOptions options, CancellationToken cancellation)
    {
        GroupSplit split = GroupSplit.Make(sets[0].Name, sets[0].Groups, i => sets[0].Labels[i] >= 0, options);
        LabelSet[] all = options.Control ? [.. sets, .. sets.Select(s => Permuted(s, options.Seed))] : sets;
        (double Regularisation, double Accuracy)[] chosen = Choose(rows, all, split, grid, cancellation);

        Standardisation standardisation = new(rows, split.Train);
        RealMatrix train = standardisation.Apply(rows, split.Train), test = standardisation.Apply(rows, split.Test);
        ProbeFit[] fits = new ProbeFit[all.Length];
        foreach (IGrouping<double, int> alike in Enumerable.Range(0, all.Length).GroupBy(i => chosen[i].Regularisation))
        {
            cancellation.ThrowIfCancellationRequested();
            int[] members = alike.ToArray();
            ProbeFit[] fitted = FitPath(train, members.Select(i => (Take(all[i].Labels, split.Train), all[i].ClassNames.Length)).ToArray(), [alike.Key], cancellation).Single();
            for (int i = 0; i < members.Length; i++) fits[members[i]] = fitted[i];
        }

        int[][] readTrain = Predict(train, fits), readTest = Predict(test, fits);
        return sets.Select((set, i) => Judge(set, split, readTrain[i], readTest[i], chosen[i], fits[i].ToReadout(standardisation)) with
        {
            ControlAccuracy = options.Control ? Accuracy(readTest[sets.Length + i], Take(all[sets.Length + i].Labels, split.Test)) : double.NaN,
        }).ToArray();
    }

    /// <summary>Per label set the regularisation with the best accuracy on the validation groups; the features are standardised by the fitted groups alone.</summary>
    private (double Regularisation, double Accuracy)[] Choose(FloatMatrix rows, LabelSet[] sets, GroupSplit split, double[] grid, CancellationToken cancellation)
    {
        Standardisation standardisation = new(rows, split.Fit);
        RealMatrix fit = standardisation.Apply(rows, split.Fit), validation = standardisation.Apply(rows, split.Validation);
        int[][] truth = sets.Select(s => Take(s.Labels, split.Validation)).ToArray();
        (double Regularisation, double Accuracy)[] best = sets.Select(_ => (grid[0], double.NegativeInfinity)).ToArray();
        int step = 0;
        foreach (ProbeFit[] fits in FitPath(fit, sets.Select(s => (Take(s.Labels, split.Fit), s.ClassNames.Length)).ToArray(), grid, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            int[][] read = Predict(validation, fits);
            for (int i = 0; i < sets.Length; i++)
            {
                double accuracy = Accuracy(read[i], truth[i]);
                if (accuracy > best[i].Accuracy) best[i] = (grid[step], accuracy);
            }

            step++;
        }

        return best;
    }

    private static ProbeResult Judge(
        LabelSet set, GroupSplit split, int[] readTrain, int[] readTest, (double Regularisation, double Accuracy) chosen, Readout readout)
    {
        int[] train = Take(set.Labels, split.Train), test = Take(set.Labels, split.Test);
        int[] counts = new int[set.ClassNames.Length];
        foreach (int label in train) counts[label]++;
        int majority = Array.IndexOf(counts, counts.Max());
        int[,] confusion = new int[counts.Length, counts.Length];
        for (int i = 0; i < test.Length; i++) confusion[test[i], readTest[i]]++;
        return new ProbeResult
        {
            Labels = set.Name,
            TrainAccuracy = Accuracy(readTrain, train),
            TestAccuracy = Accuracy(readTest, test),
            MajorityAccuracy = test.Count(l => l == majority) / (double)test.Length,
            Confusion = confusion,
            TrainRows = train.Length,
            TestRows = test.Length,
            LeftOut = set.Labels.Count(l => l < 0),
            Regularisation = chosen.Regularisation,
            ValidationAccuracy = chosen.Accuracy,
            Readout = readout,
        };
    }

    /// <summary>The same labels in another order over the labelled rows.</summary>
    internal static LabelSet Permuted(LabelSet set, int seed)
    {
        int[] rows = Enumerable.Range(0, set.Labels.Length).Where(i => set.Labels[i] >= 0).ToArray();
        int[] labels = Take(set.Labels, rows);
        new Random(unchecked(seed + 0x5eed)).Shuffle(labels);
        int[] permuted = [.. set.Labels];
        for (int i = 0; i < rows.Length; i++) permuted[rows[i]] = labels[i];
        return set with { Labels = permuted };
    }

    /// <summary>The best class of every row under every fit.</summary>
    private protected virtual int[][] Predict(RealMatrix rows, ProbeFit[] fits) => fits.Select(fit => fit.Read(rows)).ToArray();

    private static double Accuracy(int[] read, int[] truth)
    {
        int right = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            if (read[i] == truth[i]) right++;
        }

        return right / (double)truth.Length;
    }

    private static int[] Take(int[] values, int[] rows) => Array.ConvertAll(rows, i => values[i]);
}

/// <summary>All probes by name.</summary>
public static class Probes
{
    /// <summary>Every probe, in the order in which they are listed for users.</summary>
    public static IReadOnlyList<Probe> All { get; } = [new RidgeProbe(), new LogisticProbe(), new LogisticProbe(oneVersusRest: true), new NearestCentreProbe(), new NearestNeighbourProbe(), new SparseProbe()];

    /// <summary>The probe of a name.</summary>
    /// <exception cref="StrataException">No probe has this name; the message names the nearest ones.</exception>
    public static Probe Get(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new StrataException($"There is no probe \"{name}\". {NearestNames.Suggest(name, All.Select(p => p.Name))}");
}
