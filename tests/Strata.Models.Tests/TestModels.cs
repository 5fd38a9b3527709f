using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Small random networks of both families with weights large enough that every part matters.</summary>
public static class TestModels
{
    public static ModelSpec Gpt2Spec { get; } = new()
    {
        Family = "gpt2", Blocks = 4, Width = 40, Heads = 4, KeyValueHeads = 4, HeadWidth = 10, MlpWidth = 96, Vocabulary = 67, MaxPositions = 48,
        Norm = NormKind.LayerNorm, NormEpsilon = 1e-5f, Positions = PositionKind.Learned, Activation = Activation.GeluTanh,
        GatedMlp = false, AttentionBias = true, MlpBias = true, TiedUnembedding = true, InitializerRange = 0.4f,
    };

    public static ModelSpec LlamaSpec { get; } = new()
    {
        Family = "llama", Blocks = 4, Width = 36, Heads = 6, KeyValueHeads = 2, HeadWidth = 8, MlpWidth = 70, Vocabulary = 67, MaxPositions = 48,
        Norm = NormKind.RmsNorm, NormEpsilon = 1e-6f, Positions = PositionKind.Rotary, Rotary = new RotarySpec(10_000), Activation = Activation.Silu,
        GatedMlp = true, AttentionBias = false, MlpBias = false, TiedUnembedding = false, InitializerRange = 0.3f,
    };

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
