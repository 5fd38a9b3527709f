using System.Buffers;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>Carries out interventions on the rows of a value.</summary>
internal static class RowEditor
{
    /// <summary>Refuses an intervention that cannot act at a point.</summary>
    private static void Check(Intervention intervention, HookPoint point, ModelSpec spec)
    {
        if (point.Kind == HookKind.SsmPattern && spec.Block(point.Block).StateSpace is { HasHeads: false } channels)
            throw new StrataException($"\"{point.Name}\" is the mean over {channels.Channels} channels, each of which mixes the tokens in its own way: it can be read, not changed. Change ssm.delta, ssm.B, ssm.C or ssm.state.");
        if (intervention.Head is int head)
        {
            if (!point.HasHeads) throw new StrataException($"\"{point.Name}\" is not divided into heads; interventions on a head act at {PointsWithHeads(spec, point)}.");
            if (head < 0 || head >= point.Heads) throw new StrataException($"\"{point.Name}\" has heads 0..{point.Heads} (0 to {point.Heads - 1}); head {head} was given.");
        }

        if (point.PerSequence && (!intervention.Positions.IsAll || intervention.Values is { Rows: > 1 }))
            throw new StrataException($"\"{point.Name}\" is one row per sequence, without positions; give one vector and no positions there.");
        bool needsRow = intervention.Kind is InterventionKind.Set or InterventionKind.Add or InterventionKind.ProjectOut or InterventionKind.Erase or InterventionKind.Mean;
        if (needsRow && point.IsAttentionMatrix)
            throw new StrataException($"\"{point.Name}\" has one number per key, so a vector does not fit; zero and scale act there.");
        if (intervention.Columns is Range columns) CheckColumns(intervention, columns, point);
        int expected = intervention.Columns is Range some ? some.GetOffsetAndLength(point.Columns).Length : intervention.Head is null ? point.Columns : point.HeadWidth;
        if (intervention.Values is FloatMatrix values && values.Columns != expected)
            throw new StrataException($"The vector for \"{point.Name}\" has {values.Columns} numbers; {expected} are needed there.");
        if (intervention.Reference is Activations reference && reference.Samples(point.Name)[0].Columns != point.Columns)
            throw new StrataException($"The reference activations at \"{point.Name}\" have {reference.Samples(point.Name)[0].Columns} columns; {point.Columns} are needed.");
    }

    private static void CheckColumns(Intervention intervention, Range columns, HookPoint point)
    {
        int start = columns.Start.GetOffset(point.Columns), end = columns.End.GetOffset(point.Columns);
        if (intervention.Head is not null || point.IsAttentionMatrix) throw new StrataException($"The intervention at \"{point.Name}\" narrows {(intervention.Head is null ? "an attention matrix, which has no columns," : "a head")} to columns {columns}; columns are those of a whole row.");
        if (start < 0 || end > point.Columns || start >= end) throw new StrataException($"\"{point.Name}\" has columns 0..{point.Columns}; {columns} selects none of them or others.");
    }

    /// <summary>Where a head can be addressed in the block of a point, or that there is no such place.</summary>
    private static string PointsWithHeads(ModelSpec spec, HookPoint point) => point.Block < 0 || spec.Block(point.Block).HasAttention
        ? "attn.q, k, v, z, scores or pattern"
        : spec.Block(point.Block).StateSpace switch
        {
            { HasHeads: true } => "ssm.conv_pre, gate, conv, delta, state, pattern, y or gated",
            not null => "points of blocks with heads, and the channels of this state space have none",
            null => "points of blocks with heads, and this block is an MLP alone",
        };

