using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>What must hold for every family and every switch of it, on the checkpoints that the reference makes.</summary>
[Collection(PytorchCollection.Name)]
public class FamilyBatteryTests(PytorchSuite suite)
{
    private const int Vocabulary = 97;

    /// <summary>The bfloat16 variants compute as the others do; those of GPT-2 and Llama that differ in their files only are left out as well.</summary>
    public static TheoryData<string> Variants
    {
        get
        {
            string[] files = ["gpt2-sharded", "gpt2-mask-buffers", "gpt2-bare-names", "llama-sharded", "llama-rope-linear-old-key", "llama-rope-parameters-llama3", "gpt_neox-buffers"];
            return new TheoryData<string>(PytorchSuite.VariantNames.Where(variant => !variant.EndsWith("bf16", StringComparison.Ordinal) && !files.Contains(variant)));
        }
    }

    /// <summary>One variant of each family, and those whose blocks are built otherwise.</summary>
    public static TheoryData<string> Structures => new(PytorchSuite.VariantNames.Where(variant => variant.EndsWith("-base", StringComparison.Ordinal)).Concat(
    [
        "gpt_neox-sequential", "opt-norms-behind", "opt-projected", "falcon-grouped", "falcon-alibi", "phi-normalised-heads", "stablelm-normalised-heads", "smollm3-windows", "qwen2_moe-sparse-step",
        "bert-no-head", "bert-classifier", "roberta-classifier", "distilbert-classifier", "albert-groups", "electra-no-head", "deberta_v2-every-distance", "deberta_v2-own-maps", "modernbert-no-head",
    ]));

    public static TheoryData<string> Decoders => Only(Variants, variant => !PytorchSuite.IsEncoder(variant));

    public static TheoryData<string> DecoderStructures => Only(Structures, variant => !PytorchSuite.IsEncoder(variant));

    public static TheoryData<string> EncoderStructures => Only(Structures, PytorchSuite.IsEncoder);

