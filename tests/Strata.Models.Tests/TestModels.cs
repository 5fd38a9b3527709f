using Xunit;

namespace Strata.Models.Tests;

/// <summary>Small random networks of both families with weights large enough that every part matters.</summary>
public static class TestModels
{
    public static ModelSpec Gpt2Spec { get; } = Gpt2Family.Spec(blocks: 4, width: 40, heads: 4, vocabulary: 67, positions: 48) with { MlpWidth = 96, InitializerRange = 0.4f };

    public static ModelSpec LlamaSpec { get; } =
        LlamaFamily.Spec(blocks: 4, width: 36, heads: 6, keyValueHeads: 2, mlpWidth: 70, vocabulary: 67, positions: 48) with { HeadWidth = 8, InitializerRange = 0.3f };

    public static TheoryData<string> Families => ["gpt2", "llama"];

    public static Model Of(string family, long seed = 3) => Model.Random(family == "gpt2" ? Gpt2Spec : LlamaSpec, seed);

    /// <summary>Rows of different lengths, among them one of a single token.</summary>
    public static TokenRows Rows { get; } = RowsOf(7, 1, 23, 12, 2, 31);

    public static TokenRows RowsOf(params int[] lengths)
    {
        SeededRandom random = new(11);
        return new TokenRows("random ids", lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.NextInt(67)).ToArray()).ToArray());
    }

    public static CaptureRequest Quiet(params string[] points) => new() { Points = points, Announce = _ => { } };
}
