using Strata.Tensors;

namespace Strata.Models;

/// <summary>The attention of the blocks of a run: queries, keys and values, positions, and what the values mix to.</summary>
/// <param name="model">The network.</param>
/// <param name="run">The run it serves.</param>
/// <param name="hooks">Who reads and changes what.</param>
/// <param name="cache">Keys and values of earlier tokens; null without.</param>
/// <param name="segments">Which keys the queries of each sequence see.</param>
/// <param name="tables">What positions come to.</param>
internal sealed class AttentionMixer(Model model, BatchRun run, HookSession? hooks, ITokenMemory? cache, AttentionSegment[] segments, PositionTables tables)
{
    /// <summary>What attention adds to the stream.</summary>
    public Tensor Mix(TensorScope scope, Tensor normalized, int block, int execution)
    {
        BlockWeights weights = model.Weights.Blocks[block];
        AttentionHeads heads = model.Spec.AttentionHeads(block);
        Tensor q = Queries(scope, scope.Linear(run.GoingOn(scope, normalized), weights.Query!), weights.QueryNorm, execution, HookKind.Query, HookKind.QueryNorm);
        Tensor k = Queries(scope, scope.Linear(normalized, weights.Key!), weights.KeyNorm, execution, HookKind.Key, HookKind.KeyNorm);
        Tensor v = run.Visit(scope, execution, HookKind.Value, Limited(scope, scope.Linear(normalized, weights.Value!)));

        if (model.Spec.Block(block).Rotary is RotarySpec rotary)
        {
            Tensor table = tables.Rotary(rotary);
            q = run.Visit(scope, execution, HookKind.RotaryQuery, scope.Rotary(q, run.GoingOn(scope, table), heads.HeadWidth, rotary.Interleaved));
            k = run.Visit(scope, execution, HookKind.RotaryKey, scope.Rotary(k, table, heads.HeadWidth, rotary.Interleaved));
        }

        if (cache is not null) (k, v) = cache.Append(execution, k, v, run.Batch);
        bool materialise = model.Spec.Disentangled is not null || (hooks is not null && (hooks.Touches(execution, HookKind.Scores) || hooks.Touches(execution, HookKind.Pattern)));
        Tensor? bias = tables.ScoreBias(heads.Scale);
        Tensor z = materialise ? Materialised(scope, q, k, v, heads, bias, block, execution) : scope.Attention(q, k, v, heads, run.LastOnly ? [.. segments.Select((all, s) => all with { QueryStart = s, QueryCount = 1 })] : segments, bias);
        Tensor output = scope.Linear(run.Visit(scope, execution, HookKind.Mixed, z), weights.Output!);
        return run.Visit(scope, execution, HookKind.AttentionOut, run.Added(scope, output, weights.AttentionOutputNorm, weights.AttentionScale));
    }

    /// <summary>Queries (or keys) up to their norm, where they have one; the last step is held within limits.</summary>
    private Tensor Queries(TensorScope scope, Tensor x, NormWeights? norm, int execution, HookKind plain, HookKind normalized)
    {
        if (norm is null) return run.Visit(scope, execution, plain, Limited(scope, x));
        int width = model.Spec.QueryKeyNorm == QueryKeyNorm.AllHeads ? 0 : model.Spec.HeadWidth;
        return run.Visit(scope, execution, normalized, Limited(scope, scope.Norm(run.Visit(scope, execution, plain, x), norm, model.Spec, width)));
    }

    /// <summary>Attention with the scores and patterns held, one sequence at a time: because somebody reads or changes them, or the scores have terms by distance.</summary>
    private Tensor Materialised(TensorScope scope, Tensor q, Tensor k, Tensor v, AttentionHeads heads, Tensor? bias, int block, int execution)
    {
        Tensor z = scope.Empty(q.Shape.ToArray());
        for (int s = 0; s < segments.Length; s++)
        {
            using TensorScope inner = scope.Engine.OpenScope();
            Tensor scores = inner.AttentionScores(q, k, heads, segments[s], bias);
            if (model.Spec.Disentangled is not null) AddDistanceTerms(inner, scores, q, k, heads, s, model.Weights.Blocks[block]);
            scores = run.Visit(inner, execution, HookKind.Scores, scores, s);
            Tensor pattern = run.Visit(inner, execution, HookKind.Pattern, inner.Softmax(scores), s);
            inner.AttentionMix(pattern, v, heads, segments[s], z);
        }

        return z;
    }

    /// <summary>Disentangled attention: the products of a sequence's queries and keys with the distances.</summary>
    private void AddDistanceTerms(TensorScope scope, Tensor scores, Tensor q, Tensor k, AttentionHeads heads, int sequence, BlockWeights weights)
    {
        AttentionSegment segment = segments[sequence] with { KeyStart = 0, KeyCount = 2 * model.Spec.Disentangled!.Span };
        Tensor? ofQueries = weights.DistanceKeys is Tensor keys ? scope.AttentionScores(q, keys, heads, segment) : null;
        Tensor? ofKeys = weights.DistanceQueries is Tensor queries ? scope.AttentionScores(k, queries, heads, segment) : null;
        scope.AddByDistance(scores, ofQueries, ofKeys, tables.DistanceRows(sequence));
    }

    private Tensor Limited(TensorScope scope, Tensor x) => model.Spec.QueryKeyValueLimit is float limit ? scope.Clamp(x, limit) : x;
}
