namespace Strata.Tensors;

/// <summary>
/// The op set, and the lifetime of what it makes. Every op checks its shapes, takes memory from the engine's pool and computes; disposing the scope returns
/// the memory of every result that <see cref="Keep"/> did not take out. A scope belongs to one flow of control; it is not thread-safe.
/// </summary>
public sealed class TensorScope : IDisposable
{
    private readonly List<Tensor> _owned = [];
    private bool _disposed;

    internal TensorScope(TensorEngine engine)
    {
        Engine = engine;
        engine.ScopeOpened();
    }

    /// <summary>Runs only for a scope that nobody disposed.</summary>
    ~TensorScope() => Engine?.ScopeLeaked();

    /// <summary>The engine that computes.</summary>
    public TensorEngine Engine { get; }

    /// <summary>An uninitialised float32 tensor of this scope.</summary>
    public Tensor Empty(params int[] lengths)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Shape shape = new(lengths);
        Tensor tensor = new(Engine, shape, DType.Float32, Engine.Allocate(shape.Count, DType.Float32, pooled: true));
        _owned.Add(tensor);
        return tensor;
    }

    /// <summary>A float32 tensor of this scope with a copy of the given numbers.</summary>
    public Tensor FromHost(ReadOnlySpan<float> values, params int[] lengths)
    {
        Tensor tensor = Empty(lengths);
        Require(values.Length == tensor.Shape.Count, "FromHost", $"shape {tensor.Shape} holds {tensor.Shape.Count} numbers, {values.Length} were given");
        Engine.CopyFromHost(values, tensor);
        return tensor;
    }

    /// <summary>Takes a tensor out of this scope into <paramref name="outer"/>, without a copy.</summary>
    /// <returns>The same tensor, now owned by <paramref name="outer"/>.</returns>
    public Tensor MoveTo(TensorScope outer, Tensor tensor)
    {
        if (!_owned.Remove(tensor)) throw new ArgumentException($"The {tensor.Shape} tensor does not belong to this scope.");
        outer._owned.Add(tensor);
        return tensor;
    }

    /// <summary>A copy that outlives every scope, owned by the garbage collector.</summary>
    public Tensor Keep(Tensor tensor)
    {
        Tensor kept = new(Engine, tensor.Shape, DType.Float32, Engine.Allocate(tensor.Shape.Count, DType.Float32, pooled: false));
        if (tensor.Shape.Count > 0) Engine.CopyRows(tensor, 0, kept, 0, tensor.Shape.Rows);
        return kept;
    }

    /// <summary>Returns one tensor's memory before the scope ends.</summary>
    public void Release(Tensor tensor)
    {
        if (!_owned.Remove(tensor)) throw new ArgumentException($"The {tensor.Shape} tensor does not belong to this scope.");
        Engine.Return(tensor.Detach());
    }

    /// <summary>x [T, inputs] → [T, outputs]: x · W + bias.</summary>
    public Tensor Linear(Tensor x, LinearWeight weight)
    {
        Require(x.Shape.Columns == weight.Inputs, "Linear", $"x is {x.Shape} and the weight takes rows of {weight.Inputs}");
        Tensor result = Empty(x.Shape.Rows, weight.Outputs);
        Engine.Linear(x, weight, result);
        return result;
    }

    /// <summary>a [m, k] · b [k, n] → [m, n]; with <paramref name="transposeB"/>, b is [n, k].</summary>
    public Tensor MatMul(Tensor a, Tensor b, bool transposeB = false)
    {
        Require(a.Shape.Rank == 2 && b.Shape.Rank == 2, "MatMul", $"two matrices are needed, {a.Shape} and {b.Shape} were given");
        Require(a.Shape[1] == b.Shape[transposeB ? 1 : 0], "MatMul", $"{a.Shape} and {b.Shape}{(transposeB ? " transposed" : "")} do not fit");
        Tensor result = Empty(a.Shape[0], b.Shape[transposeB ? 0 : 1]);
        Engine.MatMul(a, b, transposeB, result);
        return result;
    }

    /// <summary>Rows of table [vocabulary, width] → [ids, width].</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the table.</exception>
    public Tensor Embed(Tensor table, ReadOnlySpan<int> ids)
    {
        RequireInside(ids, table.Shape[0]);
        Tensor result = Empty(ids.Length, table.Shape.Columns);
        Engine.Embed(table, ids, result);
        return result;
    }

    /// <summary>The weights of some outputs of a linear map → [ids, inputs]: an unembedding that is tied to the table of embeddings serves as that table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is no output of the map.</exception>
    public Tensor EmbedOutputs(LinearWeight weight, ReadOnlySpan<int> ids)
    {
        RequireInside(ids, weight.Outputs);
        Tensor result = Empty(ids.Length, weight.Inputs);
        Engine.EmbedOutputs(weight, ids, result);
        return result;
    }

    private static void RequireInside(ReadOnlySpan<int> ids, int rows)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)rows) throw new ArgumentOutOfRangeException(nameof(ids), $"Id {ids[i]} at index {i} is outside the table's rows 0..{rows}.");
        }
    }

    /// <summary>Layer norm of each row, or of each group of <paramref name="width"/> columns of it; see <see cref="TensorEngine.LayerNorm"/>.</summary>
    /// <param name="x">[T, columns].</param>
    /// <param name="gain">[width], [columns] or null for 1.</param>
    /// <param name="bias">As long as the gain, or null for 0.</param>
    /// <param name="epsilon">Added under the root.</param>
    /// <param name="width">Columns of a group; 0 for the whole row.</param>
    public Tensor LayerNorm(Tensor x, Tensor? gain, Tensor? bias, float epsilon, int width = 0)
    {
        width = RequireGroups(x, width, "LayerNorm");
        RequireGain(gain, bias, x, width, "LayerNorm");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.LayerNorm(x, gain, bias, epsilon, width, result);
        return result;
    }

    /// <summary>RMS norm of each row, or of each group of <paramref name="width"/> columns of it (0: the whole row); see <see cref="TensorEngine.RmsNorm"/>.</summary>
    public Tensor RmsNorm(Tensor x, Tensor? gain, float epsilon, int width = 0)
    {
        width = RequireGroups(x, width, "RmsNorm");
        RequireGain(gain, null, x, width, "RmsNorm");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.RmsNorm(x, gain, epsilon, width, result);
        return result;
    }

    /// <summary>Rotary positions; see <see cref="TensorEngine.Rotary"/>.</summary>
    /// <param name="x">[T, heads·headWidth].</param>
    /// <param name="table">[T, turned columns of a head]: see <see cref="RotaryTable"/>.</param>
    /// <param name="headWidth">Width of a head; at least that of the table.</param>
    /// <param name="interleaved">Neighbours turn together, as in GPT-J, instead of the two halves.</param>
    public Tensor Rotary(Tensor x, Tensor table, int headWidth, bool interleaved = false)
    {
        int turned = table.Shape.Columns;
        Require(headWidth > 0 && x.Shape.Columns % headWidth == 0, "Rotary", $"{x.Shape} does not divide into heads of width {headWidth}");
        Require(turned % 2 == 0 && turned <= headWidth, "Rotary", $"a head of width {headWidth} cannot turn {turned} of its columns in pairs");
        Require(table.Shape.Rows == x.Shape.Rows, "Rotary", $"{x.Shape.Rows} rows and {table.Shape.Rows} rows of angles");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.Rotary(x, table, headWidth, interleaved, result);
        return result;
    }

    /// <summary>Softmax of each row.</summary>
    public Tensor Softmax(Tensor x)
    {
        Tensor result = Empty(x.Shape.ToArray());
        Engine.Softmax(x, result);
        return result;
    }

    /// <summary>The non-linearity, element by element.</summary>
    public Tensor Activate(Tensor x, Activation activation)
    {
        Tensor result = Empty(x.Shape.ToArray());
        Engine.Activate(x, activation, result);
        return result;
    }

    /// <summary>activation(gate) · up, element by element.</summary>
    public Tensor Gate(Tensor gate, Tensor up, Activation activation)
    {
        RequireSame(gate, up, "Gate");
        Tensor result = Empty(gate.Shape.ToArray());
        Engine.Gate(gate, up, activation, result);
        return result;
    }

    /// <summary>a + b.</summary>
    public Tensor Add(Tensor a, Tensor b)
    {
        RequireSame(a, b, "Add");
        Tensor result = Empty(a.Shape.ToArray());
        Engine.Add(a, b, result);
        return result;
    }

    /// <summary>The average of tensors of one shape, summed in the order given.</summary>
    public Tensor Average(IReadOnlyList<Tensor> tensors)
    {
        Require(tensors.Count > 0, "Average", "at least one tensor is needed");
        foreach (Tensor tensor in tensors) RequireSame(tensors[0], tensor, "Average");
        Tensor result = Empty(tensors[0].Shape.ToArray());
        Engine.Average(tensors, result);
        return result;
    }

    /// <summary>x · factor, element by element.</summary>
    public Tensor Scale(Tensor x, float factor)
    {
        Tensor result = Empty(x.Shape.ToArray());
        Engine.Scale(x, factor, result);
        return result;
    }

    /// <summary>Each row of x · factors [columns], element by element.</summary>
    /// <exception cref="ArgumentException">There is not one factor per column.</exception>
    public Tensor ScaleColumns(Tensor x, Tensor factors)
    {
        Require(factors.Shape.Count == x.Shape.Columns && factors.DType == DType.Float32, "ScaleColumns", $"{factors.DType} {factors.Shape} are not one float32 factor for each column of {x.Shape}");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.ScaleColumns(x, factors, result);
        return result;
    }

    /// <summary>x held within ±limit, element by element.</summary>
    public Tensor Clamp(Tensor x, float limit)
    {
        Require(limit >= 0, "Clamp", $"the limit is {limit}; a number of at least 0 is needed");
        return Clamp(x, -limit, limit);
    }

    /// <summary>x held from low to high, element by element.</summary>
    public Tensor Clamp(Tensor x, float low, float high)
    {
        Require(low <= high, "Clamp", $"the limits are {low} and {high}; the second must not be less");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.Clamp(x, low, high, result);
        return result;
    }

    /// <summary>cap · tanh(x / cap), element by element.</summary>
    public Tensor SoftCap(Tensor x, float cap)
    {
        Require(cap > 0, "SoftCap", $"the cap is {cap}; a number above 0 is needed");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.SoftCap(x, cap, result);
        return result;
    }

    /// <summary>A tensor of zeros.</summary>
    public Tensor Zeros(params int[] lengths)
    {
        Tensor result = Empty(lengths);
        Engine.Fill(result, 0f);
        return result;
    }

    /// <summary>Adds weights[i] · row i of <paramref name="source"/> to row rows[i] of <paramref name="target"/>: how the outputs of experts come together.</summary>
    /// <exception cref="ArgumentException">Columns differ, a row does not exist, or there are not as many rows and weights as rows of the source.</exception>
    public void AddRows(Tensor source, ReadOnlySpan<int> rows, ReadOnlySpan<float> weights, Tensor target)
    {
        Require(source.Shape.Columns == target.Shape.Columns, "AddRows", $"rows of {source.Shape} do not fit {target.Shape}");
        Require(rows.Length == source.Shape.Rows && weights.Length == rows.Length, "AddRows", $"{source.Shape} needs {source.Shape.Rows} rows and weights, {rows.Length} and {weights.Length} were given");
        foreach (int row in rows) Require((uint)row < (uint)target.Shape.Rows, "AddRows", $"row {row} is outside {target.Shape}");
        Engine.AddRows(source, rows, weights, target);
    }

    /// <summary>Rows <paramref name="start"/> .. <paramref name="start"/> + <paramref name="rows"/> as a new tensor [rows, columns].</summary>
    public Tensor Rows(Tensor x, int start, int rows)
    {
        Require(start >= 0 && rows >= 0 && start + rows <= x.Shape.Rows, "Rows", $"rows {start}..{start + rows} are outside {x.Shape}");
        Tensor result = Empty(rows, x.Shape.Columns);
        Engine.CopyRows(x, start, result, 0, rows);
        return result;
    }

    /// <summary>Writes all rows of <paramref name="source"/> into <paramref name="target"/> from row <paramref name="start"/> on: how a key/value cache grows.</summary>
    public void WriteRows(Tensor source, int sourceStart, Tensor target, int start, int rows)
    {
        Require(source.Shape.Columns == target.Shape.Columns, "WriteRows", $"rows of {source.Shape} do not fit {target.Shape}");
        Require(sourceStart >= 0 && sourceStart + rows <= source.Shape.Rows && start >= 0 && start + rows <= target.Shape.Rows, "WriteRows",
            $"rows {sourceStart}..{sourceStart + rows} of {source.Shape} to rows {start}.. of {target.Shape}");
        Engine.CopyRows(source, sourceStart, target, start, rows);
    }

    /// <summary>Attention of every sequence; see <see cref="TensorEngine.Attention"/>.</summary>
    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionHeads heads, ReadOnlySpan<AttentionSegment> segments, Tensor? bias = null)
    {
        RequireHeads(q, k, v, heads, segments, bias);
        Tensor result = Empty(q.Shape.ToArray());
        Engine.Attention(q, k, v, heads, bias, segments, result);
        return result;
    }

    /// <summary>The scaled scores of one sequence, [heads, queries, keys]; see <see cref="TensorEngine.AttentionScores"/>.</summary>
    public Tensor AttentionScores(Tensor q, Tensor k, AttentionHeads heads, AttentionSegment segment, Tensor? bias = null)
    {
        RequireHeads(q, k, k, heads, [segment], bias);
        Tensor result = Empty(heads.Heads, segment.QueryCount, segment.KeyCount);
        Engine.AttentionScores(q, k, heads, bias, segment, result);
        return result;
    }

    /// <summary>Adds terms by the distance from key to query to the scores [heads, n, n] of one sequence, in place; see <see cref="TensorEngine.AddByDistance"/>.</summary>
    /// <exception cref="ArgumentException">Shapes do not fit, or a row does not exist.</exception>
    public void AddByDistance(Tensor scores, Tensor? ofQueries, Tensor? ofKeys, ReadOnlySpan<int> rows)
    {
        int heads = scores.Shape[0], length = scores.Shape[1];
        Require(scores.Shape == new Shape(heads, length, length), "AddByDistance", $"scores are {scores.Shape}, expected as many keys as queries");
        Require(rows.Length == (2 * length) - 1, "AddByDistance", $"{rows.Length} rows for {(2 * length) - 1} distances");
        foreach (Tensor? term in new[] { ofQueries, ofKeys })
        {
            if (term is null) continue;
            Require(term.Shape == new Shape(heads, length, term.Shape[2]), "AddByDistance", $"terms {term.Shape} do not fit scores {scores.Shape}");
            foreach (int row in rows) Require((uint)row < (uint)term.Shape[2], "AddByDistance", $"row {row} is outside {term.Shape}");
        }

        Engine.AddByDistance(scores, ofQueries, ofKeys, rows);
    }

    /// <summary>Writes pattern [heads, queries, keys] · v of one sequence into its rows of <paramref name="result"/> [T, heads·headWidth].</summary>
    public void AttentionMix(Tensor pattern, Tensor v, AttentionHeads heads, AttentionSegment segment, Tensor result)
    {
        Require(pattern.Shape == new Shape(heads.Heads, segment.QueryCount, segment.KeyCount), "AttentionMix", $"pattern {pattern.Shape} does not fit {segment}");
        Require(result.Shape.Columns == heads.Heads * heads.HeadWidth, "AttentionMix", $"result {result.Shape} does not hold {heads.Heads} heads of width {heads.HeadWidth}");
        Engine.AttentionMix(pattern, v, heads, segment, result);
    }

    /// <summary>Causal convolution of each column alone; see <see cref="TensorEngine.CausalConvolution"/>.</summary>
    /// <param name="x">[T, columns].</param>
    /// <param name="weight">[taps, columns].</param>
    /// <param name="bias">[columns], or null.</param>
    /// <param name="segments">The sequences.</param>
    /// <param name="tail">[sequences, (taps − 1) · columns]: the rows before each segment; brought up to date.</param>
    public Tensor CausalConvolution(Tensor x, Tensor weight, Tensor? bias, ReadOnlySpan<RecurrentSegment> segments, Tensor tail)
    {
        int columns = x.Shape.Columns;
        Require(weight.Shape.Rank == 2 && weight.Shape.Columns == columns && weight.Shape.Rows > 0, "CausalConvolution", $"x is {x.Shape} and the weight {weight.Shape}");
        Require(bias is null || bias.Shape.Count == columns, "CausalConvolution", $"x is {x.Shape} and the bias {bias?.Shape}");
        Require(tail.Shape.Columns == (weight.Shape.Rows - 1) * columns, "CausalConvolution", $"the tail is {tail.Shape}, and {weight.Shape.Rows - 1} rows of {columns} are kept per sequence");
        RequireSegments(segments, x.Shape.Rows, tail.Shape.Rows, "CausalConvolution");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.CausalConvolution(x, weight, bias, segments, tail, result);
        return result;
    }

    /// <summary>The selective scan; see <see cref="TensorEngine.SelectiveScan"/>.</summary>
    /// <param name="x">[T, channels].</param>
    /// <param name="delta">[T, heads]: step sizes.</param>
    /// <param name="b">[T, groups · state size].</param>
    /// <param name="c">[T, groups · state size].</param>
    /// <param name="system">A, D and the groups.</param>
    /// <param name="segments">The sequences.</param>
    /// <param name="state">[sequences, channels · state size]: the state before each segment; brought up to date.</param>
    /// <param name="states">[T, channels · state size], receives the state after each token; or null.</param>
    public Tensor SelectiveScan(Tensor x, Tensor delta, Tensor b, Tensor c, SelectiveSystem system, ReadOnlySpan<RecurrentSegment> segments, Tensor state, Tensor? states = null)
    {
        int rows = x.Shape.Rows, channels = x.Shape.Columns, heads = system.Heads;
        Require(heads > 0 && channels % heads == 0 && system.Groups > 0 && heads % system.Groups == 0, "SelectiveScan", $"{channels} channels, {heads} heads and {system.Groups} groups do not divide");
        Require(b.Shape.Columns % system.Groups == 0 && b.Shape == c.Shape && b.Shape.Rows == rows, "SelectiveScan", $"b is {b.Shape} and c {c.Shape}, expected {rows} rows in {system.Groups} groups");
        int size = b.Shape.Columns / system.Groups;
        Require(system.A.Shape.Columns == 1 || system.A.Shape.Columns == size, "SelectiveScan", $"A is {system.A.Shape}, and a head has {size} states");
        Require(system.Skip.Shape.Count == heads, "SelectiveScan", $"the skip is {system.Skip.Shape}, and there are {heads} heads");
        Require(delta.Shape == new Shape(rows, heads), "SelectiveScan", $"delta is {delta.Shape}, expected [{rows}, {heads}]");
        Require(state.Shape.Columns == channels * size, "SelectiveScan", $"the state is {state.Shape}, expected rows of {channels} x {size}");
        Require(states is null || states.Shape == new Shape(rows, channels * size), "SelectiveScan", $"the states are {states?.Shape}, expected [{rows}, {channels * size}]");
        RequireSegments(segments, rows, state.Shape.Rows, "SelectiveScan");
        Tensor result = Empty(x.Shape.ToArray());
        Engine.SelectiveScan(x, delta, b, c, system, segments, state, states, result);
        return result;
    }

    /// <summary>Loss in nats and the most likely id per row; see <see cref="TensorEngine.CrossEntropy"/>.</summary>
    /// <param name="hidden">[T, width], after the final norm.</param>
    /// <param name="unembedding">width → vocabulary.</param>
    /// <param name="targets">T ids; negative: no loss wanted for this row.</param>
    /// <param name="losses">Receives T losses in nats.</param>
    /// <param name="largest">Receives T ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">A target is outside the vocabulary.</exception>
    public void CrossEntropy(Tensor hidden, LinearWeight unembedding, ReadOnlySpan<int> targets, Span<float> losses, Span<int> largest)
    {
        int rows = hidden.Shape.Rows;
        Require(hidden.Shape.Columns == unembedding.Inputs, "CrossEntropy", $"hidden is {hidden.Shape} and the unembedding takes rows of {unembedding.Inputs}");
        Require(targets.Length == rows && losses.Length == rows && largest.Length == rows, "CrossEntropy", $"{rows} rows need as many targets, losses and ids");
        foreach (int target in targets)
        {
            if (target >= unembedding.Outputs)
                throw new ArgumentOutOfRangeException(nameof(targets), $"Target {target} is outside the vocabulary of {unembedding.Outputs}.");
        }

        Engine.CrossEntropy(hidden, unembedding, targets, losses, largest);
    }

    /// <summary>Returns the memory of every tensor still owned.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        foreach (Tensor tensor in _owned) Engine.Return(tensor.Detach());
        _owned.Clear();
        Engine.ScopeClosed();
        GC.SuppressFinalize(this);
    }

    /// <summary>The width of the groups that a row divides into.</summary>
    private static int RequireGroups(Tensor x, int width, string op)
    {
        if (width == 0) return x.Shape.Columns;
        Require(width > 0 && x.Shape.Columns % width == 0, op, $"{x.Shape} does not divide into groups of {width} columns");
        return width;
    }

    private static void RequireHeads(Tensor q, Tensor k, Tensor v, AttentionHeads heads, ReadOnlySpan<AttentionSegment> segments, Tensor? bias)
    {
        Require(heads.Window >= 0, "Attention", $"a window of {heads.Window} keys; a number of at least 0 is needed");
        Require(heads.SoftCap >= 0, "Attention", $"the cap of the scores is {heads.SoftCap}; a number of at least 0 is needed");
        Require(bias is null || bias.Shape.Rows == heads.Heads, "Attention", $"the bias of the scores is {bias?.Shape}, expected {heads.Heads} rows");
        Require(bias is null || !heads.BiasByDistance || bias.Shape.Columns % 2 == 1, "Attention", $"the bias of the scores is {bias?.Shape}; by distance it needs a middle column");
        Require(heads.KeyValueHeads > 0 && heads.Heads % heads.KeyValueHeads == 0, "Attention", $"{heads.Heads} heads do not divide into groups over {heads.KeyValueHeads} key heads");
        Require(q.Shape.Columns == heads.Heads * heads.HeadWidth, "Attention", $"q is {q.Shape}, expected rows of {heads.Heads} x {heads.HeadWidth}");
        int width = heads.KeyValueHeads * heads.HeadWidth;
        Require(k.Shape.Columns == width && v.Shape.Columns == width, "Attention", $"k is {k.Shape} and v {v.Shape}, expected rows of {heads.KeyValueHeads} x {heads.HeadWidth}");
        foreach (AttentionSegment s in segments)
        {
            Require(s.QueryStart >= 0 && s.QueryCount >= 0 && s.QueryStart + s.QueryCount <= q.Shape.Rows && s.KeyStart >= 0 && s.KeyStart + s.KeyCount <= k.Shape.Rows
                && (s.KeyCount >= s.QueryCount || !(heads.Causal || heads.Window > 0 || heads.BiasByDistance)), "Attention", $"{s} does not lie in q {q.Shape} and k {k.Shape}");
            int columns = heads.BiasByDistance ? (2 * s.KeyCount) - 1 : s.KeyCount;
            Require(bias is null || bias.Shape.Columns >= columns, "Attention", $"the bias of the scores is {bias?.Shape} and {s} has {s.KeyCount} keys");
        }
    }

    private static void RequireSegments(ReadOnlySpan<RecurrentSegment> segments, int rows, int states, string op)
    {
        foreach (RecurrentSegment s in segments)
            Require(s.Start >= 0 && s.Count >= 0 && s.Start + s.Count <= rows && s.State >= 0 && s.State < states, op, $"{s} does not lie in {rows} rows and {states} states");
    }

    private static void RequireGain(Tensor? gain, Tensor? bias, Tensor x, int width, string op)
    {
        int length = (gain ?? bias)?.Shape.Count ?? width;
        Require(length == width || length == x.Shape.Columns, op, $"gain or bias is {(gain ?? bias)?.Shape}, and {width} or {x.Shape.Columns} columns are normalised");
        Require(bias is null || bias.Shape.Count == length, op, $"gain is {gain?.Shape} and bias {bias?.Shape}");
    }

    private static void RequireSame(Tensor a, Tensor b, string op) => Require(a.Shape == b.Shape, op, $"shapes differ: {a.Shape} and {b.Shape}");

    private static void Require(bool holds, string op, string problem)
    {
        if (!holds) throw new ArgumentException($"{op}: {problem}.");
    }
}