    [Fact]
    public void EveryFamilyHasAVariant() =>
        Assert.Equal(ModelFamily.All.Select(family => family.Name).Order(), PytorchSuite.VariantNames.Concat(Vision.VisionSuite.VariantNames).Select(PytorchSuite.FamilyOf).Distinct().Order());

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void ABatchEqualsItsSingleRunsAndTheIdentityPlanNone(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = RowsOf(7, 1, 40, 12, 2);
        CaptureRequest all = TestModels.Quiet("*");
        Activations together = model.Capture(rows, all with { Plan = model.Plans.Parse("..") });
        for (int row = 0; row < rows.Count; row++)
        {
            Activations alone = model.Capture(new TokenRows("one", [rows.Sequences[row]]), all);
            Assert.Equal(together.Points, alone.Points);
            foreach (string point in together.Points) Assert.Equal(alone.Samples(point)[0].Values, together.Samples(point)[row].Values);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void PaddingChangesNothing(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = RowsOf(9, 1, 37, 14);
        float[] plain = Outputs(model, new TokenBatch(rows.Sequences));
        foreach (double side in new[] { 0, 0.5, 1 })
        {
            int[,] ids = new int[rows.Count, 40];
            bool[,] mask = new bool[rows.Count, 40];
            for (int row = 0; row < rows.Count; row++)
            {
                int[] sequence = rows.Sequences[row];
                int offset = (int)(side * (40 - sequence.Length));
                for (int i = 0; i < sequence.Length; i++) (ids[row, offset + i], mask[row, offset + i]) = (sequence[i], true);
            }

            Assert.Equal(plain, Outputs(model, TokenBatch.FromPadded(ids, mask)));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Decoders))]
    public void CachedGenerationEqualsRecomputation(string variant)
    {
        // The second prompt begins within a window and an original context of 32 and grows beyond both.
        Model model = suite.Load(variant);
        TokenRows prompts = RowsOf(3, 28, 1);
        foreach (string plan in new[] { "..", "0, 2*2, 1, parallel(2, 3), attn(3)" })
        {
            GenerationRequest request = new() { MaxNew = 10, Plan = model.Plans.Parse(plan), StopIds = [], Temperature = 4, Seed = 7 };
            int[][] recomputed = [.. model.Generate(prompts, request with { UseCache = false }).NewTokens];
            Assert.Equal(recomputed, model.Generate(prompts, request).NewTokens);
            Assert.True(recomputed[1].Distinct().Count() > 3, "sampling should not repeat one token");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(DecoderStructures))]
    public void CachedGenerationEqualsRecomputationUnderInterventions(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows prompts = RowsOf(2, 19);
        float[] vector = [.. Enumerable.Range(0, model.Spec.Width).Select(i => MathF.Sin(i))];
        ILookup<bool, int> attending = Enumerable.Range(0, model.Spec.Blocks).ToLookup(i => model.Spec.Block(i).HasAttention);
        Intervention[] attention = !attending[true].Any() ? []
            : [Intervention.Scale($"blocks.{attending[true].First()}.attn.scores", 0.5f), Intervention.Zero($"blocks.{attending[true].Last()}.attn.z").OnHead(1), Intervention.Scale("blocks.*.attn.v", 1.5f)];
        Intervention[] stateSpaces = !attending[false].Any() ? []
            : [Intervention.Scale("blocks.*.ssm.state", 0.7f).At(PositionSelection.Parse("2..6, 19")), Intervention.Scale("blocks.*.ssm.delta", 1.4f), Intervention.Scale("blocks.*.ssm.B", 0.8f)];
        Intervention[] interventions =
        [
            .. attention, .. stateSpaces,
            Intervention.Add("blocks.0.resid_post", vector, 2).At(PositionSelection.Parse("1..4, 20..22")), Intervention.Scale("logits", 1.2f),
        ];
        GenerationRequest request = new() { MaxNew = 8, StopIds = [], Temperature = 4, Seed = 3, Interventions = interventions };
        IReadOnlyList<int[]> cached = model.Generate(prompts, request).NewTokens;
        Assert.Equal(model.Generate(prompts, request with { UseCache = false }).NewTokens, cached);
        Assert.NotEqual(model.Generate(prompts, request with { Interventions = [] }).NewTokens, cached);
    }

    [SkippableTheory]
    [MemberData(nameof(EncoderStructures))]
    public void WhatNeedsTheNextTokenIsRefusedWithTheReason(string variant)
    {
        Model model = suite.Load(variant);
        StrataException generation = Assert.Throws<StrataException>(() => model.Generate(RowsOf(3), new GenerationRequest { MaxNew = 2 }));
        Assert.Contains("is an encoder, whose tokens see those behind them. Use a decoder", generation.Message);
        using TensorScope scope = model.Engine.OpenScope();
        BatchRun run = new(model, new TokenBatch(RowsOf(3).Sequences));
        Tensor stream = run.Run(scope, model.Plans.Identity());
        Assert.Throws<StrataException>(() => run.Losses(scope, stream, new float[3], new int[3]));
        if (!model.Spec.HasUnembedding) Assert.Contains("no head of a language model", Assert.Throws<StrataException>(() => run.Logits(scope, stream)).Message);
    }

    [SkippableTheory]
    [MemberData(nameof(EncoderStructures))]
    public void EveryTokenOfAnEncoderSeesTheLast(string variant)
    {
        Model model = suite.Load(variant);
        int[] ids = RowsOf(30).Sequences[0], other = [.. ids[..29], (ids[29] + 1) % Vocabulary];
        string output = OutputsOf(model)[0];
        FloatMatrix one = model.Capture(new TokenRows("one", [ids]), TestModels.Quiet(output)).Rows(output), two = model.Capture(new TokenRows("other", [other]), TestModels.Quiet(output)).Rows(output);
        for (int token = 0; token < 30; token++) Assert.False(one.Row(token).SequenceEqual(two.Row(token)), $"token {token}");
    }

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void HookPointsFireOnceInTheListedOrder(string variant)
    {
        Model model = suite.Load(variant);
        string halves = string.Concat(new[] { (0, "attn"), (2, "mlp") }.Where(half => half.Item2 == "attn" ? model.Spec.Block(half.Item1).MixesTokens : model.Spec.Block(half.Item1).HasMlp).Select(half => $"{half.Item2}({half.Item1}), "));
        foreach (string text in new[] { "..", $"1, {halves}parallel(1, 3), 1" })
        {
            LayerPlan plan = model.Plans.Parse(text);
            HookCatalog catalog = new(model.Spec, plan);
            Recorder recorder = new();
            BatchRun run = new(model, new TokenBatch([RowsOf(6).Sequences[0]]), new HookSession(catalog, model.Spec, [], catalog.Points, recorder), null);
            using TensorScope scope = model.Engine.OpenScope();
            Tensor normalized = run.FinalNorm(scope, run.Run(scope, plan));
            if (model.Spec.HasUnembedding) run.Logits(scope, normalized);
            if (model.Spec.SequenceHead is not null) run.SequenceHead(scope, normalized);
            Assert.Equal(catalog.Points.Select(point => (point.Name, ColumnsOf(point, 6))), recorder.Fired);
            Assert.Equal(catalog.Points.Count, catalog.Points.Select(point => point.Name).Distinct().Count());
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void AnInterventionThatChangesNothingChangesNothing(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = RowsOf(11, 24);
        Activations plain = model.Capture(rows, TestModels.Quiet(OutputsOf(model)));
        Activations touched = model.Capture(rows, TestModels.Quiet(OutputsOf(model)) with { Interventions = [.. Changeable(model).Select(point => Intervention.Scale(point.Name, 1))] });
        foreach (string output in plain.Points)
            for (int row = 0; row < rows.Count; row++) AssertNear(plain.Samples(output)[row].Values, touched.Samples(output)[row].Values, 1e-4f);
    }

    [SkippableTheory]
    [MemberData(nameof(Structures))]
    public void EveryPointCanBeChanged(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = RowsOf(12);
        float[] plain = Captured([]);
        foreach (HookPoint point in Changeable(model).Where(p => p.Block is -1 or 1))
        {
            float[] changed = Captured([Intervention.Scale(point.Name, 0.4f)]);
            Assert.True(plain.Zip(changed, (a, b) => Math.Abs(a - b)).Max() > 1e-4f || Scaleless(model.Spec, point), $"scaling {point.Name} changes no output");
        }

        float[] Captured(Intervention[] interventions)
        {
            Activations acts = model.Capture(rows, TestModels.Quiet(OutputsOf(model)) with { Interventions = interventions });
            return [.. acts.Points.SelectMany(output => acts.Rows(output).Values)];
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Structures))]
    public void UnembeddingTheLastStreamGivesTheLogits(string variant)
    {
        Model model = suite.Load(variant);
        if (!model.Spec.HasUnembedding)
        {
            Assert.Contains("no head of a language model", Assert.Throws<StrataException>(() => model.Unembed(new FloatMatrix(new float[model.Spec.Width], 1, model.Spec.Width))).Message);
            return;
        }

        string last = $"blocks.{model.Spec.Blocks - 1}.resid_post";
        Activations acts = model.Capture(RowsOf(9), TestModels.Quiet(last, "logits"));
        Assert.Equal(acts.Rows("logits").Values, model.Unembed(acts.Rows(last)).Values);
    }

    [SkippableTheory]
    [MemberData(nameof(Structures))]
    public void TheRandomTwinHasTheSameShapesAndTheFamilysInitialisation(string variant)
    {
        Model model = suite.Load(variant), twin = model.RandomTwin(5);
        Assert.Equal(model.Spec, twin.Spec);
        Assert.Equal(model.WeightBytes, twin.WeightBytes);
        Assert.Equal(twin.Hash, model.RandomTwin(5).Hash);
        Assert.NotEqual(twin.Hash, model.RandomTwin(6).Hash);
        Activations first = twin.Capture(RowsOf(5), TestModels.Quiet("*")), second = model.Capture(RowsOf(5), TestModels.Quiet("*"));
        Assert.Equal(second.Points, first.Points);
        foreach (string point in first.Points) Assert.Equal(second.Rows(point).ToString(), first.Rows(point).ToString());
        foreach (string output in OutputsOf(model)) Assert.All(first.Rows(output).Values, value => Assert.True(float.IsFinite(value)));

        ModelFamily family = ModelFamily.Of(model.Spec);
        RandomWeights weights = new(family, model.Spec, 5, CpuEngine.Default);
        foreach (WeightEntry entry in family.Map(model.Spec, _ => false).Entries) CheckInitialisation(entry, weights.Read(entry).ToArray(), family, model.Spec);
    }

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void EveryTensorOfTheCheckpointIsRead(string variant)
    {
        using Checkpoint checkpoint = Checkpoint.Open(suite.Folder(variant));
        ModelFamily family = ModelFamily.Of(checkpoint.Config);
        HashSet<string> read = [.. family.Map(suite.Load(variant).Spec, checkpoint.Has).Entries.Select(entry => entry.Name)];
        string[] unread = variant switch
        {
            "gemma3-base" => ["vision_tower.patch.weight"],
            "bert-oldest-names" => ["bert.embeddings.position_ids", "cls.predictions.decoder.weight", "cls.seq_relationship.weight", "cls.seq_relationship.bias"],
            _ => [],
        };
        Assert.Equal(unread, checkpoint.Names.Where(name => !read.Contains(name)));
    }

    [SkippableFact]
    public void NoScopeIsLeftOpen()
    {
        foreach (string variant in new[] { "gpt_neox-base", "falcon-alibi", "gemma2-base", "qwen2_moe-base", "opt-norms-behind", "bloom-base", "bert-base", "deberta_v2-own-maps" })
        {
            CpuEngine engine = new();
            Model model = Model.Load(suite.Folder(variant), new ModelOptions { Engine = engine });
            model.Capture(RowsOf(5, 9), TestModels.Quiet("*"));
            model.Capture(RowsOf(5, 9), TestModels.Quiet("blocks.1.attn_out"));
            if (model.Spec.Causal) model.Generate(RowsOf(3), new GenerationRequest { MaxNew = 3, StopIds = [] });
            Outputs(model, new TokenBatch(RowsOf(5, 9).Sequences));
            Assert.Equal(0, engine.OpenScopes);
            Assert.Equal(0, engine.PooledBytesInUse);
        }
    }

    /// <summary>All points but patterns that are means over channels.</summary>
    private static IEnumerable<HookPoint> Changeable(Model model) =>
        model.Explain().Points.Where(p => p.Kind != HookKind.SsmPattern || model.Spec.Block(p.Block).StateSpace!.HasHeads);

    /// <summary>Points whose size does not matter, because what depends on them is normalised afterwards.</summary>
    private static bool Scaleless(ModelSpec spec, HookPoint point) =>
        (point.Kind is HookKind.Query or HookKind.Key && spec.QueryKeyNorm != QueryKeyNorm.None) || (point.Kind == HookKind.Embed && spec.EmbeddingNorm)
        || (point.Kind is HookKind.MlpPreLinear or HookKind.MlpPost or HookKind.Mixed or HookKind.Value or HookKind.Pattern
            && spec.NormPlacement is NormPlacement.Output or NormPlacement.InputAndOutput)
        || point.Kind == HookKind.HeadPost || (point.Kind == HookKind.Router && spec.Block(1).Experts is { PerToken: 1, NormaliseWeights: true });

    private static void CheckInitialisation(WeightEntry entry, float[] values, ModelFamily family, ModelSpec spec)
    {
        float deviation = family.InitialDeviation(spec, entry);
        switch (entry.Role)
        {
            case WeightRole.DecayLog when spec.StateSpace!.Initialisation.UniformDecays && entry.Shape.Rank == 1:
                Assert.All(values, value => Assert.InRange(value, 0, Math.Log(16)));
                Assert.True(values.Distinct().Count() > values.Length / 2);
                return;
            case WeightRole.DecayLog:
                Assert.All(values.Select((value, i) => (value, i % entry.Shape.Columns)), pair => Assert.Equal(Math.Log(1 + pair.Item2), pair.value, 1e-6));
                return;
            case WeightRole.StepBias:
                StateSpaceInitialisation range = spec.StateSpace!.Initialisation;
                Assert.All(values, value => Assert.InRange(Math.Log(1 + Math.Exp(value)), Math.Max(range.MinStep, range.StepFloor) * 0.999, range.MaxStep * 1.001));
                Assert.True(values.Distinct().Count() > values.Length / 2);
                return;
            case WeightRole.Uniform or WeightRole.UniformResidual or WeightRole.StepMap:
                float bound = family.InitialBound(spec, entry.Role, entry.Shape.Count / entry.Shape[0]);
                Assert.All(values, value => Assert.InRange(value, -bound, bound));
                deviation = bound / MathF.Sqrt(3);
                break;
        }

        float constant = entry.Role == WeightRole.Gain ? 1 : 0;
        if (entry.Role is WeightRole.Bias or WeightRole.Gain or WeightRole.GainLessOne)
        {
            Assert.All(values, value => Assert.Equal(constant, value));
            return;
        }

        double measured = Math.Sqrt(values.Average(value => (double)value * value));
        Assert.True(Math.Abs(measured / deviation - 1) < 4 / Math.Sqrt(2 * values.Length) + 0.01, $"{entry.Name}: deviation {measured}, expected {deviation}");
    }

    private static int ColumnsOf(HookPoint point, int tokens) => point.IsAttentionMatrix ? tokens : point.Columns;

    private static void AssertNear(float[] expected, float[] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance)) Assert.Fail($"[{i}]: {actual[i]}, expected {expected[i]} within {tolerance}");
        }
    }

    /// <summary>The losses of a decoder, the last streams of an encoder.</summary>
    private static float[] Outputs(Model model, TokenBatch batch)
    {
        using TensorScope scope = model.Engine.OpenScope();
        BatchRun run = new(model, batch);
        Tensor stream = run.Run(scope, model.Plans.Identity());
        if (!model.Spec.Causal) return run.FinalNorm(scope, stream).ToArray();
        float[] losses = new float[batch.Tokens];
        run.Losses(scope, stream, losses, new int[batch.Tokens]);
        return losses;
    }

    /// <summary>The last point that has a row per token, then the last one that has a row per sequence, where there is one.</summary>
    private static string[] OutputsOf(Model model)
    {
        IReadOnlyList<HookPoint> points = model.Explain().Points;
        return [points.Last(point => !point.PerSequence).Name, .. points.Where(point => point.PerSequence).TakeLast(1).Select(point => point.Name)];
    }

    private static TheoryData<string> Only(TheoryData<string> variants, Func<string, bool> wanted) => new(((IEnumerable<object[]>)variants).Select(row => (string)row[0]).Where(wanted));

    internal static TokenRows RowsOf(params int[] lengths)
    {
        SeededRandom random = new(23);
        return new TokenRows("random ids", lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.NextInt(Vocabulary)).ToArray()).ToArray());
    }

    private sealed class Recorder : ICaptureSink
    {
        public List<(string Name, int Columns)> Fired { get; } = [];

        public void Store(HookPoint point, Tensor value, BatchRun run, int sequence) => Fired.Add((point.Name, value.Shape.Columns));
    }
}
