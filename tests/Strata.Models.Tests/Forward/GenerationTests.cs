using Xunit;

namespace Strata.Models.Tests.Forward;

/// <summary>Cached generation equals running everything again, under plans and interventions.</summary>
public class GenerationTests
{
    public static TheoryData<string, string> FamiliesAndPlans
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string family in new[] { "gpt2", "llama" })
            {
                foreach (string plan in new[] { "..", "0, 2..4", "reverse(0..4)", "0, 2*3, 3", "0, parallel(1..3)*2, 3", "0, attn(1), mlp(2), 3", "none" }) data.Add(family, plan);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(FamiliesAndPlans))]
    public void CachedEqualsRecomputed(string family, string plan)
    {
        Model model = TestModels.Of(family);
        TokenRows prompts = TestModels.RowsOf(3, 1, 9);
        GenerationRequest request = new() { MaxNew = 20, Plan = model.Plans.Parse(plan), StopIds = [], Temperature = 1.5f, Seed = 7 };
        Generation cached = model.Generate(prompts, request);
        Generation recomputed = model.Generate(prompts, request with { UseCache = false });
        Assert.Equal(recomputed.NewTokens, cached.NewTokens);
        Assert.True(plan == "none" || cached.NewTokens[2].Distinct().Count() > 3, "sampling should not repeat one token");
    }

    [Theory]
    [MemberData(nameof(TestModels.Families), MemberType = typeof(TestModels))]
    public void CachedEqualsRecomputedUnderInterventions(string family)
    {
        Model model = TestModels.Of(family);
        TokenRows prompts = TestModels.RowsOf(4, 6);
        float[] vector = Enumerable.Range(0, model.Spec.Width).Select(i => MathF.Sin(i)).ToArray();
        Intervention[][] sets =
        [
            [Intervention.Zero("blocks.1.attn.z").OnHead(1)],
            [Intervention.Add("blocks.2.resid_post", vector, 3).At(PositionSelection.Parse("0..6"))],
            [Intervention.Scale("blocks.0.attn.pattern", 0.5f), Intervention.ProjectOut("blocks.3.resid_pre", vector)],
            [Intervention.Scale("blocks.*.attn.v", 2), Intervention.Set("blocks.1.resid_mid", vector).At(PositionSelection.Parse("5"))],
            [Intervention.Add("logits", Enumerable.Range(0, 67).Select(i => i == 13 ? 100f : 0f).ToArray()).At(PositionSelection.Parse("7..9"))],
        ];
        Generation plain = model.Generate(prompts, new GenerationRequest { MaxNew = 12, StopIds = [], Temperature = 1, Seed = 1 });
        foreach (Intervention[] interventions in sets)
        {
            GenerationRequest request = new() { MaxNew = 12, Interventions = interventions, StopIds = [], Temperature = 1, Seed = 1 };
            Generation cached = model.Generate(prompts, request);
            Assert.Equal(model.Generate(prompts, request with { UseCache = false }).NewTokens, cached.NewTokens);
            Assert.NotEqual(plain.NewTokens, cached.NewTokens);
        }
    }

    [Fact]
    public void StopsAtStopIdsAndRespectsLimits()
    {
        Model model = TestModels.Of("gpt2");
        TokenRows prompt = TestModels.RowsOf(5);
        int[] free = model.Generate(prompt, new GenerationRequest { MaxNew = 8, StopIds = [], Temperature = 1 }).NewTokens[0];
        int[] stopped = model.Generate(prompt, new GenerationRequest { MaxNew = 8, StopIds = [free[3]], Temperature = 1 }).NewTokens[0];
        Assert.Equal(free[..(Array.IndexOf(free, free[3]) + 1)], stopped);
        Assert.Empty(model.Generate(prompt, new GenerationRequest { MaxNew = 0 }).NewTokens[0]);
        Assert.Contains("at most 43", Assert.Throws<StrataException>(() => model.Generate(prompt, new GenerationRequest { MaxNew = 44 })).Message);
        Assert.Contains("from the end", Assert.Throws<StrataException>(() => model.Generate(prompt,
            new GenerationRequest { MaxNew = 2, Interventions = [Intervention.Zero("embed").At(PositionSelection.Last)] })).Message);
    }

    [Fact]
    public void SamplingIsReproducibleAndTopOneIsGreedy()
    {
        Model model = TestModels.Of("llama");
        TokenRows prompt = TestModels.RowsOf(5);
        GenerationRequest sample = new() { MaxNew = 12, Temperature = 2, Seed = 5, StopIds = [] };
        Assert.Equal(model.Generate(prompt, sample).NewTokens, model.Generate(prompt, sample).NewTokens);
        Assert.NotEqual(model.Generate(prompt, sample).NewTokens, model.Generate(prompt, sample with { Seed = 6 }).NewTokens);
        Assert.Equal(model.Generate(prompt, sample with { Temperature = 0 }).NewTokens, model.Generate(prompt, sample with { TopK = 1 }).NewTokens);
    }

    [Fact]
    public void MoreTokensThanAnyNumberOfPositionsAreRefused() => Assert.Contains("positions",
        Assert.Throws<StrataException>(() => TestModels.Of("gpt2").Generate(TestModels.RowsOf(3), new GenerationRequest { MaxNew = int.MaxValue })).Message);
}
