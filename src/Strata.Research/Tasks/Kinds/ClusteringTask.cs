using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How a clustering task is run; the defaults are MTEB's, but all documents are embedded where no limit is set.</summary>
public sealed record ClusteringProtocol
{
    /// <summary>How often documents are drawn and clustered.</summary>
    public int Clusterings { get; init; } = 10;

    /// <summary>Documents of one clustering, drawn with replacement.</summary>
    public int DocumentsPerClustering { get; init; } = 16_384;

    /// <summary>Documents that take part, drawn without replacement before anything else; null for all.</summary>
    public int? MaxDocuments { get; init; }
}

/// <summary>
/// Clustering: k-means with as many clusters as there are labels, compared with the labels by the V-measure. The documents of each clustering are those that MTEB draws for the same seed. The
/// k-means is not MTEB's: scikit-learn's mini-batches depend on its own random numbers, so that no other program repeats them; here k-means++ begins and Lloyd's iterations over all rows
/// run to the end.
/// </summary>
public sealed class ClusteringTask : EmbeddingTask
{
    private readonly IReadOnlyList<int[]> _texts;
    private readonly IReadOnlyList<int[][]> _levels;
    private readonly bool _sets;
    private readonly ClusteringProtocol _protocol;

    /// <summary>Documents with one label each, or with several from the coarsest to the finest; every level is clustered by itself.</summary>
    /// <exception cref="StrataException">There are no documents, one has no label, or a number of the protocol is out of range.</exception>
    public ClusteringTask(string name, IReadOnlyList<(string Text, IReadOnlyList<string> Labels)> documents, ClusteringProtocol? protocol = null) : this(name, new TextIndex(), [documents], false, protocol ?? new())
    {
    }

    private ClusteringTask(string name, TextIndex texts, IReadOnlyList<IReadOnlyList<(string Text, IReadOnlyList<string> Labels)>> sets, bool apart, ClusteringProtocol protocol) : base(name, TaskKind.Clustering, "v_measure", texts.Texts)
    {
        if (sets.Count == 0 || sets.Any(set => set.Count == 0)) throw new StrataException($"Task \"{name}\" has nothing to cluster.");
        if (sets.Any(set => set.Any(d => d.Labels.Count == 0))) throw new StrataException($"Task \"{name}\": a document has no label.");
        if (protocol.Clusterings < 1 || protocol.DocumentsPerClustering < 1 || protocol.MaxDocuments < 1) throw new StrataException($"Task \"{name}\": clusterings and documents are 1 or more.");
        (_sets, _protocol) = (apart, protocol);
        _texts = sets.Select(set => texts.Of(set.Select(d => d.Text))).ToArray();
        _levels = sets.Select(set => Enumerable.Range(0, set.Max(d => d.Labels.Count)).Select(level => Level(set, level)).ToArray()).ToArray();
    }

    private ClusteringTask(ClusteringTask task, IReadOnlyList<int[][]> levels) : base(task.Name, task.Kind, task.MainScore, task.Texts) =>
        (_texts, _levels, _sets, _protocol) = (task._texts, levels, task._sets, task._protocol);

    /// <summary>Sets of documents that are each clustered once by themselves (MTEB's older layout, <c>AbsTaskClusteringLegacy</c>): a set with one label alone counts as 1.</summary>
    /// <exception cref="StrataException">A set is empty.</exception>
    public static ClusteringTask OfSets(string name, IReadOnlyList<IReadOnlyList<(string Text, string Label)>> sets) =>
        new(name, new TextIndex(), sets.Select(set => set.Select(d => (d.Text, (IReadOnlyList<string>)[d.Label])).ToArray()).ToArray(), true, new ClusteringProtocol());

    /// <summary>The labels are dealt out anew within each set and level.</summary>
    public override EmbeddingTask Shuffled(long seed)
    {
        SeededRandom random = new(seed);
        return new ClusteringTask(this, _levels.Select(levels => Array.ConvertAll(levels, labels => Dealt(labels, random))).ToArray());
    }

