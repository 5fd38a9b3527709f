using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>anisotropy</c>: the expected cosine of two states from different sequences.</summary>
public sealed class Anisotropy : Measure
{
    /// <inheritdoc/>
    public override string Name => "anisotropy";

    /// <inheritdoc/>
    public override string? Unit => null;

    /// <inheritdoc/>
    public override string Summary =>
        "Expected cosine of two rows from different sequences, not centred. Textbook: the exact mean over all such pairs of tokens (or of pooled rows), from sums of unit vectors; the samples are sequences, each with the mean cosine of its rows to those of all others. "
        + "Reference (kawine/contextual): the mean over Pairs random pairs drawn with replacement; the samples are the pairs. Zero rows are left out. Ethayarajh 2019.";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    private protected override MeasureValue ComputeAt(Activations activations, string point, MeasureOptions options, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        FloatMatrix rows = activations.Rows(point);
        if (!TensorPrimitives.IsFiniteAll<float>(rows.Values)) return MeasureValue.Undefined(rows.Rows, "NaN or infinity in the activations");
        RealMatrix unit = UnitRows.Of(rows);
        int[] sequence = SequenceOfRows.Of(activations, point);
        int[] kept = Enumerable.Range(0, unit.Rows).Where(i => UnitRows.HasDirection(unit.Row(i))).ToArray();
        if (kept.Select(i => sequence[i]).Distinct().Count() < 2) return MeasureValue.Undefined(rows.Rows, "fewer than 2 sequences with a state other than zero");
        MeasureValue value = options.Form == MeasureForm.Textbook ? Exact(unit, sequence, kept) : Sampled(unit, sequence, kept, options);
        int leftOut = unit.Rows - kept.Length;
        return value with { LeftOut = leftOut, LeftOutReason = leftOut > 0 ? $"{leftOut} x zero row" : null };
    }

    /// <summary>Σ over pairs of different sequences = S·(T − S) summed over sequences, S the sum of a sequence's unit vectors and T that of all.</summary>
    private static MeasureValue Exact(RealMatrix unit, int[] sequence, int[] kept)
    {
        int sequences = kept.Max(i => sequence[i]) + 1;
        RealMatrix sums = new(sequences, unit.Columns);
        double[] total = new double[unit.Columns];
        int[] counts = new int[sequences];
        foreach (int i in kept)
        {
            counts[sequence[i]]++;
            TensorPrimitives.Add(sums.Row(sequence[i]), unit.Row(i), sums.Row(sequence[i]));
            TensorPrimitives.Add(total, unit.Row(i), total);
        }

        List<double> perSequence = [];
        double sum = 0, pairs = 0;
        double[] others = new double[unit.Columns];
        for (int s = 0; s < sequences; s++)
        {
            if (counts[s] == 0) continue;
            TensorPrimitives.Subtract(total, sums.Row(s), others);
            double cosines = TensorPrimitives.Dot<double>(sums.Row(s), others);
            double count = (double)counts[s] * (kept.Length - counts[s]);
            sum += cosines;
            pairs += count;
            perSequence.Add(cosines / count);
        }

        return MeasureValue.Over([.. perSequence], 0, null) with { Value = sum / pairs };
    }

    private static MeasureValue Sampled(RealMatrix unit, int[] sequence, int[] kept, MeasureOptions options)
    {
        Random random = new(options.Seed);
        double[] cosines = new double[options.Pairs];
        for (int pair = 0; pair < cosines.Length;)
        {
            int i = kept[random.Next(kept.Length)], j = kept[random.Next(kept.Length)];
            if (sequence[i] != sequence[j]) cosines[pair++] = TensorPrimitives.Dot<double>(unit.Row(i), unit.Row(j));
        }

        return MeasureValue.Over(cosines, 0, null);
    }
}
