using Strata.Models;

namespace Strata.Research.Tests;

/// <summary>A small network with random weights, rows for it, and inputs that every measure can use.</summary>
internal static class RandomNetwork
{
    public const string Words = "A GPT-2 of 4 blocks of width 32 and 4 heads with random weights (seed 1), on 48 rows of 16 random tokens (seed 2); labels, factors and views are made from the row number.";

    public static Model Model { get; } = Model.Random(Gpt2Family.Spec(blocks: 4, width: 32, heads: 4, vocabulary: 40, positions: 32) with { InitializerRange = 0.15f }, 1);

    public static TokenRows Rows(int count, int length = 16) => new("random tokens", Enumerable.Range(0, count).Select(i =>
    {
        Random random = new(1000 * i + 2);
        return Enumerable.Range(0, length).Select(_ => random.Next(40)).ToArray();
    }).ToArray());

    public static MeasureInputs Inputs(TokenRows rows) => new()
    {
        Labels = Enumerable.Range(0, rows.Count).Select(i => new[] { i % 3 }).ToArray(),
        Factors = [Enumerable.Range(0, rows.Count).Select(i => i % 3).ToArray(), Enumerable.Range(0, rows.Count).Select(i => i / 3 % 2).ToArray()],
        Tokens = rows,
        ViewRows = [TokenCorruption.Corrupt(rows, CorruptionKind.Replace, 0.2, 3), TokenCorruption.Corrupt(rows, CorruptionKind.Replace, 0.2, 4)],
        Predictions = Enumerable.Range(0, rows.Count).Select(i => (i + i / 10) % 3).ToArray(),
        Classifier = Samples.Gaussian(3, 32, 5),
    };

    /// <summary>Points where a measure has values.</summary>
    public static string[] PointsOf(Measure measure) => measure.Name switch
    {
        "utilized-rank" => ["blocks.*.mlp_out"],
        "coding-rate-heads" => ["blocks.*.attn.z"],
        "synchronised-units" => ["blocks.*.mlp.pre"],
        _ => ["blocks.*.resid_post"],
    };
}
