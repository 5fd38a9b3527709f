using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

public class LensTests
{
    private const int Vocabulary = 29;

    private static readonly Model Llama = Model.Random(LlamaFamily.Spec(blocks: 4, width: 16, heads: 2, keyValueHeads: 2, mlpWidth: 24, vocabulary: Vocabulary, positions: 48) with { InitializerRange = 0.3f }, 1);
    private static readonly Model Gpt = Model.Random(Gpt2Family.Spec(blocks: 4, width: 20, heads: 4, vocabulary: Vocabulary, positions: 48) with { InitializerRange = 0.3f }, 2);

    public static TheoryData<string> Families => ["gpt2", "llama"];

    private static Model Get(string family) => family == "gpt2" ? Gpt : Llama;

    [Theory]
    [MemberData(nameof(Families))]
    public void AtTheLastLayerEveryLensIsTheNetwork(string family)
    {
        Model model = Get(family);
        TokenRows rows = Rows(1, 30), test = Rows(2, 5);
        double loss = Evaluation.Run(model, test).Loss;
        AffineLens affine = AffineLens.Fit(model, rows, lambda: 1e-9);
        foreach (LogitLens lens in new[] { LogitLens.Read(model, test), affine.Read(test) })
        {
            Assert.Equal(5, lens.Points.Count);
            Assert.All(lens.Cells.SelectMany(row => row[^1]), cell => Assert.InRange(cell.Divergence, 0, 1e-5));
            Assert.All(lens.Cells.SelectMany(row => row[^1]), cell => Assert.True(cell.Agrees));
            Assert.Equal(loss, lens.ToTable()["loss"].Numbers[^1], 4);
            Assert.Equal(1, lens.ToTable()["agreement"].Numbers[^1]);
            Assert.True(lens.Cells[0][0][3].Divergence > 0.01);
        }

        Table judged = affine.Judge(test);
        Assert.Equal(1, judged["R2"].Numbers[^1], 5);
        Assert.Equal(1, judged["precision@1"].Numbers[^1]);
        Assert.Equal(1, judged["identity@1"].Numbers[^1]);
        Assert.Equal(judged["identity surprisal"].Numbers[^1], judged["surprisal"].Numbers[^1], 4);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AFittedLensReadsEarlyLayersNearerThanTheUnmappedStream(string family)
    {
        AffineLens lens = AffineLens.Fit(Get(family), Rows(1, 60));
        Table judged = lens.Judge(Rows(2, 10));
        for (int p = 1; p < 4; p++)
        {
            Assert.True(judged["surprisal"].Numbers[p] < judged["identity surprisal"].Numbers[p], $"{p}: {judged["surprisal"].Numbers[p]} {judged["identity surprisal"].Numbers[p]}");
            Assert.InRange(judged["precision@1"].Numbers[p], 0, judged["precision@5"].Numbers[p]);
            Assert.InRange(judged["precision@5"].Numbers[p], 0, judged["precision@10"].Numbers[p]);
        }

        // What stands in the table is what is counted by hand.
        TokenRows one = Rows(3, 1);
        Activations streams = Get(family).Capture(one, "blocks.1.resid_post", "blocks.3.resid_post");
        FloatMatrix said = Get(family).Unembed(lens.Map(2).Apply(streams.Rows("blocks.1.resid_post"))), truth = Get(family).Unembed(streams.Rows("blocks.3.resid_post"));
        double hits = Enumerable.Range(0, said.Rows).Average(i => Top(said.Row(i)) == Top(truth.Row(i)) ? 1.0 : 0.0);
        Assert.Equal(hits, lens.Judge(one)["precision@1"].Numbers[2], 9);
    }

    [Fact]
    public void AFutureLensForetellsWhatTheStreamHolds()
    {
        // One token over and over: attention finds equal values everywhere, so the last stream three positions on is the last stream here. In random sequences it is not.
        TokenRows rows = new("constant", Enumerable.Range(0, Vocabulary).Select(id => Enumerable.Repeat(id, 12).ToArray()).ToArray());
        AffineLens three = AffineLens.Fit(Llama, rows, ahead: 3, lambda: 1e-9), none = AffineLens.Fit(Llama, Rows(1, 60), ahead: 3);
        Table judged = three.Judge(rows), unread = none.Judge(Rows(2, 20));
        Assert.Equal(1, judged["R2"].Numbers[^1], 4);
        Assert.Equal(1, judged["precision@1"].Numbers[^1]);
        Assert.True(judged["R2"].Numbers[0] < 0.99);
        Assert.True(unread["R2"].Numbers[^1] < 0.3, $"{unread["R2"].Numbers[^1]}");
        Assert.True(unread["precision@1"].Numbers[^1] < 0.5, $"{unread["precision@1"].Numbers[^1]}");
        LogitLens grid = three.Read(rows);
        Assert.Equal(3, grid.Ahead);
        Assert.True(double.IsNaN(grid.Cells[0][0][9].Divergence));
        Assert.False(double.IsNaN(grid.Cells[0][0][8].Divergence));
        Assert.True(double.IsNaN(grid.Cells[0][0][8].Loss));
        Assert.Throws<StrataException>(() => AffineLens.Fit(Llama, rows, ahead: 12));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AttributionsAddUp(string family)
    {
        Model model = Get(family);
        int[] ids = Rows(4, 1).Sequences[0];
        DirectLogitAttribution all = DirectLogitAttribution.Of(model, ids);
        Assert.Equal(all.Logit, all.Total, 1e-4);
        Assert.Equal(family == "gpt2" ? 2 + 8 + 1 : 1 + 8 + 1, all.Parts.Count);
        DirectLogitAttribution difference = DirectLogitAttribution.Of(model, ids, 3, 7, 2);
        FloatMatrix logits = model.Capture(new TokenRows("ids", [ids]), "logits").Rows("logits");
        Assert.Equal(logits[2, 3] - logits[2, 7], difference.Total, 1e-4);
        Assert.Equal(difference.Values, difference.ToTable()["adds"].Numbers);

        // Heads and neurons are finer parts of the same sum.
        DirectLogitAttribution fine = DirectLogitAttribution.Of(model, ids, detail: new ResidualDetail { Heads = true, NeuronsPerPart = 10 });
        Assert.Equal(all.Logit, fine.Total, 1e-4);
        Assert.Equal(all.Values[all.Parts.ToList().IndexOf("blocks.1.attn_out")], fine.Parts.Zip(fine.Values).Where(p => p.First.StartsWith("blocks.1.attn.", StringComparison.Ordinal)).Sum(p => p.Second), 1e-4);
        Table few = fine.ToTable(5);
        Assert.Equal(6, few.Rows);
        Assert.Equal(fine.Total, few["adds"].Numbers.Sum(), 1e-9);
        Assert.Equal(fine.Values.Max(Math.Abs), Math.Abs(few["adds"].Numbers[0]));
        Assert.Equal(4 * model.Spec.Heads, fine.Parts.Count(p => p.Contains(".head.", StringComparison.Ordinal)));

        // A part is what is lost when only it is taken away under the same scale: exactly linear.
        DirectLogitAttribution reverse = DirectLogitAttribution.Of(model, ids, 7, 3, 2);
        for (int i = 0; i < reverse.Values.Count; i++) Assert.Equal(-difference.Values[i], reverse.Values[i], 9);
        Assert.Throws<StrataException>(() => DirectLogitAttribution.Of(model, ids, Vocabulary));
    }

    [Fact]
    public void APatchOfTheTargetItselfChangesNothing()
    {
        int[] ids = Rows(6, 1).Sequences[0];
        PatchLens same = PatchLens.Read(Gpt, ids, ids, new PatchLensOptions { SourcePosition = 5, TargetPosition = 5, MaxNew = 4 });
        Assert.All(same.Generations, g => Assert.Equal(same.Unpatched.NewTokens[0], g.NewTokens[0]));
        int[] other = Rows(7, 1).Sequences[0];
        PatchLens lens = PatchLens.Read(Gpt, other, ids, new PatchLensOptions { SourcePosition = other.Length - 1, MaxNew = 4 });

        // The last block's input alone decides what comes next at the last position, but for attention: there the source's own token is foretold.
        Assert.Equal(4, lens.Points.Count);
        Assert.Equal(5, lens.ToTable().Rows);
        Assert.Contains(lens.Generations, g => !g.NewTokens[0].SequenceEqual(lens.Unpatched.NewTokens[0]));
        Assert.Throws<StrataException>(() => PatchLens.Read(Gpt, other, ids, new PatchLensOptions { TargetBlock = 4 }));
    }

    [Fact]
    public void MixedDecodingIsItsFormula()
    {
        int[] ids = Rows(8, 1).Sequences[0];
        Activations streams = Llama.Capture(new TokenRows("ids", [ids]), "blocks.*.resid_post");
        double[][] logits = streams.Points.Select(p => Llama.Unembed(streams.Rows(p).Slice(ids.Length - 1, 1)).Values.Select(v => (double)v).ToArray()).ToArray();
        double[][] p = logits.Select(l => l.Select(v => Math.Exp(v - l.Max()) / l.Sum(w => Math.Exp(w - l.Max()))).ToArray()).ToArray();

        double[] dola = Scores(new MixedDecodingOptions { Mix = LayerMix.Dola, Layers = [0, 1, 2], Plausible = 0.05 });
        double Js(double[] a, double[] b) => a.Select((v, i) => 0.5 * v * Math.Log(2 * v / (v + b[i])) + 0.5 * b[i] * Math.Log(2 * b[i] / (v + b[i]))).Sum();
        int farthest = new[] { 0, 1, 2 }.MaxBy(l => Js(p[3], p[l]));
        for (int v = 0; v < Vocabulary; v++)
        {
            if (p[3][v] < 0.05 * p[3].Max()) Assert.Equal(double.NegativeInfinity, dola[v]);
            else Assert.Equal(Math.Log(p[3][v] / p[farthest][v]), dola[v], 6);
        }

        double[] deco = Scores(new MixedDecodingOptions { Mix = LayerMix.Deco, Layers = [1, 2], TopP = 0.6, Alpha = 0.7 });
        List<int> nucleus = [];
        foreach (int v in Enumerable.Range(0, Vocabulary).OrderByDescending(v => p[3][v]))
        {
            if (nucleus.Sum(t => p[3][t]) >= 0.6) break;
            nucleus.Add(v);
        }

        int layer = new[] { 1, 2 }.MaxBy(l => nucleus.Max(t => p[l][t]));
        for (int v = 0; v < Vocabulary; v++) Assert.Equal(logits[3][v] + 0.7 * nucleus.Max(t => p[layer][t]) * logits[layer][v], deco[v], 6);

        double[] lol = Scores(new MixedDecodingOptions { Mix = LayerMix.Lol, Amateur = Gpt, Beta = 0.3, Omega = 0.6, LowerLayer = 1, Plausible = 0 });
        Activations others = Gpt.Capture(new TokenRows("ids", [ids]), "blocks.1.resid_post", "blocks.3.resid_post");
        float[][] amateur = [.. others.Points.Select(point => Gpt.Unembed(others.Rows(point)).Row(ids.Length - 1).ToArray())];
        for (int v = 0; v < Vocabulary; v++) Assert.Equal(logits[3][v] - 0.3 * amateur[1][v] + 0.6 * (logits[1][v] - 0.3 * amateur[0][v]), lol[v], 4);

        double[] Scores(MixedDecodingOptions options)
        {
            MixedDecoding mix = new(options);
            FloatMatrix Read(Model model) => Stack(model, ids, [.. mix.Layers(model, 4), 3]);
            return mix.Mix(Read(Llama), mix.Amateur is null ? null : Read(mix.Amateur));
        }
    }

    [Fact]
    public void MixedDecodingWithACacheIsWithoutOneAndTakesTheLargestMixedScore()
    {
        TokenRows prompts = Rows(9, 3);
        MixedDecodingOptions[] mixes =
        [
            new() { Mix = LayerMix.Dola }, new() { Mix = LayerMix.Deco, Alpha = 3 }, new() { Mix = LayerMix.Lol, Amateur = Gpt, Plausible = 0 }, new() { Mix = LayerMix.Dola, Layers = [0, 2], Plausible = 0 },
        ];
        Generation plain = Llama.Generate(prompts, new GenerationRequest { MaxNew = 12, StopIds = [] });
        HashSet<string> different = [];
        foreach (MixedDecodingOptions options in mixes)
        {
            MixedDecoding mix = new(options);
            GenerationRequest request = new() { MaxNew = 12, StopIds = [], Mixer = mix };
            Generation cached = Llama.Generate(prompts, request), again = Llama.Generate(prompts, request with { UseCache = false });
            Assert.Equal(again.NewTokens, cached.NewTokens);
            Generation sampled = Llama.Generate(prompts, request with { Temperature = 0.8f, Seed = 3 });
            Assert.Equal(sampled.NewTokens, Llama.Generate(prompts, request with { Temperature = 0.8f, Seed = 3, UseCache = false }).NewTokens);
            Assert.Equal(options.Mix.ToString().ToLowerInvariant(), cached.Provenance.Settings["decoding"]);
            int[] first = prompts.Sequences[0];
            double[] scores = mix.Mix(Stack(Llama, first, [.. mix.Layers(Llama, 4), 3]), mix.Amateur is null ? null : Stack(Gpt, first, [.. mix.Layers(Gpt, 4), 3]));
            Assert.Equal(System.Numerics.Tensors.TensorPrimitives.IndexOfMax<double>(scores), cached.NewTokens[0][0]);
            different.Add(string.Join(' ', cached.NewTokens.SelectMany(t => t)));
        }

        Assert.Equal(mixes.Length, different.Count);
        Assert.DoesNotContain(string.Join(' ', plain.NewTokens.SelectMany(t => t)), different);

        // Along a plan layers are its steps; with β = 0 and ω = 0, Lol is the network.
        MixedDecodingOptions nothing = new() { Mix = LayerMix.Lol, Amateur = Gpt, Beta = 0, Omega = 0 };
        LayerPlan plan = Llama.Plans.Parse("0, 2, parallel(1..3), 3");
        Generation along = Llama.Generate(prompts, new GenerationRequest { MaxNew = 5, StopIds = [], Plan = plan });
        Assert.Equal(along.NewTokens, Llama.Generate(prompts, new GenerationRequest { MaxNew = 5, StopIds = [], Plan = plan, Mixer = new MixedDecoding(nothing) }).NewTokens);
        Assert.Equal("1,2", MixedDecoding.Of(LayerMix.Deco, "1, 2", null, 0.5, null, null).Settings["decoding.layers"]);
        Assert.Equal([1], MixedDecoding.Of(LayerMix.Lol, "1", Gpt, null, 0.1, null).Layers(Llama, 4));
        Assert.Contains("belong to lol", Assert.Throws<StrataException>(() => MixedDecoding.Of(LayerMix.Dola, null, Gpt, null, null, null)).Message);
        Assert.Contains("no list of layers", Assert.Throws<StrataException>(() => MixedDecoding.Of(LayerMix.Dola, "a", null, null, null, null)).Message);
        Assert.Throws<StrataException>(() => new MixedDecoding(nothing with { Amateur = null }));
        Assert.Throws<StrataException>(() => Llama.Generate(prompts, new GenerationRequest { MaxNew = 1, Mixer = new MixedDecoding(new MixedDecodingOptions { Layers = [3] }) }));
        Assert.Throws<StrataException>(() => Llama.Generate(prompts, new GenerationRequest { MaxNew = 60, Mixer = new MixedDecoding(nothing) }));
    }

    /// <summary>Logits after the last token from the streams after some blocks.</summary>
    private static FloatMatrix Stack(Model model, int[] ids, int[] blocks)
    {
        Activations streams = model.Capture(new TokenRows("ids", [ids]), [.. blocks.Select(b => $"blocks.{b}.resid_post")]);
        return new FloatMatrix([.. blocks.SelectMany(b => model.Unembed(streams.Rows($"blocks.{b}.resid_post")).Row(ids.Length - 1).ToArray())], blocks.Length, Vocabulary);
    }

    private static int Top(ReadOnlySpan<float> row) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);

    private static TokenRows Rows(int seed, int count)
    {
        Random random = new(seed);
        return new TokenRows("random", Enumerable.Range(0, count).Select(i => Enumerable.Range(0, 11 + i % 4).Select(_ => random.Next(Vocabulary)).ToArray()).ToArray());
    }
}
