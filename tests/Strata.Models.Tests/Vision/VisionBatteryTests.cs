using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Vision;

/// <summary>What must hold for every network of images and for the networks of texts beside them.</summary>
[Collection(PytorchCollection.Name)]
public class VisionBatteryTests(VisionSuite suite)
{
    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void ABatchEqualsItsSingleRunsAndTheIdentityPlanNone(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = suite.Rows(variant, model, suite.Inputs(variant));
        Activations together = model.Capture(rows, TestModels.Quiet("*") with { Plan = model.Plans.Parse("..") });
        for (int row = 0; row < rows.Count; row++)
        {
            Activations alone = model.Capture(suite.Rows(variant, model, suite.Inputs(variant)[row]), TestModels.Quiet("*"));
            Assert.Equal(together.Points, alone.Points);
            foreach (string point in together.Points) Assert.Equal(alone.Samples(point)[0].Values, together.Samples(point)[row].Values);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void HookPointsFireOnceInTheListedOrder(string variant)
    {
        Model model = suite.Load(variant);
        foreach (string text in new[] { "..", "1, attn(0), mlp(2), parallel(1, 3), 1" })
        {
            LayerPlan plan = model.Plans.Parse(text);
            HookCatalog catalog = new(model.Spec, plan);
            Recorder recorder = new();
            TokenBatch batch = suite.Rows(variant, model, "second").Batches(1).Single().Batch;
            BatchRun run = new(model, batch, new HookSession(catalog, model.Spec, [], catalog.Points, recorder), null);
            using TensorScope scope = model.Engine.OpenScope();
            Tensor normalized = run.FinalNorm(scope, run.Run(scope, plan));
            if (model.Spec.SequenceHead is not null) run.SequenceHead(scope, normalized);
            Assert.Equal(catalog.Points.Select(point => (point.Name, point.PerSequence ? 1 : batch.Tokens, point.IsAttentionMatrix ? batch.Tokens : point.Columns)), recorder.Fired);
            Assert.Equal(catalog.Points.Count, catalog.Points.Select(point => point.Name).Distinct().Count());
        }
    }

    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void EveryPointCanBeChanged(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = suite.Rows(variant, model, "first");
        string last = model.Explain().Points[^1].Name;
        float[] plain = model.Capture(rows, TestModels.Quiet(last)).Rows(last).Values;
        foreach (HookPoint point in model.Explain().Points.Where(p => p.Block is -1 or 1))
        {
            float[] changed = model.Capture(rows, TestModels.Quiet(last) with { Interventions = [Intervention.Scale(point.Name, 0.4f)] }).Rows(last).Values;
            Assert.True(plain.Zip(changed, (a, b) => Math.Abs(a - b)).Max() > 1e-4f, $"scaling {point.Name} changes nothing");
        }

        float[] same = model.Capture(rows, TestModels.Quiet(last) with { Interventions = [Intervention.Scale("*", 1)] }).Rows(last).Values;
        Assert.All(plain.Zip(same), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-4f));
    }

    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void SavingAndReloadingIsExactAlsoOfAChangedNetwork(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = suite.Rows(variant, model, "first");
        Tower? tower = variant.EndsWith("-pair", StringComparison.Ordinal) ? variant.Contains("vision", StringComparison.Ordinal) ? Tower.Image : Tower.Text : null;
        foreach (string text in new[] { "..", "0, 2, 1, 3", "3, 1, 1" })
        {
            using TemporaryFolder folder = new();
            LayerPlan plan = model.Plans.Parse(text);
            model.Save(folder.File("saved"), plan);
            Model saved = Model.Load(folder.File("saved"), new ModelOptions { Tower = tower });
            AssertSame(model.Capture(rows, TestModels.Quiet("*") with { Plan = plan }), saved.Capture(rows, TestModels.Quiet("*")));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void TheRandomTwinHasTheSameShapesTheFamilysInitialisationAndCanBeSaved(string variant)
    {
        Model model = suite.Load(variant), twin = model.RandomTwin(5);
        TokenRows rows = suite.Rows(variant, model, "second");
        Assert.Equal(model.Spec, twin.Spec);
        Assert.NotEqual(twin.Hash, model.RandomTwin(6).Hash);
        Activations first = twin.Capture(rows, TestModels.Quiet("*")), second = model.Capture(rows, TestModels.Quiet("*"));
        Assert.Equal(second.Points, first.Points);
        foreach (string point in first.Points) Assert.Equal(second.Rows(point).ToString(), first.Rows(point).ToString());
        ModelFamily family = ModelFamily.Of(model.Spec);
        RandomWeights weights = new(family, model.Spec, 5, CpuEngine.Default);
        foreach (WeightEntry entry in family.Map(model.Spec, _ => false).Entries.Where(entry => entry.Shape.Count > 500))
        {
            double measured = Math.Sqrt(weights.Read(entry).ToArray().Average(value => (double)value * value)), wanted = entry.Deviation ?? family.InitialDeviation(model.Spec, entry.Role);
            Assert.True(Math.Abs(measured / wanted - 1) < 4 / Math.Sqrt(2 * entry.Shape.Count) + 0.01, $"{entry.Name}: deviation {measured}, expected {wanted}");
        }

        using TemporaryFolder folder = new();
        twin.Save(folder.File("twin"));
        AssertSame(first, Model.Load(folder.File("twin")).Capture(rows, TestModels.Quiet("*")));
    }

    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void EveryTensorOfTheCheckpointIsReadAndEveryScopeClosed(string variant)
    {
        CpuEngine engine = new();
        Model model = suite.Load(variant, engine);
        TokenRows rows = suite.Rows(variant, model, suite.Inputs(variant));
        model.Capture(rows, TestModels.Quiet("*"));
        model.Capture(rows, TestModels.Quiet("blocks.1.attn_out"));
        Assert.Equal(0, engine.OpenScopes);
        Assert.Equal(0, engine.PooledBytesInUse);
        using Checkpoint checkpoint = Checkpoint.Open(suite.Folder(variant));
        HashSet<string> read = [.. ModelFamily.Of(model.Spec).Map(model.Spec, checkpoint.Has).Entries.Select(entry => entry.Name)];
        string other = variant.Contains("vision", StringComparison.Ordinal) ? "text_" : "vision_";
        string[] unread = [.. checkpoint.Names.Where(name => !read.Contains(name) && !name.StartsWith("logit_", StringComparison.Ordinal))];
        if (variant.EndsWith("-pair", StringComparison.Ordinal)) Assert.All(unread, name => Assert.True(name.StartsWith(other, StringComparison.Ordinal) || name.StartsWith("visual_", StringComparison.Ordinal), name));
        else Assert.Empty(unread);
    }

    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void PredictionOfTheNextTokenIsRefusedWithTheReason(string variant)
    {
        Model model = suite.Load(variant);
        TokenRows rows = suite.Rows(variant, model, "second");
        string reason = model.Spec.Image is not null ? "reads images" : model.Spec.Causal ? "no scores over the vocabulary" : "is an encoder";
        Assert.Contains(reason, Assert.Throws<StrataException>(() => model.Generate(rows, new GenerationRequest { MaxNew = 3 })).Message, StringComparison.Ordinal);
    }

    private static void AssertSame(Activations expected, Activations actual)
    {
        Assert.Equal(expected.Points.Count, actual.Points.Count);
        foreach ((string one, string other) in expected.Points.Zip(actual.Points)) Assert.Equal(expected.Rows(one).Values, actual.Rows(other).Values);
    }

    private sealed class Recorder : ICaptureSink
    {
        public List<(string Name, int Rows, int Columns)> Fired { get; } = [];

        public void Store(HookPoint point, Tensor value, BatchRun run, int sequence) => Fired.Add((point.Name, point.IsAttentionMatrix ? value.Shape[1] : value.Shape.Rows, value.Shape.Columns));
    }
}
