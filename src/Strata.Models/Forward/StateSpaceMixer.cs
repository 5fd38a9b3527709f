using Strata.Tensors;

namespace Strata.Models;

/// <summary>The state space of a block on its way through a batch: the counterpart of attention in the forward pass.</summary>
internal sealed class StateSpaceMixer(Model model, BatchRun run, HookSession? hooks, ITokenMemory? cache)
{
    private RecurrentSegment[]? _segments;

    private RecurrentSegment[] Segments => _segments ??= [.. Enumerable.Range(0, run.Batch.Sequences).Select(s => new RecurrentSegment(run.Batch.Starts[s], run.Batch.Length(s), s))];

    /// <summary>What the state space of a block adds to the stream.</summary>
    public Tensor Mix(TensorScope scope, Tensor normalized, int block, int execution)
    {
        StateSpaceSpec spec = model.Spec.Block(block).StateSpace!;
        StateSpaceWeights weights = model.Weights.Blocks[block].StateSpace!;
        RecurrentState state = cache?.States(execution) ?? RecurrentState.Start(scope, spec, run.Batch.Sequences);
        Tensor input = run.Visit(scope, execution, HookKind.SsmInput, scope.Linear(normalized, weights.Input));
        Tensor gate = run.Visit(scope, execution, HookKind.SsmGate, scope.Linear(normalized, weights.Gate));
        Tensor x = run.Visit(scope, execution, HookKind.SsmConvolution, Convolved(scope, input, weights.Convolution, state.Tail, spec));
        ScanInputs inputs = Inputs(scope, normalized, x, weights, state, spec, execution);
        Tensor y = run.Visit(scope, execution, HookKind.SsmMixed, Scan(scope, inputs, state.State, weights.System, execution));
        Tensor gated = run.Visit(scope, execution, HookKind.SsmGated, Gated(scope, y, gate, weights, spec));
        return run.Visit(scope, execution, HookKind.SsmOut, scope.ScaledBy(scope.Linear(gated, weights.Output), model.Spec.ResidualScale));
    }

    private Tensor Convolved(TensorScope scope, Tensor x, ConvolutionWeights? weights, Tensor? tail, StateSpaceSpec spec) => weights is null
        ? x
        : scope.Activate(scope.CausalConvolution(x, weights.Weight, weights.Bias, Segments, tail!), spec.Activation);

    /// <summary>Step sizes, B and C: from the convolved channels in Mamba, from the stream in Mamba-2.</summary>
    private ScanInputs Inputs(TensorScope scope, Tensor normalized, Tensor x, StateSpaceWeights weights, RecurrentState state, StateSpaceSpec spec, int execution)
    {
        Tensor source = weights.Step is null ? normalized : x;
        Tensor step = weights.Step is null ? normalized : Normalised(scope, scope.Linear(x, weights.Step), weights.StepNorm);
        Tensor delta = scope.Activate(scope.Linear(step, weights.Delta), Activation.Softplus);
        if (spec.MinStep > 0 || spec.MaxStep < float.PositiveInfinity) delta = scope.Clamp(delta, spec.MinStep, spec.MaxStep);
        delta = run.Visit(scope, execution, HookKind.SsmDelta, delta);
        Tensor b = Normalised(scope, Convolved(scope, scope.Linear(source, weights.B), weights.BConvolution, state.BTail, spec), weights.BNorm);
        Tensor c = Normalised(scope, Convolved(scope, scope.Linear(source, weights.C), weights.CConvolution, state.CTail, spec), weights.CNorm);
        return new ScanInputs(x, delta, run.Visit(scope, execution, HookKind.SsmB, b), run.Visit(scope, execution, HookKind.SsmC, c));
    }

    private Tensor Normalised(TensorScope scope, Tensor x, NormWeights? norm) => norm is null ? x : scope.Norm(x, norm, model.Spec);

    private Tensor Gated(TensorScope scope, Tensor y, Tensor gate, StateSpaceWeights weights, StateSpaceSpec spec)
    {
        Tensor gated = scope.Gate(gate, y, spec.Activation);
        return spec.OutputNormWidth is int width ? scope.RmsNorm(gated, weights.OutputNorm?.Gain, model.Spec.NormEpsilon, width) : gated;
    }

    /// <summary>The scan, with states and patterns held where somebody reads or changes them.</summary>
    private Tensor Scan(TensorScope scope, ScanInputs inputs, Tensor state, SelectiveSystem system, int execution)
    {
        if (hooks is null) return Plain(scope, inputs, state, system);
        Tensor y = hooks.Changes(execution, HookKind.SsmState) ? ChangedStates(scope, inputs, state, system, execution)
            : hooks.Touches(execution, HookKind.SsmState) ? HeldStates(scope, inputs, state, system, execution)
            : Plain(scope, inputs, state, system);
        if (!hooks.Touches(execution, HookKind.SsmPattern)) return y;
        return MixingMatrix(scope, inputs, system, execution) ?? y;
    }

    private Tensor Plain(TensorScope scope, ScanInputs inputs, Tensor state, SelectiveSystem system) =>
        scope.SelectiveScan(inputs.X, inputs.Delta, inputs.B, inputs.C, system, Segments, state);

    private Tensor HeldStates(TensorScope scope, ScanInputs inputs, Tensor state, SelectiveSystem system, int execution)
    {
        using TensorScope inner = scope.Engine.OpenScope();
        Tensor states = inner.Empty(inputs.X.Shape.Rows, state.Shape.Columns);
        Tensor y = inner.SelectiveScan(inputs.X, inputs.Delta, inputs.B, inputs.C, system, Segments, state, states);
        run.Visit(inner, execution, HookKind.SsmState, states);
        return inner.MoveTo(scope, y);
    }

