using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Hooks;

public class InterventionTests
{
    private static readonly float[] Direction = Enumerable.Range(0, 40).Select(i => MathF.Cos(3 * i) + 0.2f).ToArray();

    public static TheoryData<string> Kinds => ["set", "add", "scale", "zero", "mean", "project out"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ChangesExactlyTheSelectedPositions(string kind)
    {
        Model model = TestModels.Of("gpt2");
        const string point = "blocks.2.resid_mid";
        Activations before = model.Capture(TestModels.Rows, TestModels.Quiet(point));
        float[] mean = Enumerable.Range(0, 40).Select(c => (float)Enumerable.Range(0, before.Rows(point).Rows).Average(r => (double)before.Rows(point)[r, c])).ToArray();
        double norm = Math.Sqrt(Direction.Sum(v => (double)v * v));
        (Intervention intervention, Func<float[], int, double> expected) = kind switch
        {
            "set" => (Intervention.Set(point, Direction), (Func<float[], int, double>)((row, c) => Direction[c])),
            "add" => (Intervention.Add(point, Direction, -2), (row, c) => row[c] - 2 * Direction[c]),
            "scale" => (Intervention.Scale(point, 0.25f), (row, c) => 0.25 * row[c]),
            "zero" => (Intervention.Zero(point), (row, c) => 0),
            "mean" => (Intervention.Mean(point, before), (row, c) => mean[c]),
            _ => (Intervention.ProjectOut(point, Direction), (row, c) => row[c] - row.Zip(Direction, (a, b) => a * b / norm).Sum() * Direction[c] / norm),
        };
        Activations after = model.Capture(TestModels.Rows, TestModels.Quiet(point) with { Interventions = [intervention.At(PositionSelection.Parse("1..3, ^1"))] });
        for (int row = 0; row < TestModels.Rows.Count; row++)
        {
            int length = TestModels.Rows.Sequences[row].Length;
            for (int position = 0; position < length; position++)
            {
                float[] original = before.Samples(point)[row].Row(position).ToArray();
                bool selected = position is 1 or 2 || position == length - 1;
                for (int c = 0; c < 40; c++) Assert.Equal(selected ? expected(original, c) : original[c], after.Samples(point)[row][position, c], 4);
            }
        }
    }

    [Fact]
    public void ZeroingAHeadEqualsZeroingItsValues()
    {
        Model model = TestModels.Of("gpt2");
        foreach (string point in new[] { "blocks.1.attn.z", "blocks.1.attn.v", "blocks.1.attn.pattern" })
        {
            Activations changed = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.1.attn.z", "logits") with { Interventions = [Intervention.Zero(point).OnHead(2)] });
            Activations whole = model.Capture(TestModels.Rows, TestModels.Quiet("blocks.1.attn.z"));
            FloatMatrix z = changed.Rows("blocks.1.attn.z"), original = whole.Rows("blocks.1.attn.z");
            for (int r = 0; r < z.Rows; r++)
            {
                for (int c = 0; c < z.Columns; c++) Assert.Equal(c is >= 20 and < 30 ? 0 : original[r, c], z[r, c], 2e-5f);
            }
        }
    }

    [Fact]
    public void ZeroScoresAttendEvenlyToWhatIsVisible()
    {
        Model model = TestModels.Of("llama");
        Activations acts = model.Capture(TestModels.RowsOf(6), TestModels.Quiet("blocks.1.attn.pattern") with { Interventions = [Intervention.Scale("blocks.1.attn.scores", 0)] });
        FloatMatrix pattern = acts.Samples("blocks.1.attn.pattern")[0];
        for (int row = 0; row < pattern.Rows; row++)
        {
            int query = row % 6;
            for (int key = 0; key < 6; key++) Assert.Equal(key <= query ? 1.0f / (query + 1) : 0, pattern[row, key], 1e-6f);
        }
    }

    [Fact]
    public void PatchingWithTheOwnRunChangesNothingAndWithAnotherGivesItsResult()
    {
        Model model = TestModels.Of("llama");
        TokenRows clean = TestModels.RowsOf(9), other = new("other", [TestModels.RowsOf(9).Sequences[0].Reverse().ToArray()]);
        Activations cleanRun = model.Capture(clean, TestModels.Quiet("blocks.1.resid_post", "logits"));
        Activations patched = model.Capture(other, TestModels.Quiet("logits") with { Interventions = [Intervention.Set("blocks.1.resid_post", cleanRun.Samples("blocks.1.resid_post")[0])] });
        Assert.Equal(cleanRun.Rows("logits").Values, patched.Rows("logits").Values);
        Activations own = model.Capture(clean, TestModels.Quiet("logits") with { Interventions = [Intervention.Set("blocks.1.resid_post", cleanRun.Samples("blocks.1.resid_post")[0])] });
        Assert.Equal(cleanRun.Rows("logits").Values, own.Rows("logits").Values);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Model model = TestModels.Of("gpt2");
        string Refused(Intervention intervention) =>
            Assert.Throws<StrataException>(() => model.Capture(TestModels.Rows, TestModels.Quiet("logits") with { Interventions = [intervention] })).Message;
        Assert.Contains("39 numbers; 40", Refused(Intervention.Add("blocks.0.resid_post", new float[39])));
        Assert.Contains("not divided into heads", Refused(Intervention.Zero("blocks.0.mlp_out").OnHead(0)));
        Assert.Contains("0..4", Refused(Intervention.Zero("blocks.0.attn.q").OnHead(4)));
        Assert.Contains("one number per key", Refused(Intervention.Add("blocks.0.attn.pattern", new float[4])));
        Assert.Contains("resid_post", Refused(Intervention.Zero("blocks.0.resid_pots")));
        Assert.Contains("length 0", Assert.Throws<StrataException>(() => Intervention.ProjectOut("embed", new float[40])).Message);
    }

    [Theory]
    [MemberData(nameof(TestModels.Families), MemberType = typeof(TestModels))]
    public void ChangedLogitsChangeTheLoss(string family)
    {
        Model model = TestModels.Of(family);
        TokenBatch batch = new(TestModels.Rows.Sequences);
        float[] same = Losses([Intervention.Scale("logits", 1)]), zero = Losses([Intervention.Zero("logits")]), plain = Losses([]);
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(plain[i], same[i], 1e-5f);
            Assert.Equal(batch.Starts.Contains(i + 1) ? 0 : MathF.Log(model.Spec.Vocabulary), zero[i], 1e-6f);
        }

        float[] Losses(Intervention[] interventions)
        {
            BatchRun run = new(model, batch, model.Plans.Identity(), interventions);
            float[] losses = new float[batch.Tokens];
            using TensorScope scope = model.Engine.OpenScope();
            run.Losses(scope, run.Run(scope, model.Plans.Identity()), losses, new int[batch.Tokens]);
            return losses;
        }
    }

    [Theory]
    [InlineData("^0")]
    [InlineData("^0, 1..2")]
    [InlineData("2147483647")]
    [InlineData("3..x")]
    [InlineData("")]
    public void PositionsThatAreNoneAreRefused(string text) => Assert.Contains($"\"{text}\"", Assert.Throws<StrataException>(() => PositionSelection.Parse(text)).Message);
}
