using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Strata.Models.Tests.Plans;

public class LayerPlanTests
{
    [Theory]
    [InlineData("0..12", "0..12", 12)]
    [InlineData("..", "0..12", 12)]
    [InlineData("0..4, 8..12", "0..4, 8..12", 8)]
    [InlineData("0..4, reverse(4..8), 8..12", "0..4, reverse(4..8), 8..12", 12)]
    [InlineData("0..4, 6, 4, 7, 5, 8..12", "0..4, 6, 4, 7, 5, 8..12", 12)]
    [InlineData("0..4, parallel(4..8), 8..^0", "0..4, parallel(4..8), 8..12", 12)]
    [InlineData("0..4, parallel(4..8)*3, 8..12", "0..4, parallel(4..8)*3, 8..12", 20)]
    [InlineData("0..4, 5*4, 8..12", "0..4, 5*4, 8..12", 12)]
    [InlineData("0..4, attn(4), mlp(5), 6..12", "0..4, attn(4), mlp(5), 6..12", 11)]
    [InlineData(" ^1 , ^12..2 ", "11, 0, 1", 3)]
    [InlineData("none", "none", 0)]
    [InlineData("0..4*2", "0..4, 0..4", 8)]
    [InlineData("parallel(0, attn(3), 5..7)", "parallel(0, attn(3), 5, 6)", 3.5)]
    public void TextIsReadAndWritten(string text, string canonical, double blocks)
    {
        LayerPlan plan = LayerPlan.Parse(text, 12);
        Assert.Equal(LayerPlan.Parse(canonical, 12), plan);
        Assert.Equal(plan, LayerPlan.Parse(plan.ToString(), 12));
        Assert.Equal(blocks, plan.BlocksRun);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("0..13", "0..12")]
    [InlineData("12", "names block 12")]
    [InlineData("^13", "names block -1")]
    [InlineData("4..2", "range 4..2")]
    [InlineData("0..4,", "needs a block")]
    [InlineData("0..4 8..12", "expected")]
    [InlineData("paralel(4..8)", "Did you mean \"parallel\"")]
    [InlineData("reverse(4..8", "no \")\"")]
    [InlineData("parallel(parallel(1..3))", "cannot contain")]
    [InlineData("5*0", "0 times")]
    [InlineData("0*1000001", "too large")]
    [InlineData("0*1000000", "more than 10,000")]
    [InlineData("5*", "needs a count")]
    [InlineData("none, 1", "word \"none\"")]
    public void BadTextIsRefusedWithItsPlace(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<StrataException>(() => LayerPlan.Parse(text, 12)).Message);

    [Fact]
    public void EveryPlanReadsBackFromItsText()
    {
        Gen<PlanStep> half = Gen.OneOf(
            Gen.Choose(0, 6).Select(PlanStep (b) => new BlockStep(b)),
            Gen.Choose(0, 6).Select(PlanStep (b) => new AttentionStep(b)),
            Gen.Choose(0, 6).Select(PlanStep (b) => new MlpStep(b)));
        Gen<PlanStep> step = Gen.Frequency(
            (6, half),
            (1, half.NonEmptyListOf().Select(PlanStep (members) => new ParallelStep(members))));
        Gen<LayerPlan> plans = step.ListOf().Select(steps => new LayerPlan(7, steps));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(plans.ToArbitrary(), plan => LayerPlan.Parse(plan.ToString(), 7).Equals(plan)));
    }

    [Fact]
    public void BuildersMakeThePlansOfTheirNames()
    {
        LayerPlans plans = new(12);
        Assert.Equal("0..4, 8..12", plans.Skip(4..8).ToString());
        Assert.Equal("0..4, reverse(4..8), 8..12", plans.Reverse(4..^4).ToString());
        Assert.Equal("0..5, 5*4, 6..12", plans.Repeat(5, 4).ToString());
        Assert.Equal("0..4, 6*4, 8..12", plans.RepeatCentre(4..8).ToString());
        Assert.Equal("0..4, parallel(4..8)*3, 8..12", plans.LoopedParallel(4..8, 3).ToString());
        Assert.Equal(plans.Parse("0..4, parallel(4..8), 8..12"), plans.Parallel(4..8));
        Assert.Equal("0, 1, 9, 3..9, 2, 10, 11", Plain(plans.Swap(2, 9)));
        Assert.Equal(12, plans.DropEach().Count);
        Assert.Equal(10, plans.Windows(3).Count);
        Assert.Equal(78, plans.AllWindows().Distinct().Count());
        Assert.True(plans.Identity().IsIdentity);
        Assert.Equal(plans.Shuffle(2..10, 4), plans.Shuffle(2..10, 4));
        Assert.NotEqual(plans.Shuffle(2..10, 4), plans.Shuffle(2..10, 5));
        Assert.Equal(Enumerable.Range(0, 12), plans.Shuffle(2..10, 4).Executions.Select(LayerPlan.BlockOf).Order());
        Assert.Throws<StrataException>(() => plans.Skip(4..13));
        Assert.Throws<StrataException>(() => plans.Reverse(4..4));
    }

    private static string Plain(LayerPlan plan) => plan.ToString().Replace("10..12", "10, 11").Replace("0..2", "0, 1");

    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, -1)]
    [InlineData(2, int.MaxValue)]
    [InlineData(-1, 2)]
    [InlineData(6, 2)]
    public void RepetitionsThatCannotBeAreRefused(int block, int times)
    {
        LayerPlans plans = new(6);
        Assert.Throws<StrataException>(() => plans.Repeat(block, times));
        if (block == 2) Assert.Throws<StrataException>(() => plans.LoopedParallel(1..5, times));
    }
}
