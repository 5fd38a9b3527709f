using System.Globalization;
using System.Text.RegularExpressions;
using Strata.Models.Tests.Reference;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>Networks whose blocks do not all fit into the memory that is allowed: the same numbers, within it.</summary>
[Collection(PytorchCollection.Name)]
public partial class MemoryLimitTests(PytorchSuite suite)
{
    [SkippableTheory]
    [MemberData(nameof(FamilyBatteryTests.Structures), MemberType = typeof(FamilyBatteryTests))]
    public void A_network_larger_than_its_memory_computes_the_same(string variant)
    {
        string folder = suite.Folder(variant);
        Model whole = Model.Load(folder);
        // The least that is allowed is what the refusal of less says: room for one block.
        StrataException refusal = Assert.Throws<StrataException>(() => Model.Load(folder, new ModelOptions { MemoryLimit = 1 }));
        long least = long.Parse(Advice().Match(refusal.Message).Groups[1].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        Assert.Throws<StrataException>(() => Model.Load(folder, new ModelOptions { MemoryLimit = least - 1 }));

        TokenRows rows = FamilyBatteryTests.RowsOf(9, 1, 21);
        string plan = "..";
        if (whole.Spec.Blocks > 3) plan = whole.Spec.Block(3).HasAttention && whole.Spec.Block(3).HasMlp ? "3, 1, 0..4, parallel(2, 0, 3), 1*2, attn(3)" : "3, 1, 0..4, parallel(2, 0, 3), 1*2";
        foreach (long limit in new[] { least, least + (least / 2) })
        {
            Model limited = Model.Load(folder, new ModelOptions { MemoryLimit = limit });
            long tables = limited.Weights.Embedding?.Storage.Bytes ?? 0;
            foreach (string form in new[] { "..", plan })
            {
                CaptureRequest request = TestModels.Quiet("*") with { Plan = whole.Plans.Parse(form) };
                Activations expected = whole.Capture(rows, request), actual = limited.Capture(rows, request);
                foreach (string point in expected.Points)
                    for (int row = 0; row < rows.Count; row++) Assert.Equal(expected.Samples(point)[row].Values, actual.Samples(point)[row].Values);
                // Panels are filled up to whole registers, which the estimate does not count: 16 numbers for each map at most.
                Assert.InRange(limited.WeightBytes - tables, 1, limit + (limit / 2));
            }

            // Blocks that share their weights fit all or not at all.
            Assert.True(limit > least || variant.StartsWith("albert", StringComparison.Ordinal) || limited.Weights.Blocks.InMemory < whole.Spec.Blocks);
        }
    }

    [SkippableFact]
    public void Threads_may_run_different_blocks_of_one_limited_network()
    {
        string folder = suite.Folder("llama-base");
        Model whole = Model.Load(folder), limited = Model.Load(folder, new ModelOptions { MemoryLimit = whole.Weights.Unembedding!.Bytes + whole.Weights.Blocks[0].Bytes * 3 / 2 });
        TokenRows rows = FamilyBatteryTests.RowsOf(12, 5);
        string[] plans = ["..", "3, 2, 1, 0", "0, 2", "1*3"];
        float[][] expected = [.. plans.Select(plan => Logits(whole, plan))];
        Parallel.For(0, 40, i => Assert.Equal(expected[i % 4], Logits(limited, plans[i % 4])));

        GenerationRequest request = new() { MaxNew = 6, StopIds = [] };
        Assert.Equal(whole.Generate(rows, request).NewTokens, limited.Generate(rows, request).NewTokens);
        Assert.Equal(whole.RandomTwin(4).Capture(rows, "logits").Rows("logits").Values, limited.RandomTwin(4).Capture(rows, "logits").Rows("logits").Values);
        ResidualDetail heads = new() { Heads = true, NeuronsPerPart = 8 };
        Assert.Equal(ResidualParts.Capture(whole, rows.Sequences[0], 3, null, heads).Rows.Values, ResidualParts.Capture(limited, rows.Sequences[0], 3, null, heads).Rows.Values);
        Assert.Contains(limited.Explain().Facts, fact => fact.Value.Contains("the others are read when they run", StringComparison.Ordinal));

        float[] Logits(Model model, string plan) => model.Capture(rows, TestModels.Quiet("logits") with { Plan = model.Plans.Parse(plan) }).Rows("logits").Values;
    }

    [GeneratedRegex("Allow ([0-9,]+) bytes")]
    private static partial Regex Advice();
}
