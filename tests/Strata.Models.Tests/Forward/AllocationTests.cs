using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Forward;

/// <summary>After warm-up a forward pass takes no memory from the garbage collector but the handles of its tensors.</summary>
public class AllocationTests
{
    private static readonly Model Network = Model.Random(Gpt2Family.Spec(blocks: 4, width: 64, heads: 4, vocabulary: 300, positions: 600), 1, new ModelOptions { Engine = new CpuEngine(new CpuEngineOptions { Threads = 1 }), Announce = _ => { } });

    [Fact]
    public void APassAllocatesHandlesAloneWhateverTheTokens()
    {
        long few = LaterPass(40), many = LaterPass(600);
        // A block is a dozen operations and half as many scopes, each a few small objects.
        Assert.InRange(few, 0, 24_000 * Network.Spec.Blocks);
        // A list of positions at most: one tensor of activations would be 256 bytes for every token.
        Assert.InRange(many - few, -16 * 560, 16 * 560);
    }

    /// <summary>Bytes that the third of three equal passes allocates on its thread.</summary>
    private static long LaterPass(int tokens)
    {
        LayerPlan plan = Network.Plans.Identity();
        BatchRun run = new(Network, new TokenBatch([Enumerable.Range(0, tokens).Select(i => i % 300).ToArray()]));
        long bytes = 0;
        for (int pass = 0; pass < 3; pass++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            using (TensorScope scope = Network.Engine.OpenScope()) run.FinalNorm(scope, run.Run(scope, plan));
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return bytes;
    }
}
