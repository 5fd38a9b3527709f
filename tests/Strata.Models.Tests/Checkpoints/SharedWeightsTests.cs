using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Models of the same file hold its weights once; other formats, other files and limited memory share nothing.</summary>
public sealed class SharedWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void ACheckpointThatIsLoadedAgainSharesItsLinearMaps(string family)
    {
        string place = Saved(family, seed: 3);
        Model first = Model.Load(place), second = Model.Load(place);
        for (int i = 0; i < first.Spec.Blocks; i++)
        {
            Assert.Same(first.Weights.Blocks[i].Query, second.Weights.Blocks[i].Query);
            Assert.Same(first.Weights.Blocks[i].Mlp!.Out, second.Weights.Blocks[i].Mlp!.Out);
        }

        Assert.Same(first.Weights.Unembedding, second.Weights.Unembedding);
        Assert.Equal(Logits(first), Logits(second));
        // Fused maps lie in one tensor: each part is a map of its own.
        Assert.NotSame(first.Weights.Blocks[0].Query, first.Weights.Blocks[0].Key);
    }

    [Fact]
    public void AnotherFormatAnotherFileAndLimitedMemoryHaveTheirOwn()
    {
        string place = Saved("llama", seed: 3);
        Model first = Model.Load(place), halves = Model.Load(place, new ModelOptions { Storage = DType.BFloat16 }), limited = Model.Load(place, new ModelOptions { MemoryLimit = first.WeightBytes / 2, Announce = _ => { } });
        Assert.NotSame(first.Weights.Blocks[0].Query, halves.Weights.Blocks[0].Query);
        Assert.NotSame(first.Weights.Blocks[0].Query, limited.Weights.Blocks[0].Query);

        float[] before = Logits(first);
        Directory.Delete(place, recursive: true);
        Assert.Equal(place, Saved("llama", seed: 4));
        Model other = Model.Load(place);
        Assert.NotSame(first.Weights.Blocks[0].Query, other.Weights.Blocks[0].Query);
        Assert.Equal(Logits(TestModels.Of("llama", seed: 4)), Logits(other));
        Assert.Equal(before, Logits(first));
    }

    [Fact]
    public void AFileThatWasWrittenJustNowIsNotTrustedToBeTheSame()
    {
        string place = Saved("gpt2", seed: 3);
        File.SetLastWriteTimeUtc(Path.Combine(place, "model.safetensors"), DateTime.UtcNow);
        Assert.NotSame(Model.Load(place).Weights.Blocks[0].Query, Model.Load(place).Weights.Blocks[0].Query);
    }

    [Fact]
    public void WeightsThatNobodyUsesAreCollected()
    {
        string place = Saved("gpt2", seed: 5);
        WeakReference weight = Loaded(place);
        for (int i = 0; i < 10 && weight.IsAlive; i++) GC.Collect();
        Assert.False(weight.IsAlive);
        Assert.Equal(Logits(TestModels.Of("gpt2", seed: 5)), Logits(Model.Load(place)));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Loaded(string place) => new(Model.Load(place).Weights.Blocks[0].Query);

    private string Saved(string family, long seed)
    {
        string place = _folder.File("model");
        TestModels.Of(family, seed).Save(place);
        foreach (string file in Directory.GetFiles(place)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-seed));
        return place;
    }

    private static float[] Logits(Model model) => [.. model.Capture(TestModels.Rows, TestModels.Quiet("logits")).Rows("logits").Values];
}
