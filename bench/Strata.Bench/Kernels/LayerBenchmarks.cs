using BenchmarkDotNet.Attributes;
using Strata.Tensors;

namespace Strata.Bench.Kernels;

/// <summary>What surrounds the matrix products, on 1024 tokens of a GPT-2 small sized layer.</summary>
public class LayerBenchmarks
{
    private const int Tokens = 1024, Width = 768, Heads = 12, Vocabulary = 50257;
    private readonly int[] _positions = [.. Enumerable.Range(0, Tokens)];
    private readonly float[] _losses = new float[Tokens];
    private readonly int[] _largest = new int[Tokens];
    private CpuEngine _engine = null!;
    private Tensor _hidden = null!, _wide = null!, _query = null!, _table = null!;
    private LinearWeight _unembedding = null!;

    /// <summary>Threads of the engine.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _engine = new CpuEngine(new CpuEngineOptions { Threads = Threads });
        _hidden = Operands.Random(_engine, Tokens, Width);
        _wide = Operands.Random(_engine, Tokens, 4 * Width);
        _query = Operands.Random(_engine, 1, Width);
        _table = Operands.Random(_engine, Tokens, Width / Heads);
        _unembedding = _engine.PrepareLinear(Operands.Random(_engine, Vocabulary, Width), WeightOrientation.OutputsByInputs, 0, Vocabulary, null, DType.Float32);
    }

    /// <summary>Attention of one sequence of 1024 tokens over 12 heads.</summary>
    [Benchmark]
    [Arguments(true)]
    [Arguments(false)]
    public void Attention(bool causal)
    {
        using TensorScope scope = _engine.OpenScope();
        scope.Attention(_hidden, _hidden, _hidden, new AttentionHeads(Heads, Heads, Width / Heads, 0.125f, causal), [new(0, Tokens, 0, Tokens)]);
    }

    /// <summary>Attention of one new token to 1024 cached ones.</summary>
    [Benchmark]
    public void AttentionOfOneToken()
    {
        using TensorScope scope = _engine.OpenScope();
        scope.Attention(_query, _hidden, _hidden, new AttentionHeads(Heads, Heads, Width / Heads, 0.125f, true), [new(0, 1, 0, Tokens)]);
    }

    /// <summary>Layer norm of [1024, 768].</summary>
    [Benchmark]
    public void LayerNorm()
    {
        using TensorScope scope = _engine.OpenScope();
        scope.LayerNorm(_hidden, null, null, 1e-5f);
    }

    /// <summary>Rotary positions of [1024, 12 x 64].</summary>
    [Benchmark]
    public void Rotary()
    {
        using TensorScope scope = _engine.OpenScope();
        scope.Rotary(_hidden, _table, Width / Heads);
    }

    /// <summary>A non-linearity over [1024, 3072].</summary>
    [Benchmark]
    [Arguments(Activation.GeluTanh)]
    [Arguments(Activation.GeluErf)]
    [Arguments(Activation.Silu)]
    public void Activate(Activation activation)
    {
        using TensorScope scope = _engine.OpenScope();
        scope.Activate(_wide, activation);
    }

    /// <summary>The scan of 1024 tokens over 1536 channels: with 16 states and decays of their own each (Mamba 130M), or 128 states in 24 heads (Mamba-2 130M).</summary>
    [Benchmark]
    [Arguments(16)]
    [Arguments(128)]
    public void SelectiveScan(int states)
    {
        const int channels = 2 * Width;
        int heads = states == 16 ? channels : channels / 64;
        using TensorScope scope = _engine.OpenScope();
        SelectiveSystem system = new(scope.Zeros(heads, states == 16 ? states : 1), scope.Zeros(heads), 1);
        Tensor parameters = scope.Zeros(Tokens, states);
        scope.SelectiveScan(scope.Zeros(Tokens, channels), scope.Zeros(Tokens, heads), parameters, parameters, system, [new(0, Tokens, 0)], scope.Zeros(1, channels * states));
    }

    /// <summary>The convolution of 1024 tokens over 1536 channels with 4 taps.</summary>
    [Benchmark]
    public void CausalConvolution()
    {
        using TensorScope scope = _engine.OpenScope();
        scope.CausalConvolution(scope.Zeros(Tokens, 2 * Width), scope.Zeros(4, 2 * Width), null, [new(0, Tokens, 0)], scope.Zeros(1, 3 * 2 * Width));
    }

    /// <summary>Losses of 1024 tokens over a vocabulary of 50,257.</summary>
    [Benchmark]
    public void CrossEntropy()
    {
        using TensorScope scope = _engine.OpenScope();
        scope.CrossEntropy(_hidden, _unembedding, _positions, _losses, _largest);
    }
}