    /// <summary>A changed copy of a value.</summary>
    public static Tensor Apply(TensorScope scope, Tensor value, Edit[] edits, int headWidth, BatchRun run, HookPoint point, int sequence)
    {
        int count = value.Shape.Count, columns = value.Shape.Columns;
        float[] rented = ArrayPool<float>.Shared.Rent(count);
        try
        {
            Span<float> data = rented.AsSpan(0, count);
            value.Engine.CopyToHost(value, data);
            foreach (Edit edit in edits)
            {
                if (point.PerSequence) EditSequences(data, columns, edit);
                else if (sequence < 0) EditRows(data, columns, edit, headWidth, run);
                else if (edit.Changes(sequence)) EditMatrix(data, value.Shape, edit.Intervention, run, sequence);
            }

            return scope.FromHost(data, value.Shape.ToArray());
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>An intervention at one point, with the mean row of its reference computed once.</summary>
    public static Edit Resolve(PlacedIntervention placed, HookPoint point, ModelSpec spec)
    {
        Check(placed.Intervention, point, spec);
        return new Edit(placed.Intervention, placed.Intervention.Reference?.MeanRow(point.Name), placed.FirstSequence, placed.EndSequence);
    }

    private static void EditSequences(Span<float> data, int columns, Edit edit)
    {
        (int start, int width) = edit.Part(columns, columns);
        for (int s = edit.FirstSequence; s < edit.EndSequence && s * columns < data.Length; s++)
            EditRow(data.Slice((s * columns) + start, width), edit.Intervention, edit.Mean is null ? default : edit.Mean.AsSpan(start, width), 0);
    }

    private static void EditRows(Span<float> data, int columns, Edit edit, int headWidth, BatchRun run)
    {
        (Intervention intervention, float[]? mean) = (edit.Intervention, edit.Mean);
        (int start, int width) = edit.Part(columns, headWidth);
        for (int s = edit.FirstSequence; s < Math.Min(edit.EndSequence, run.Batch.Sequences); s++)
        {
            int first = run.FirstPosition(s), length = first + run.Batch.Length(s), selected = 0;
            if (intervention.Values is { Rows: > 1 })
            {
                // Patched rows count from the first selected position of the sequence, also when earlier ones are in the cache.
                for (int position = 0; position < first; position++) selected += intervention.Positions.Contains(position, length) ? 1 : 0;
            }

            for (int i = 0; i < run.Batch.Length(s); i++)
            {
                if (!intervention.Positions.Contains(first + i, length)) continue;
                Span<float> row = data.Slice((run.Batch.Starts[s] + i) * columns + start, width);
                EditRow(row, intervention, mean is null ? default : mean.AsSpan(start, width), selected++);
            }
        }
    }

    /// <summary>Changes the row of one token.</summary>
    /// <param name="row">All columns of the point.</param>
    /// <param name="edit">What happens.</param>
    /// <param name="headWidth">Columns of a head.</param>
    /// <param name="position">Position of the token.</param>
    /// <param name="length">Length of its sequence.</param>
    public static void EditToken(Span<float> row, Edit edit, int headWidth, int position, int length)
    {
        (Intervention intervention, float[]? mean) = (edit.Intervention, edit.Mean);
        if (!intervention.Positions.Contains(position, length)) return;
        (int start, int width) = edit.Part(row.Length, headWidth);
        int selected = 0;
        for (int before = 0; intervention.Values is { Rows: > 1 } && before < position; before++) selected += intervention.Positions.Contains(before, length) ? 1 : 0;
        EditRow(row.Slice(start, width), intervention, mean is null ? default : mean.AsSpan(start, width), selected);
    }

    private static void EditMatrix(Span<float> data, Shape shape, Intervention intervention, BatchRun run, int sequence)
    {
        int queries = shape[1], keys = shape[2], first = run.FirstPosition(sequence), length = first + run.Batch.Length(sequence);
        for (int head = 0; head < shape[0]; head++)
        {
            if (intervention.Head is int only && only != head) continue;
            for (int q = 0; q < queries; q++)
            {
                if (!intervention.Positions.Contains(first + q, length)) continue;
                // Scores that a query may not see stay hidden, whatever is done to the others.
                Span<float> row = data.Slice((head * queries + q) * keys, keys);
                EditRow(Visible(row), intervention, default, 0);
            }
        }
    }

    /// <summary>The scores between those that lie before a window and those that lie behind the query.</summary>
    private static Span<float> Visible(Span<float> row)
    {
        int start = row.IndexOfAnyExcept(float.NegativeInfinity);
        return start < 0 ? default : row[start..(row.LastIndexOfAnyExcept(float.NegativeInfinity) + 1)];
    }

    private static void EditRow(Span<float> row, Intervention intervention, ReadOnlySpan<float> mean, int selected)
    {
        switch (intervention.Kind)
        {
            case InterventionKind.Zero:
                row.Clear();
                break;
            case InterventionKind.Scale:
                for (int i = 0; i < row.Length; i++) row[i] *= intervention.Factor;
                break;
            case InterventionKind.Mean:
                mean.CopyTo(row);
                break;
            case InterventionKind.Set:
                FloatMatrix values = intervention.Values!;
                if (values.Rows > 1 && selected >= values.Rows)
                    throw new StrataException($"The patch for \"{intervention.Point}\" has {values.Rows} rows and a sequence selects more positions; give one row per selected position, or narrow it with At(...).");
                values.Row(values.Rows == 1 ? 0 : selected).CopyTo(row);
                break;
            case InterventionKind.Add:
                ReadOnlySpan<float> vector = intervention.Values!.Row(0);
                for (int i = 0; i < row.Length; i++) row[i] += intervention.Factor * vector[i];
                break;
            case InterventionKind.Erase:
                EraseRow(row, intervention.Values!, intervention.Read!, intervention.ReadOfMean!);
                break;
            case InterventionKind.ProjectOut:
                ReadOnlySpan<float> direction = intervention.Values!.Row(0);
                double along = 0;
                for (int i = 0; i < row.Length; i++) along += (double)row[i] * direction[i];
                for (int i = 0; i < row.Length; i++) row[i] -= (float)(along * direction[i]);
                break;
        }
    }

    /// <summary>All readings are of the row as it came.</summary>
    private static void EraseRow(Span<float> row, FloatMatrix removed, FloatMatrix read, double[] ofMean)
    {
        Span<double> along = stackalloc double[Math.Min(read.Rows, 256)];
        if (read.Rows > 256) along = new double[read.Rows];
        for (int k = 0; k < read.Rows; k++)
        {
            ReadOnlySpan<float> direction = read.Row(k);
            double sum = -ofMean[k];
            for (int i = 0; i < row.Length; i++) sum += (double)row[i] * direction[i];
            along[k] = sum;
        }

        for (int k = 0; k < read.Rows; k++)
        {
            ReadOnlySpan<float> direction = removed.Row(k);
            for (int i = 0; i < row.Length; i++) row[i] -= (float)(along[k] * direction[i]);
        }
    }
}

/// <summary>An intervention, and the sequences of the batch that it changes.</summary>
/// <param name="Intervention">What happens.</param>
/// <param name="FirstSequence">The first of them.</param>
/// <param name="EndSequence">The one after the last.</param>
internal sealed record PlacedIntervention(Intervention Intervention, int FirstSequence = 0, int EndSequence = int.MaxValue);

/// <summary>An intervention at one point.</summary>
/// <param name="Intervention">What happens.</param>
/// <param name="Mean">Mean row of the reference activations at that point, where there is one.</param>
/// <param name="FirstSequence">The first sequence that it changes.</param>
/// <param name="EndSequence">The one after the last.</param>
internal sealed record Edit(Intervention Intervention, float[]? Mean, int FirstSequence, int EndSequence)
{
    /// <summary>Is a sequence of the batch changed?</summary>
    public bool Changes(int sequence) => sequence >= FirstSequence && sequence < EndSequence;

    /// <summary>The part of a row that changes.</summary>
    public (int Start, int Width) Part(int columns, int headWidth)
    {
        if (Intervention.Head is int head) return (head * headWidth, headWidth);
        return Intervention.Columns is Range range ? range.GetOffsetAndLength(columns) : (0, columns);
    }
}
