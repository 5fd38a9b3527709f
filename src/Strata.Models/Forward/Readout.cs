using Strata.Tensors;

namespace Strata.Models;

/// <summary>From the normalised last stream to what stands for whole sequences: one row each.</summary>
internal static class Readout
{
    /// <summary>[sequences, <see cref="SequenceHead.Columns"/>].</summary>
    /// <param name="scope">Owns the result.</param>
    /// <param name="normalized">[tokens, width].</param>
    /// <param name="model">The network.</param>
    /// <param name="batch">What runs.</param>
    public static Tensor Pool(TensorScope scope, Tensor normalized, Model model, TokenBatch batch)
    {
        SequenceHead head = model.Spec.SequenceHead!;
        int[] first = batch.Starts[..^1];
        return head.Rows switch
        {
            PooledRows.First => scope.Embed(normalized, first),
            PooledRows.Last => scope.Embed(normalized, [.. batch.Starts[1..].Select(end => end - 1)]),
            PooledRows.End => scope.Embed(normalized, [.. first.Select((start, s) => start + End(batch.Sequence(s), head.EndId))]),
            PooledRows.FirstTwo => Beside(scope, scope.Embed(normalized, first), scope.Embed(normalized, [.. first.Select(start => start + 1)])),
            PooledRows.Mean => Means(scope, normalized, model, batch),
            PooledRows.FirstAndMean => Beside(scope, scope.Embed(normalized, first), Means(scope, normalized, model, batch)),
            PooledRows.Attention => Attended(scope, normalized, model, batch),
            _ => throw new InvalidOperationException($"{head.Rows}"),
        };
    }

    /// <summary>Scores of the classes, [sequences, classes].</summary>
    public static Tensor Classes(TensorScope scope, Tensor pooled, Model model)
    {
        LinearWeight first = model.Weights.Classifier!;
        if (model.Weights.Readout?.SecondClassifier is not LinearWeight second) return scope.Linear(pooled, first);
        int width = model.Spec.Width;
        ReadOnlySpan<float> rows = pooled.Span;
        float[] one = new float[pooled.Shape.Rows * width], two = new float[one.Length];
        for (int row = 0; row < pooled.Shape.Rows; row++)
        {
            rows.Slice(2 * row * width, width).CopyTo(one.AsSpan(row * width));
            rows.Slice((2 * row + 1) * width, width).CopyTo(two.AsSpan(row * width));
        }

        return scope.Average([scope.Linear(scope.FromHost(one, pooled.Shape.Rows, width), first), scope.Linear(scope.FromHost(two, pooled.Shape.Rows, width), second)]);
    }

    /// <summary>Scores of the classes for single rows, [rows, classes]: those of a sequence whose every token that the classifier reads is this row.</summary>
    /// <exception cref="StrataException">The network has no classifier, or one behind a pooler or behind attention.</exception>
    public static Tensor ClassesOfRows(TensorScope scope, Tensor normalized, Model model)
    {
        SequenceHead? head = model.Spec.SequenceHead;
        if (head is not { Labels: not null, Activation: null } || head.Rows == PooledRows.Attention)
            throw new StrataException($"{model.Name} ({model.Spec.Family}) has no scores that one row of the stream gives: {(head?.Labels is null ? "its checkpoint holds no classifier" : "its classifier reads what a pooler makes of the tokens")}.");
        return Classes(scope, head.Rows is PooledRows.FirstTwo or PooledRows.FirstAndMean ? Beside(scope, normalized, normalized) : normalized, model);
    }

    /// <summary>Where a text ends: at the first token of that id, or at the first of its largest id; at its beginning where there is none.</summary>
    private static int End(ReadOnlySpan<int> ids, int? endId) => Math.Max(0, ids.IndexOf(endId ?? System.Numerics.Tensors.TensorPrimitives.Max(ids)));

    private static Tensor Means(TensorScope scope, Tensor normalized, Model model, TokenBatch batch)
    {
        int skipped = model.Spec.Image?.Prefix.Count ?? 0;
        Tensor sums = scope.Zeros(batch.Sequences, model.Spec.Width);
        for (int s = 0; s < batch.Sequences; s++)
        {
            int count = batch.Length(s) - skipped;
            int[] targets = new int[count];
            float[] shares = new float[count];
            Array.Fill(targets, s);
            Array.Fill(shares, 1f / count);
            scope.AddRows(scope.Rows(normalized, batch.Starts[s] + skipped, count), targets, shares, sums);
        }

        return sums;
    }

    private static Tensor Beside(TensorScope scope, Tensor left, Tensor right)
    {
        int width = left.Shape.Columns;
        float[] rows = new float[left.Shape.Count + right.Shape.Count];
        for (int row = 0; row < left.Shape.Rows; row++)
        {
            left.Span.Slice(row * width, width).CopyTo(rows.AsSpan(2 * row * width));
            right.Span.Slice(row * width, width).CopyTo(rows.AsSpan((2 * row + 1) * width));
        }

        return scope.FromHost(rows, left.Shape.Rows, 2 * width);
    }

    /// <summary>One learned query looks at all rows of its sequence; an MLP behind it.</summary>
    private static Tensor Attended(TensorScope scope, Tensor normalized, Model model, TokenBatch batch)
    {
        AttentionReadoutWeights weights = model.Weights.Readout!.Attention!;
        ModelSpec spec = model.Spec;
        AttentionHeads heads = new(spec.Heads, spec.Heads, spec.HeadWidth, 1f / MathF.Sqrt(spec.HeadWidth), Causal: false);
        AttentionSegment[] segments = [.. Enumerable.Range(0, batch.Sequences).Select(s => new AttentionSegment(s, 1, batch.Starts[s], batch.Length(s)))];
        Tensor query = scope.Linear(scope.Embed(weights.Probe, new int[batch.Sequences]), weights.Query);
        Tensor mixed = scope.Attention(query, scope.Linear(normalized, weights.Key), scope.Linear(normalized, weights.Value), heads, segments);
        Tensor attended = scope.Linear(mixed, weights.Output);
        Tensor hidden = scope.Activate(scope.Linear(scope.Norm(attended, weights.Norm, spec), weights.Mlp.In), spec.Activation);
        return scope.Add(attended, scope.Linear(hidden, weights.Mlp.Out));
    }
}
