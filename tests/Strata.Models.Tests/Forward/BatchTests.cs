using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Forward;

/// <summary>Rows never influence each other: batches, padding and plans that do nothing change no bit.</summary>
public class BatchTests
{
    [Theory]
    [MemberData(nameof(TestModels.Families), MemberType = typeof(TestModels))]
    public void ABatchEqualsItsSingleRuns(string family)
    {
        Model model = TestModels.Of(family);
        TokenRows rows = TestModels.Rows;
        Activations together = model.Capture(rows, TestModels.Quiet("*"));
        for (int row = 0; row < rows.Count; row++)
        {
            Activations alone = model.Capture(new TokenRows("one", [rows.Sequences[row]]), TestModels.Quiet("*"));
            foreach (string point in together.Points) Assert.Equal(alone.Samples(point)[0].Values, together.Samples(point)[row].Values);
        }
    }

    [Theory]
    [MemberData(nameof(TestModels.Families), MemberType = typeof(TestModels))]
    public void LeftRightAndMixedPaddingChangeNothing(string family)
    {
        Model model = TestModels.Of(family);
        int longest = TestModels.Rows.Sequences.Max(s => s.Length) + 3;
        float[] plain = Losses(model, new TokenBatch(TestModels.Rows.Sequences));
        foreach (string side in new[] { "left", "right", "mixed" })
        {
            int[,] ids = new int[TestModels.Rows.Count, longest];
            bool[,] mask = new bool[TestModels.Rows.Count, longest];
            for (int row = 0; row < TestModels.Rows.Count; row++)
            {
                int[] sequence = TestModels.Rows.Sequences[row];
                int offset = side == "right" ? 0 : side == "left" ? longest - sequence.Length : (longest - sequence.Length) / 2;
                for (int i = 0; i < longest; i++) ids[row, i] = 66;
                for (int i = 0; i < sequence.Length; i++) (ids[row, offset + i], mask[row, offset + i]) = (sequence[i], true);
            }

            Assert.Equal(plain, Losses(model, TokenBatch.FromPadded(ids, mask)));
        }
    }

    [Theory]
    [MemberData(nameof(TestModels.Families), MemberType = typeof(TestModels))]
    public void TheIdentityPlanEqualsNoPlanBitForBit(string family)
    {
        Model model = TestModels.Of(family);
        Activations without = model.Capture(TestModels.Rows, TestModels.Quiet("*"));
        Activations with = model.Capture(TestModels.Rows, TestModels.Quiet("*") with { Plan = model.Plans.Parse("..") });
        foreach (string point in without.Points)
        {
            for (int row = 0; row < TestModels.Rows.Count; row++) Assert.Equal(without.Samples(point)[row].Values, with.Samples(point)[row].Values);
        }
    }

    [Theory]
    [MemberData(nameof(TestModels.Families), MemberType = typeof(TestModels))]
    public void BatchSizeChangesNothing(string family)
    {
        Model model = TestModels.Of(family);
        Activations small = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.3.resid_post", "logits") with { TokensPerBatch = 1, Pooling = Pooling.Mean });
        Activations large = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.3.resid_post", "logits") with { TokensPerBatch = 10_000, Pooling = Pooling.Mean });
        foreach (string point in small.Points) Assert.Equal(small.Rows(point).Values, large.Rows(point).Values);
    }

    [Fact]
    public void IdsAndLengthsAreChecked()
    {
        Model model = TestModels.Of("gpt2");
        StrataException id = Assert.Throws<StrataException>(() => model.Capture(new TokenRows("bad", [[1, 67]]), TestModels.Quiet("embed")));
        Assert.Contains("67 at position 1", id.Message);
        StrataException length = Assert.Throws<StrataException>(() => model.Capture(new TokenRows("long", [new int[49]]), TestModels.Quiet("embed")));
        Assert.Contains("49 tokens", length.Message);
        Assert.Contains("48 positions", length.Message);
        Assert.Throws<StrataException>(() => new TokenBatch([[1], []]));
        Assert.Throws<StrataException>(() => new TokenBatch([]));
    }

    [Fact]
    public void NoScopeIsLeftOpen()
    {
        // An engine of its own: other tests use the shared one at the same time.
        Model model = Model.Random(TestModels.LlamaSpec, 3, new ModelOptions { Engine = new CpuEngine() });
        model.Capture(TestModels.Rows, TestModels.Quiet("*"));
        Assert.Throws<StrataException>(() => model.Capture(TestModels.Rows, TestModels.Quiet("*") with { Interventions = [Intervention.Set("blocks.2.resid_pre", new FloatMatrix(new float[72], 2, 36))] }));
        model.Generate(TestModels.RowsOf(3, 5), new GenerationRequest { MaxNew = 4 });
        Assert.Equal(0, model.Engine.OpenScopes);
        Assert.Equal(0, model.Engine.PooledBytesInUse);
    }

    private static float[] Losses(Model model, TokenBatch batch)
    {
        BatchRun run = new(model, batch);
        using TensorScope scope = model.Engine.OpenScope();
        float[] losses = new float[batch.Tokens];
        run.Losses(scope, run.Run(scope, model.Plans.Identity()), losses, new int[batch.Tokens]);
        return losses;
    }
}
