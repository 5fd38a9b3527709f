using FsCheck;
using FsCheck.Fluent;

namespace Strata.Tensors.Tests;

public class AttentionTests
{
    public static TheoryData<CpuEngine> AllEngines => Engines.Data;

    [Theory, MemberData(nameof(AllEngines))]
    public void Attention_agrees_with_double_for_ragged_sequences(CpuEngine engine)
    {
        // One token, one register tile and more, several query tiles, and (the last) several key blocks.
        int[] lengths = [1, 5, 13, 100, 450];
        foreach ((int heads, int keyHeads, int width) in new[] { (1, 1, 64), (2, 2, 17), (4, 2, 8), (6, 2, 33), (1, 1, 400) })
        {
            foreach (bool causal in new[] { true, false }) Check(engine, new AttentionHeads(heads, keyHeads, width, 1 / MathF.Sqrt(width), causal), lengths, lengths);
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Attention_agrees_with_double_when_keys_were_cached(CpuEngine engine)
    {
        foreach (bool causal in new[] { true, false })
            Check(engine, new AttentionHeads(4, 2, 16, 0.25f, causal), [1, 3, 40, 1], [9, 3, 500, 257]);
    }

    [Fact]
    public void Attention_agrees_with_double_for_any_shape()
    {
        Gen<int[]> numbers = Gen.Choose(0, 10_000).ArrayOf(6);
        CpuEngine[] engines = [.. Engines.All];
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(numbers.ToArbitrary(), n =>
        {
            int group = 1 + (n[0] % 4), keyHeads = 1 + (n[1] % 3), queries = 1 + (n[3] % 70);
            AttentionHeads heads = new(group * keyHeads, keyHeads, 1 + (n[2] % 70), 0.3f, n[4] % 2 == 0);
            Check(engines[n[5] % engines.Length], heads, [queries, 2], [queries + (n[4] % 40), 2]);
            return true;
        }));
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Windows_caps_and_biases_agree_with_double(CpuEngine engine)
    {
        int[] queries = [1, 5, 100, 450, 40, 1], keys = [1, 5, 100, 450, 700, 600];
        foreach ((int window, float cap, bool bias) in new[] { (1, 0f, false), (7, 0f, true), (64, 3f, false), (300, 0f, false), (10_000, 2f, true), (0, 2f, true), (0, 0f, true), (0, 1f, false) })
            Check(engine, new AttentionHeads(4, 2, 20, 0.3f, true) { Window = window, SoftCap = cap }, queries, keys, bias);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Windows_to_both_sides_and_biases_by_distance_agree_with_double(CpuEngine engine)
    {
        int[] queries = [1, 5, 100, 450, 40, 1], keys = [1, 5, 100, 450, 700, 600];
        foreach ((int window, bool causal, bool distance) in new[] { (1, false, false), (7, false, true), (64, false, false), (300, false, true), (10_000, false, false), (0, false, true), (0, true, true), (30, true, true) })
            Check(engine, new AttentionHeads(4, 2, 20, 0.3f, causal) { Window = window, BiasByDistance = distance }, queries, keys, biased: true);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void A_query_alone_with_a_window_gets_the_bits_that_it_gets_among_others(CpuEngine engine)
    {
        const int length = 700;
        foreach (int window in new[] { 3, 100, 290 })
        {
            AttentionHeads heads = new(2, 1, 24, 0.3f, true) { Window = window, SoftCap = 4 };
            float[] q = Numbers.Random(length * 48, 1, 3), k = Numbers.Random(length * 24, 2, 3), v = Numbers.Random(length * 24, 3), bias = Numbers.Random(2 * length, 4);
            float[] whole = Run(engine, q, k, v, heads, [new(0, length, 0, length)], bias);
            foreach (int at in new[] { 0, 2, 3, 99, 255, 256, 289, 300, 511, 512, 699 })
            {
                float[] alone = Run(engine, q[(at * 48)..((at + 1) * 48)], k[..((at + 1) * 24)], v[..((at + 1) * 24)], heads, [new(0, 1, 0, at + 1)], bias);
                Numbers.AssertSameBits(whole.AsSpan(at * 48, 48), alone, $"query {at}, window {window} on {engine.Name}");
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void A_query_alone_gets_the_bits_that_it_gets_among_others(CpuEngine engine)
    {
        const int length = 800;
        AttentionHeads heads = new(4, 2, 40, 0.2f, true);
        float[] q = Numbers.Random(length * 160, 1, 4), k = Numbers.Random(length * 80, 2, 4), v = Numbers.Random(length * 80, 3);
        float[] whole = Run(engine, q, k, v, heads, [new(0, length, 0, length)]);
        foreach (int at in new[] { 0, 1, 11, 12, 47, 48, 255, 256, 257, 500, 511, 512, 799 })
        {
            float[] alone = Run(engine, q[(at * 160)..((at + 1) * 160)], k[..((at + 1) * 80)], v[..((at + 1) * 80)], heads, [new(0, 1, 0, at + 1)]);
            Numbers.AssertSameBits(whole.AsSpan(at * 160, 160), alone, $"query {at} on {engine.Name}");
        }

        float[] half = Run(engine, q[(400 * 160)..], k, v, heads, [new(0, 400, 0, length)]);
        Numbers.AssertSameBits(whole.AsSpan(400 * 160), half, "second half");
        Numbers.AssertSameBits(whole, Run(Engines.All.First(e => e.VectorWidth == engine.VectorWidth && e.Threads != engine.Threads), q, k, v, heads, [new(0, length, 0, length)]), "threads");
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Nothing_leaks_from_later_tokens_or_other_sequences(CpuEngine engine)
    {
        const int length = 60;
        AttentionHeads heads = new(2, 1, 24, 0.2f, true);
        float[] q = Numbers.Random(length * 48, 1), k = Numbers.Random(length * 24, 2), v = Numbers.Random(length * 24, 3);
        AttentionSegment[] segments = [new(0, 40, 0, 40), new(40, 20, 40, 20)];
        float[] clean = Run(engine, q, k, v, heads, segments);

        // Token 30 of the first sequence turns into NaN and infinity: tokens before it and the second sequence must not notice.
        k.AsSpan(30 * 24, 24).Fill(float.NaN);
        v.AsSpan(30 * 24, 24).Fill(float.PositiveInfinity);
        float[] poisoned = Run(engine, q, k, v, heads, segments);
        Numbers.AssertSameBits(clean.AsSpan(0, 30 * 48), poisoned.AsSpan(0, 30 * 48), "before");
        Numbers.AssertSameBits(clean.AsSpan(40 * 48), poisoned.AsSpan(40 * 48), "other sequence");
        Assert.All(poisoned[(30 * 48)..(40 * 48)], value => Assert.True(float.IsNaN(value)));
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Huge_scores_do_not_overflow(CpuEngine engine)
    {
        AttentionHeads heads = new(1, 1, 1, 1f, false);
        float[] result = Run(engine, [1e19f, 0f, 0f], [1e19f, -1e19f, 0f], [3f, 5f, 7f], heads, [new(0, 3, 0, 3)]);
        Numbers.AssertClose([3, 5, 5], result, 1e-6);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Materialised_scores_and_mixture_are_the_same_attention(CpuEngine engine)
    {
        AttentionHeads heads = new(4, 2, 20, 0.3f, true);
        AttentionSegment segment = new(2, 100, 3, 420);
        Tensor q = engine.RandomTensor(1, 105, 80), k = engine.RandomTensor(2, 430, 40), v = engine.RandomTensor(3, 430, 40);
        using TensorScope scope = engine.OpenScope();
        Tensor scores = scope.AttentionScores(q, k, heads, segment);
        for (int head = 0; head < 4; head++)
        {
            for (int query = 0; query < 100; query += 33)
            {
                double[] expected = ReferenceMath.Scores(q.ToArray(), k.ToArray(), heads, segment, query, head);
                Numbers.AssertClose(expected, scores.Span.Slice(((head * 100) + query) * 420, 420), 1e-5, $"head {head} query {query}");
            }
        }

        Tensor mixed = scope.FromHost(new float[105 * 80], 105, 80);
        scope.AttentionMix(scope.Softmax(scores), v, heads, segment, mixed);
        float[] fused = scope.Attention(q, k, v, heads, [segment]).ToArray();
        Numbers.AssertClose([.. fused[160..(102 * 80)].Select(x => (double)x)], mixed.Span[160..(102 * 80)], 1e-5);
        Assert.All(mixed.ToArray()[..160], x => Assert.Equal(0f, x));
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Materialised_scores_have_window_cap_and_bias(CpuEngine engine)
    {
        AttentionSegment segment = new(0, 100, 0, 330);
        Tensor q = engine.RandomTensor(1, 100, 40), k = engine.RandomTensor(2, 330, 20), bias = engine.RandomTensor(3, 2, 661);
        foreach (bool causal in new[] { true, false })
        {
            AttentionHeads heads = new(2, 1, 20, 0.4f, causal) { Window = 30, SoftCap = 2, BiasByDistance = !causal };
            using TensorScope scope = engine.OpenScope();
            Tensor scores = scope.AttentionScores(q, k, heads, segment, bias);
            for (int row = 0; row < 200; row += 7)
            {
                double[] expected = ReferenceMath.Scores(q.ToArray(), k.ToArray(), heads, segment, row % 100, row / 100, bias.ToArray());
                Numbers.AssertClose(expected, scores.Span.Slice(row * 330, 330), 1e-5, $"row {row}");
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Terms_by_distance_are_added_where_query_and_key_say(CpuEngine engine)
    {
        const int heads = 3, length = 21, rows = 9;
        Tensor ofQueries = engine.RandomTensor(1, heads, length, rows), ofKeys = engine.RandomTensor(2, heads, length, rows), plain = engine.RandomTensor(3, heads, length, length);
        int[] row = [.. Enumerable.Range(1 - length, (2 * length) - 1).Select(distance => Math.Clamp(distance + 4, 0, rows - 1))];
        foreach ((bool queries, bool keys) in new[] { (true, true), (true, false), (false, true) })
        {
            using TensorScope scope = engine.OpenScope();
            Tensor scores = scope.FromHost(plain.ToArray(), heads, length, length);
            scope.AddByDistance(scores, queries ? ofQueries : null, keys ? ofKeys : null, row);
            for (int i = 0; i < scores.Shape.Count; i++)
            {
                int head = i / (length * length), query = i / length % length, key = i % length, at = Math.Clamp(query - key + 4, 0, rows - 1);
                float expected = plain.Span[i] + (queries ? ofQueries.Span[(((head * length) + query) * rows) + at] : 0) + (keys ? ofKeys.Span[(((head * length) + key) * rows) + at] : 0);
                Assert.Equal(expected, scores.Span[i], 1e-6f);
            }

            Assert.Throws<ArgumentException>(() => scope.AddByDistance(scores, ofQueries, null, row[1..]));
            Assert.Throws<ArgumentException>(() => scope.AddByDistance(scores, null, ofKeys, [.. row.Select(r => r + 1)]));
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void A_changed_pattern_may_look_anywhere(CpuEngine engine)
    {
        AttentionHeads heads = new(2, 1, 5, 1f, true);
        AttentionSegment segment = new(0, 30, 0, 30);
        Tensor pattern = engine.RandomTensor(1, 2, 30, 30), v = engine.RandomTensor(2, 30, 5);
        using TensorScope scope = engine.OpenScope();
        Tensor mixed = scope.Empty(30, 10);
        scope.AttentionMix(pattern, v, heads, segment, mixed);
        for (int head = 0; head < 2; head++)
        {
            for (int query = 0; query < 30; query++)
            {
                double[] weights = [.. pattern.Span.Slice(((head * 30) + query) * 30, 30).ToArray().Select(x => (double)x)];
                Numbers.AssertClose(ReferenceMath.Mix(weights, v.ToArray(), heads, segment, head), mixed.Span.Slice((query * 10) + (head * 5), 5), 1e-5);
            }
        }
    }

    [Fact]
    public void Heads_and_segments_that_do_not_fit_are_refused()
    {
        CpuEngine engine = CpuEngine.Default;
        Tensor q = engine.RandomTensor(1, 4, 8), k = engine.RandomTensor(2, 4, 4);
        using TensorScope scope = engine.OpenScope();
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(3, 2, 4, 1, true), [new(0, 4, 0, 4)]));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 2, 4, 1, true), [new(0, 4, 0, 4)]));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 1, 4, 1, true), [new(0, 4, 0, 3)]));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 1, 4, 1, true), [new(1, 4, 0, 4)]));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 1, 4, 1, false) { Window = -2 }, [new(0, 4, 0, 4)]));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 1, 4, 1, false) { BiasByDistance = true }, [new(0, 4, 0, 4)], scope.Empty(2, 6)));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 1, 4, 1, false) { BiasByDistance = true }, [new(0, 4, 0, 4)], scope.Empty(2, 8)));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 1, 4, 1, true), [new(0, 4, 0, 4)], scope.Empty(2, 3)));
        Assert.Throws<ArgumentException>(() => scope.Attention(q, k, k, new AttentionHeads(2, 1, 4, 1, true), [new(0, 4, 0, 4)], scope.Empty(1, 4)));
    }

    private static float[] Run(CpuEngine engine, float[] q, float[] k, float[] v, AttentionHeads heads, AttentionSegment[] segments, float[]? bias = null)
    {
        using TensorScope scope = engine.OpenScope();
        int queryWidth = heads.Heads * heads.HeadWidth, keyWidth = heads.KeyValueHeads * heads.HeadWidth;
        return scope.Attention(scope.FromHost(q, q.Length / queryWidth, queryWidth), scope.FromHost(k, k.Length / keyWidth, keyWidth),
            scope.FromHost(v, v.Length / keyWidth, keyWidth), heads, segments, bias is null ? null : scope.FromHost(bias, heads.Heads, bias.Length / heads.Heads)).ToArray();
    }

    private static void Check(CpuEngine engine, AttentionHeads heads, int[] queries, int[] keys, bool biased = false)
    {
        AttentionSegment[] segments = new AttentionSegment[queries.Length];
        int queryStart = 0, keyStart = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new AttentionSegment(queryStart, queries[i], keyStart, keys[i]);
            queryStart += queries[i];
            keyStart += keys[i];
        }

        float[] q = Numbers.Random(queryStart * heads.Heads * heads.HeadWidth, 1, 2), k = Numbers.Random(keyStart * heads.KeyValueHeads * heads.HeadWidth, 2, 2);
        float[] v = Numbers.Random(k.Length, 3);
        float[]? bias = biased ? Numbers.Random(heads.Heads * (heads.BiasByDistance ? (2 * keys.Max()) - 1 : keys.Max()), 4, 2) : null;
        Numbers.AssertClose(ReferenceMath.Attention(q, k, v, heads, segments, bias), Run(engine, q, k, v, heads, segments, bias), 2e-5, $"{heads} on {engine.Name}");
    }
}
