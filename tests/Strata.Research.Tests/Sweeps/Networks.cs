using Strata.Models;
using Strata.Tensors;

namespace Strata.Research.Tests.Sweeps;

/// <summary>Small random networks of different architectures, and data for them.</summary>
internal static class Networks
{
    /// <summary>Five blocks of width 24, four heads of width 8 or 6, vocabulary 53.</summary>
    public static Model Make(string family, TensorEngine? engine = null)
    {
        ModelSpec gpt2 = Gpt2Family.Spec(blocks: 5, width: 24, heads: 4, vocabulary: 53, positions: 32) with { InitializerRange = 0.3f };
        ModelSpec llama = LlamaFamily.Spec(blocks: 5, width: 24, heads: 4, keyValueHeads: 2, mlpWidth: 40, vocabulary: 53, positions: 32) with { HeadWidth = 8, InitializerRange = 0.3f };
        return Model.Random(family switch
        {
            "gpt2" => gpt2,
            "llama" => llama,
            "parallel" => gpt2 with { ParallelResidual = true },
            "window" => llama with { BlockSpecs = new ValueList<BlockSpec>(Enumerable.Range(0, 5).Select(i => new BlockSpec(40) { Rotary = llama.Rotary, Window = i % 2 == 0 ? 4 : null })) },
            "mamba2" => gpt2 with
            {
                Family = "mamba2",
                Heads = 0,
                KeyValueHeads = 0,
                HeadWidth = 0,
                MlpWidth = 0,
                Positions = PositionKind.None,
                MaxPositions = int.MaxValue,
                Norm = NormKind.RmsNorm,
                StateSpace = new StateSpaceSpec { Channels = 48, Heads = 4, StateSize = 8, Taps = 4, OutputNormWidth = 48 },
            },
            _ => throw new ArgumentException(family),
        }, 5, new ModelOptions { Engine = engine });
    }

    public static TokenRows Rows(params int[] lengths)
    {
        SeededRandom random = new(2);
        return new TokenRows("random ids", lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.NextInt(53)).ToArray()).ToArray());
    }

    public static Scorer Even { get; } = new("even", row => (row.Predictions.ToArray().Count(id => id % 2 == 0), row.Ids.Length));

    internal sealed class Reports(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }
}