    private protected override TaskScores ScoreRows(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        List<Dictionary<string, double>> runs = _sets ? Sets(embeddings, seed, cancellation) : Drawn(embeddings, seed, cancellation);
        string[] names = _sets ? ["v_measure"] : ["v_measure", "ami"];
        Dictionary<string, double> scores = [];
        foreach (string name in names)
        {
            double mean = runs.Average(run => run[name]);
            scores[name] = mean;
            scores[$"{name}_std"] = Math.Sqrt(runs.Average(run => (run[name] - mean) * (run[name] - mean)));
        }

        return new TaskScores(scores, runs, _texts.Sum(set => set.Length));
    }

    private List<Dictionary<string, double>> Sets(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        List<Dictionary<string, double>> runs = [];
        for (int s = 0; s < _texts.Count; s++)
        {
            int[] labels = _levels[s][0];
            int classes = labels.Max() + 1;
            double[] once = new double[labels.Length];
            Array.Fill(once, 1);
            double v = classes < 2 ? 1 : Once(RealMatrix.Centred(embeddings.Select(_texts[s])), once, labels, classes, seed, cancellation).VMeasure;
            runs.Add(new() { ["v_measure"] = v });
        }

        return runs;
    }

    private List<Dictionary<string, double>> Drawn(FloatMatrix embeddings, int seed, CancellationToken cancellation)
    {
        MersenneTwister random = MersenneTwister.OfPython((uint)seed);
        int[] documents = _protocol.MaxDocuments is int most ? random.Sample(_texts[0].Length, Math.Min(most, _texts[0].Length)) : Enumerable.Range(0, _texts[0].Length).ToArray();
        List<Dictionary<string, double>> runs = [];
        for (int level = 0; level < _levels[0].Length; level++)
        {
            int[] labels = _levels[0][level], here = documents.Where(d => labels[d] >= 0).ToArray();
            if (here.Length == 0) continue;
            int classes = here.Select(d => labels[d]).Distinct().Count();
            RealMatrix rows = RealMatrix.Centred(embeddings.Select(Array.ConvertAll(here, d => _texts[0][d])));
            for (int run = 0; run < _protocol.Clusterings; run++)
            {
                double[] times = new double[here.Length];
                foreach (int drawn in random.Choices(here.Length, _protocol.DocumentsPerClustering)) times[drawn]++;
                int[] drawnOnce = Enumerable.Range(0, times.Length).Where(i => times[i] > 0).ToArray();
                (double v, double ami) = Once(Rows(rows, drawnOnce), Array.ConvertAll(drawnOnce, i => times[i]), Array.ConvertAll(drawnOnce, i => labels[here[i]]), classes, seed + run, cancellation);
                runs.Add(new() { ["level"] = level, ["v_measure"] = v, ["ami"] = ami });
            }
        }

        return runs;
    }

    private static (double VMeasure, double Ami) Once(RealMatrix rows, double[] times, int[] labels, int classes, int seed, CancellationToken cancellation)
    {
        int[] clusters = KMeans.Run(rows, times, KMeans.Begin(rows, times, classes, new SeededRandom(seed)), cancellation);
        return ClusterAgreement.Of(labels, clusters, times);
    }

    private static RealMatrix Rows(RealMatrix matrix, int[] rows)
    {
        if (rows.Length == matrix.Rows) return matrix;
        RealMatrix result = new(rows.Length, matrix.Columns);
        for (int i = 0; i < rows.Length; i++) matrix.Row(rows[i]).CopyTo(result.Row(i));
        return result;
    }

    /// <summary>The number of each document's label at a level; -1 where it has none so fine.</summary>
    private static int[] Level(IReadOnlyList<(string Text, IReadOnlyList<string> Labels)> set, int level)
    {
        string[] sorted = ClassLabels.Sorted(set.Where(d => d.Labels.Count > level).Select(d => d.Labels[level]));
        return set.Select(d => d.Labels.Count > level ? Array.IndexOf(sorted, d.Labels[level]) : -1).ToArray();
    }

    private static int[] Dealt(int[] labels, SeededRandom random)
    {
        int[] dealt = [.. labels], known = Enumerable.Range(0, labels.Length).Where(i => labels[i] >= 0).ToArray(), order = random.Permutation(known.Length);
        for (int i = 0; i < known.Length; i++) dealt[known[i]] = labels[known[order[i]]];
        return dealt;
    }
}
