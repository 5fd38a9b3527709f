using Strata.Models;

namespace Strata.Research;

/// <summary>What some measures need beside the activations. Rows are counted as in the data: sequence i of every list is row i.</summary>
public sealed record MeasureInputs
{
    /// <summary>Nothing beside the activations.</summary>
    public static MeasureInputs None { get; } = new();

    /// <summary>Classes: per sequence one label (of its <see cref="MeasureOptions.Row"/>), or one label per token. A negative label leaves the row out.</summary>
    public IReadOnlyList<int[]>? Labels { get; init; }

    /// <summary>Several labelled factors of each sequence: <c>Factors[f][sequence]</c>. A negative label leaves the row out.</summary>
    public IReadOnlyList<int[]>? Factors { get; init; }

    /// <summary>Token ids of each sequence, for measures that follow a word through its contexts.</summary>
    public TokenRows? Tokens { get; init; }

    /// <summary>Further views of the same sequences, already captured: view v of sequence i is row i of <c>Views[v − 1]</c>; the activations themselves are view 0.</summary>
    public IReadOnlyList<Activations> Views { get; init; } = [];

    /// <summary>Further views of the same sequences as token rows, for a battery, which runs the network on each.</summary>
    public IReadOnlyList<TokenRows> ViewRows { get; init; } = [];

    /// <summary>The classifier's weights, one row per class [classes, width], for self-duality (<c>nc3</c>).</summary>
    public Strata.Tensors.FloatMatrix? Classifier { get; init; }

    /// <summary>The class that the network itself predicts for each sequence, for <c>nc4</c>.</summary>
    public IReadOnlyList<int>? Predictions { get; init; }

    /// <summary>The same with labels and factors dealt out anew among the rows that have any: what classes of these sizes give by chance.</summary>
    internal MeasureInputs Shuffled(int seed)
    {
        Random random = new(seed);
        return this with { Labels = Labels is null ? null : Deal(Labels, random), Factors = Factors is null ? null : Deal(Factors, random) };
    }

    /// <summary>Labels change places among themselves; rows without one stay so. Factors of a sequence move together, so that their combinations stay as they are.</summary>
    private int[][] Deal(IReadOnlyList<int[]> lists, Random random)
    {
        if (ReferenceEquals(lists, Factors))
        {
            int[] order = Enumerable.Range(0, lists[0].Length).ToArray();
            random.Shuffle(order);
            return lists.Select(f => order.Select(i => f[i]).ToArray()).ToArray();
        }

        int[] all = lists.SelectMany(l => l).Where(l => l >= 0).ToArray();
        random.Shuffle(all);
        int next = 0;
        return lists.Select(l => l.Select(label => label >= 0 ? all[next++] : label).ToArray()).ToArray();
    }
}