    /// <summary>The scan token by token: each state is changed before it is read and before the next token inherits it.</summary>
    private Tensor ChangedStates(TensorScope scope, ScanInputs inputs, Tensor state, SelectiveSystem system, int execution)
    {
        int columns = state.Shape.Columns;
        float[] row = new float[columns];
        Tensor y = scope.Empty(inputs.X.Shape.ToArray());
        using TensorScope inner = scope.Engine.OpenScope();
        Tensor states = inner.Empty(inputs.X.Shape.Rows, columns), still = inner.Zeros(inputs.Delta.Shape.ToArray());
        foreach (RecurrentSegment segment in Segments)
        {
            int first = run.FirstPosition(segment.State), length = first + segment.Count;
            for (int i = 0; i < segment.Count; i++)
            {
                using TensorScope token = scope.Engine.OpenScope();
                int at = segment.Start + i;
                RecurrentSegment[] one = [new(at, 1, segment.State)];
                token.SelectiveScan(inputs.X, inputs.Delta, inputs.B, inputs.C, system, one, state);
                token.Rows(state, segment.State, 1).Span.CopyTo(row);
                hooks!.EditToken(row, execution, HookKind.SsmState, segment.State, first + i, length);
                Tensor changed = token.FromHost(row, 1, columns);
                token.WriteRows(changed, 0, state, segment.State, 1);
                token.WriteRows(changed, 0, states, at, 1);

                // A step of size 0 leaves the state as it is and reads it.
                token.WriteRows(token.SelectiveScan(inputs.X, still, inputs.B, inputs.C, system, one, state), at, y, at, 1);
            }
        }

        hooks!.Capture(execution, HookKind.SsmState, states, run);
        run.Passed(execution, HookKind.SsmState);
        return y;
    }

    /// <summary>
    /// Shows the mixing matrix of each sequence: with heads [heads, T, T] (Dao and Gu 2024), without heads the mean over the channels [1, T, T] (Ali et al. 2024).
    /// Entry [t, s] is the factor of token s's input in token t's output.
    /// </summary>
    /// <returns>Null where the matrices stay as they are, else what they and the skip connection make of the inputs.</returns>
    private Tensor? MixingMatrix(TensorScope scope, ScanInputs inputs, SelectiveSystem system, int execution)
    {
        bool changes = hooks!.Changes(execution, HookKind.SsmPattern);
        Tensor? mixed = changes ? scope.Empty(inputs.X.Shape.ToArray()) : null;
        int slices = inputs.X.Shape.Columns == system.Heads ? 1 : system.Heads;
        foreach (RecurrentSegment segment in Segments)
        {
            using TensorScope inner = scope.Engine.OpenScope();
            float[] matrix = Responses(inner, inputs, system, segment, slices);
            Tensor pattern = run.Visit(inner, execution, HookKind.SsmPattern, inner.FromHost(matrix, slices, segment.Count, segment.Count), segment.State);
            if (mixed is not null)
                inner.AttentionMix(pattern, inputs.X, new AttentionHeads(slices, slices, inputs.X.Shape.Columns / slices, 1, Causal: true), new AttentionSegment(segment.Start, segment.Count, segment.Start, segment.Count), mixed);
        }

        if (mixed is null) return null;
        using TensorScope rest = scope.Engine.OpenScope();
        Tensor nothing = rest.Zeros(run.Batch.Sequences, inputs.X.Shape.Columns * (inputs.B.Shape.Columns / system.Groups));
        Tensor skipped = rest.SelectiveScan(inputs.X, rest.Zeros(inputs.Delta.Shape.ToArray()), inputs.B, inputs.C, system, Segments, nothing);
        return scope.Add(mixed, skipped);
    }

    /// <summary>Column s of a head's matrix is what its state space answers to an input of 1 at token s alone; the channels of a head answer alike.</summary>
    private static float[] Responses(TensorScope scope, ScanInputs inputs, SelectiveSystem system, RecurrentSegment segment, int slices)
    {
        int length = segment.Count, heads = system.Heads, rows = inputs.X.Shape.Rows, averaged = heads / slices;
        SelectiveSystem unskipped = system with { Skip = scope.Zeros(heads) };
        float[] matrix = new float[slices * length * length];
        for (int s = 0; s < length; s++)
        {
            using TensorScope inner = scope.Engine.OpenScope();
            Tensor impulse = inner.Zeros(rows, heads), state = inner.Zeros(1, heads * (inputs.B.Shape.Columns / system.Groups));
            float[] ones = new float[heads];
            Array.Fill(ones, 1f);
            inner.WriteRows(inner.FromHost(ones, 1, heads), 0, impulse, segment.Start + s, 1);
            ReadOnlySpan<float> answer = inner.SelectiveScan(impulse, inputs.Delta, inputs.B, inputs.C, unskipped, [new(segment.Start + s, length - s, 0)], state).Span;
            for (int t = s; t < length; t++)
            {
                ReadOnlySpan<float> row = answer.Slice((segment.Start + t) * heads, heads);
                for (int slice = 0; slice < slices; slice++)
                {
                    double sum = 0;
                    foreach (float value in row.Slice(slice * averaged, averaged)) sum += value;
                    matrix[(((slice * length) + t) * length) + s] = (float)(sum / averaged);
                }
            }
        }

        return matrix;
    }

    /// <summary>What the scan reads of each token.</summary>
    private sealed record ScanInputs(Tensor X, Tensor Delta, Tensor B, Tensor C);
}
