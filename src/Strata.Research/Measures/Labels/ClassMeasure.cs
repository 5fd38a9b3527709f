using Strata.Tensors;

namespace Strata.Research;

/// <summary>A measure of labelled rows that follows from sums over classes.</summary>
public abstract class ClassMeasure : Measure
{
    private protected const string Rows = "One value for all labelled rows: the row that stands for a sequence (Row), or tokens when every token has a label.";
    private protected const string SumsCost = "O(N·D²) once for all measures of classes; D² + C·D numbers kept.";

    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Labels;

    private protected abstract double OfClasses(ClassSums classes, MeasureContext context, out string? undefined);

    internal sealed override MeasureAccumulator Start(MeasureContext context) => new Accumulator(this, context, ClassSums.Of(context));

    private sealed class Accumulator(ClassMeasure measure, MeasureContext context, ClassSums classes) : MeasureAccumulator
    {
        public override long Bytes => 0;

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            // The shared sums are fed by themselves.
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            LeaveOut(classes.Unlabelled, LabelledRows.Unlabelled);
            if (classes.Counts.Length < 2) return Undefined(classes.All.Count, "fewer than 2 classes");
            double value = measure.OfClasses(classes, context, out string? undefined);
            return undefined is null ? One(value, classes.All.Count) : Undefined(classes.All.Count, undefined);
        }
    }
}

/// <summary>A measure of labelled rows that compares them in pairs or with their class means: computed on a sample.</summary>
public abstract class LabelledSampleMeasure : Measure
{
    private protected const string Rows = "Labelled rows (the row that stands for a sequence, or tokens when every token has a label); those beyond MaxRows are left out.";

    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Labels;

    private protected abstract double OfRows(RealMatrix rows, int[] labels, int[] sequences, MeasureContext context, out string? undefined);

    internal sealed override MeasureAccumulator Start(MeasureContext context) => new Accumulator(this, context, LabelledSample.Of(context));

    /// <summary>The mean of each class and the size of each, in the order of the labels; labels become indices.</summary>
    private protected static (RealMatrix Means, int[] Counts, int[] Index) Classes(RealMatrix rows, int[] labels)
    {
        int[] distinct = labels.Distinct().Order().ToArray();
        Dictionary<int, int> indexOf = distinct.Select((l, i) => (l, i)).ToDictionary(p => p.l, p => p.i);
        int[] index = labels.Select(l => indexOf[l]).ToArray(), counts = new int[distinct.Length];
        RealMatrix means = new(distinct.Length, rows.Columns);
        for (int i = 0; i < rows.Rows; i++)
        {
            counts[index[i]]++;
            System.Numerics.Tensors.TensorPrimitives.Add(means.Row(index[i]), rows.Row(i), means.Row(index[i]));
        }

        for (int c = 0; c < counts.Length; c++) System.Numerics.Tensors.TensorPrimitives.Divide(means.Row(c), counts[c], means.Row(c));
        return (means, counts, index);
    }

    private sealed class Accumulator(LabelledSampleMeasure measure, MeasureContext context, LabelledSample sample) : MeasureAccumulator
    {
        public override long Bytes => 0;

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            // The shared sample is fed by itself.
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            (FloatMatrix rows, int[] labels, int[] sequences) = sample.Rows();
            LeaveOut(sample.NotSampled, RowSample.NotSampledReason);
            if (labels.Distinct().Count() < 2) return Undefined(labels.Length, "fewer than 2 classes");
            double value = measure.OfRows(RealMatrix.Centred(rows), labels, sequences, context, out string? undefined);
            return undefined is null ? One(value, labels.Length) : Undefined(labels.Length, undefined);
        }
    }
}
