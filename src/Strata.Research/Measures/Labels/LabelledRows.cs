using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>The labelled rows of a prompt: its tokens where every token has a label, else the one row that stands for it.</summary>
internal static class LabelledRows
{
    public const string Unlabelled = "row without a label";

    /// <summary>Each labelled row with its label, in float64. Rows with a negative label are skipped.</summary>
    public static IEnumerable<(double[] Row, int Label, int Sequence)> Of(PromptRows prompt, int[] labels, Pooling row)
    {
        bool each = !prompt.Pooled && labels.Length > 1;
        if (each && labels.Length != prompt.Count) throw new StrataException($"Sequence {prompt.Sequence} has {labels.Length} labels and {prompt.Count} captured positions; give one label per sequence, or one per captured position.");
        for (int i = 0; i < (each ? prompt.Count : 1); i++)
        {
            if (labels[i] >= 0) yield return (each ? prompt.Real.Row(i).ToArray() : Single(prompt, row), labels[i], prompt.Sequence);
        }
    }

    /// <summary>The labelled rows of a prompt, or of pooled activations, where row i is sequence i.</summary>
    public static IEnumerable<(double[] Row, int Label, int Sequence)> All(PromptRows prompt, IReadOnlyList<int[]> labels, Pooling row)
    {
        if (!prompt.Pooled) return Of(prompt, labels[prompt.Sequence], row);
        return Enumerable.Range(0, prompt.Count).Where(i => labels[prompt.SequenceOf(i)][0] >= 0).Select(i => (prompt.Real.Row(i).ToArray(), labels[prompt.SequenceOf(i)][0], prompt.SequenceOf(i)));
    }

    /// <summary>The row that stands for a prompt.</summary>
    public static double[] Single(PromptRows prompt, Pooling row) => row switch
    {
        Pooling.Mean => prompt.Mean,
        Pooling.First => prompt.Real.Row(0).ToArray(),
        _ => prompt.Real.Row(prompt.Count - 1).ToArray(),
    };
}

/// <summary>Per class the number, the sum and the squared length of its rows, and the moments of all: what the measures of collapse and separation follow from. Rows are taken about the first, so that a common vector does not cancel.</summary>
internal sealed class ClassSums(MeasureContext context) : SharedStatistic
{
    private readonly SortedDictionary<int, (long Count, double[] Sum, double Squares)> _classes = [];
    private double[]? _shift;

    /// <summary>The sums of a point.</summary>
    public static ClassSums Of(MeasureContext context) => context.Shared.Get("classes", () => new ClassSums(context));

    /// <summary>Moments of all labelled rows.</summary>
    public Moments All { get; } = new(context.Columns);

    /// <summary>Rows without a label.</summary>
    public int Unlabelled { get; private set; }

    public override long Bytes => All.Bytes + _classes.Count * (8L * context.Columns + 24);

    /// <summary>Labels that occur.</summary>
    public int[] Labels => _classes.Keys.ToArray();

    /// <summary>Rows of each class.</summary>
    public long[] Counts => _classes.Values.Select(c => c.Count).ToArray();

    /// <summary>The mean of each class: [classes, width].</summary>
    public RealMatrix Means()
    {
        RealMatrix means = new(_classes.Count, context.Columns);
        int c = 0;
        foreach ((long count, double[] sum, _) in _classes.Values)
        {
            Span<double> mean = means.Row(c++);
            TensorPrimitives.Divide(sum, count, mean);
            TensorPrimitives.Add(mean, _shift!, mean);
        }

        return means;
    }

    /// <summary>mean ‖h − μ_c‖² within each class.</summary>
    public double[] Variances() => _classes.Values.Select(c => Math.Max(0, (c.Squares - TensorPrimitives.SumOfSquares<double>(c.Sum) / c.Count) / c.Count)).ToArray();

    public override void Fold(PromptRows prompt)
    {
        int before = (int)All.Count;
        double[] centred = new double[context.Columns];
        foreach ((double[] row, int label, _) in LabelledRows.All(prompt, context.Inputs.Labels!, context.Options.Row))
        {
            _shift ??= row;
            TensorPrimitives.Subtract(row, _shift, centred);
            if (!_classes.TryGetValue(label, out (long Count, double[] Sum, double Squares) sums)) sums = (0, new double[context.Columns], 0);
            TensorPrimitives.Add(sums.Sum, centred, sums.Sum);
            _classes[label] = (sums.Count + 1, sums.Sum, sums.Squares + TensorPrimitives.SumOfSquares<double>(centred));
            All.Add(row);
        }

        int labels = prompt.Pooled ? prompt.Count : context.Inputs.Labels![prompt.Sequence].Length;
        Unlabelled += labels - ((int)All.Count - before);
    }
}

/// <summary>At most MaxRows labelled rows, for measures that compare rows in pairs or twice.</summary>
internal sealed class LabelledSample(MeasureContext context) : SharedStatistic
{
    private readonly RowSample _sample = new(context.Columns, context.Options.MaxRows, context.Options.Seed);
    private readonly List<int> _labels = [];

    /// <summary>The sample of a point.</summary>
    public static LabelledSample Of(MeasureContext context) => context.Shared.Get("labelled sample", () => new LabelledSample(context));

    public override long Bytes => _sample.Bytes + 4L * _labels.Count;

    /// <summary>Labelled rows that were not sampled.</summary>
    public int NotSampled => _sample.NotSampled;

    /// <summary>The rows, their labels, and their sequences, in the order of the data.</summary>
    public (FloatMatrix Rows, int[] Labels, int[] Sequences) Rows()
    {
        // The sample's "sequence" of a labelled row is its number, under which label and sequence are looked up.
        int[] numbers = _sample.Sequences;
        return (_sample.Rows, numbers.Select(n => _labels[2 * n]).ToArray(), numbers.Select(n => _labels[2 * n + 1]).ToArray());
    }

    public override void Fold(PromptRows prompt)
    {
        foreach ((double[] row, int label, int sequence) in LabelledRows.All(prompt, context.Inputs.Labels!, context.Options.Row))
        {
            FloatMatrix one = new(Array.ConvertAll(row, v => (float)v), 1, context.Columns);
            _sample.Fold(new PromptRows(one, _labels.Count / 2, false, 0));
            _labels.Add(label);
            _labels.Add(sequence);
        }
    }
}
