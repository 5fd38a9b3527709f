using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How a classification task is run; the defaults are MTEB's.</summary>
public sealed record ClassificationProtocol
{
    /// <summary>How often rows are drawn, a classifier is trained and all test rows are read.</summary>
    public int Experiments { get; init; } = 10;

    /// <summary>Training rows of each class that an experiment draws, or all where there are fewer.</summary>
    public int SamplesPerLabel { get; init; } = 8;

    /// <summary>Inverse strength of the regularisation (scikit-learn's C).</summary>
    public double C { get; init; } = 1;
}

/// <summary>
/// Classification: per experiment, a few training rows of each class are drawn (the rows that MTEB draws for the same seed), softmax regression is fitted to their embeddings as they are, and the
/// test rows are read. The fit goes to the minimum; MTEB stops scikit-learn's L-BFGS after 100 iterations, which is the same wherever those suffice.
/// </summary>
public sealed class ClassificationTask : EmbeddingTask
{
    private readonly int[] _trainTexts, _trainLabels, _testTexts, _testLabels;
    private readonly int _classes;
    private readonly ClassificationProtocol _protocol;

    /// <summary>A task from labelled texts.</summary>
    /// <exception cref="StrataException">A part is empty, there is one class only, a test label does not occur in training, or a number of the protocol is out of range.</exception>
    public ClassificationTask(string name, IReadOnlyList<(string Text, string Label)> train, IReadOnlyList<(string Text, string Label)> test, ClassificationProtocol? protocol = null)
        : this(name, new TextIndex(), train, test, protocol ?? new())
    {
    }

    private ClassificationTask(string name, TextIndex texts, IReadOnlyList<(string Text, string Label)> train, IReadOnlyList<(string Text, string Label)> test, ClassificationProtocol protocol)
        : base(name, TaskKind.Classification, "accuracy", texts.Texts)
    {
        if (train.Count == 0 || test.Count == 0) throw new StrataException($"Task \"{name}\" has {train.Count} training and {test.Count} test rows; a classification needs some of each.");
        Classes = ClassLabels.Sorted(train.Select(row => row.Label));
        if (Classes.Count < 2) throw new StrataException($"Task \"{name}\" has the one class \"{Classes[0]}\"; a classification needs at least 2.");
        string? unknown = test.Select(row => row.Label).FirstOrDefault(label => !Classes.Contains(label));
        if (unknown is not null) throw new StrataException($"The label \"{unknown}\" of the test rows of task \"{name}\" occurs in no training row. {NearestNames.Suggest(unknown, Classes)}");
        if (protocol.Experiments < 1 || protocol.SamplesPerLabel < 1 || !(protocol.C > 0)) throw new StrataException($"Task \"{name}\": experiments and samples per label are 1 or more, and C is above 0.");
        (_protocol, _classes) = (protocol, Classes.Count);
        (_trainTexts, _testTexts) = (texts.Of(train.Select(row => row.Text)), texts.Of(test.Select(row => row.Text)));
        (_trainLabels, _testLabels) = (ClassLabels.Numbers([.. Classes], train.Select(row => row.Label)), ClassLabels.Numbers([.. Classes], test.Select(row => row.Label)));
    }

    private ClassificationTask(ClassificationTask task, int[] trainLabels) : base(task.Name, task.Kind, task.MainScore, task.Texts)
    {
        (_protocol, _classes, Classes) = (task._protocol, task._classes, task.Classes);
        (_trainTexts, _testTexts, _trainLabels, _testLabels) = (task._trainTexts, task._testTexts, trainLabels, task._testLabels);
    }

    /// <summary>Names of the classes: whole numbers in their order, others as text is sorted.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The training labels are dealt out anew; the test rows keep theirs.</summary>
    public override EmbeddingTask Shuffled(long seed) => new ClassificationTask(this, Array.ConvertAll(new SeededRandom(seed).Permutation(_trainLabels.Length), i => _trainLabels[i]));

    private protected override TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        RealMatrix[] weights = Draws(seed).Select(draw =>
        {
            cancellation.ThrowIfCancellationRequested();
            return UndersampledSoftmax.Fit(embeddings.Select(Array.ConvertAll(draw, i => _trainTexts[i])), Array.ConvertAll(draw, i => _trainLabels[i]), _classes, _protocol.C);
        }).ToArray();
        int[][] read = LinearProbe.Read(RealMatrix.From(embeddings.Select(_testTexts)), weights);
        Dictionary<string, double>[] runs = Array.ConvertAll(read, predicted => ClassificationScores.Of(_testLabels, predicted, _classes));
        return new TaskScores(runs[0].Keys.ToDictionary(name => name, name => runs.Average(run => run[name])), runs, _testTexts.Length);
    }

    /// <summary>The training rows of each experiment: all rows shuffled, further in each experiment, and the first of each class taken.</summary>
    internal IEnumerable<int[]> Draws(int seed)
    {
        int[] order = Enumerable.Range(0, _trainLabels.Length).ToArray();
        for (int e = 0; e < _protocol.Experiments; e++)
        {
            MersenneTwister.OfNumpy((uint)seed).Shuffle(order);
            int[] taken = new int[_classes];
            yield return order.Where(i => taken[_trainLabels[i]]++ < _protocol.SamplesPerLabel).ToArray();
        }
    }
}
