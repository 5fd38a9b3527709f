namespace Strata.Tensors;

/// <summary>
/// The seam under <see cref="Tensor"/>: memory and kernels. Kernels write into tensors that exist already and trust their arguments:
/// <see cref="TensorScope"/> is the op set for callers; it checks shapes once for all engines and owns the results.
/// Shapes below name T rows (tokens of all sequences, one behind another).
/// </summary>
public abstract class TensorEngine
{
    /// <summary>Name for provenance, with what it runs on: <c>cpu (Vector512, 2 threads)</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Opens a scope: the tensors made through it return their memory when it is disposed.</summary>
    public TensorScope OpenScope() => new(this);

    /// <summary>Scopes opened and not yet disposed. Zero when no work is running; tests assert it.</summary>
    public int OpenScopes => Volatile.Read(ref _openScopes);

    /// <summary>Scopes that the garbage collector found undisposed: leaks, whose pooled memory stays counted as in use. Always zero in a correct program.</summary>
    public int LeakedScopes => Volatile.Read(ref _leakedScopes);

    private int _openScopes;
    private int _leakedScopes;

    internal void ScopeOpened() => Interlocked.Increment(ref _openScopes);

    internal void ScopeClosed() => Interlocked.Decrement(ref _openScopes);

    internal void ScopeLeaked() => Interlocked.Increment(ref _leakedScopes);

    // ---- memory ----

    /// <summary>Memory for a tensor, contents undefined.</summary>
    /// <param name="count">Elements.</param>
    /// <param name="dtype">Number format.</param>
    /// <param name="pooled">True when the memory comes back through <see cref="Return"/>; false when the garbage collector takes it.</param>
    protected internal abstract TensorStorage Allocate(int count, DType dtype, bool pooled);

    /// <summary>Takes back pooled memory.</summary>
    protected internal abstract void Return(TensorStorage storage);

    /// <summary>Bytes handed out from the pool and not yet returned.</summary>
    public abstract long PooledBytesInUse { get; }

    /// <summary>The most that <see cref="PooledBytesInUse"/> has been since <see cref="ResetPeak"/>.</summary>
    public abstract long PeakPooledBytes { get; }

    /// <summary>Starts a new measurement of <see cref="PeakPooledBytes"/>.</summary>
    public abstract void ResetPeak();

    /// <summary>A float32 tensor with a copy of the given numbers, owned by the garbage collector.</summary>
    /// <exception cref="ArgumentException">The number of values is not the shape's.</exception>
    public Tensor FromHost(ReadOnlySpan<float> values, Shape shape)
    {
        if (values.Length != shape.Count) throw new ArgumentException($"Shape {shape} holds {shape.Count} numbers; {values.Length} were given.");
        Tensor tensor = new(this, shape, DType.Float32, Allocate(shape.Count, DType.Float32, pooled: false));
        CopyFromHost(values, tensor);
        return tensor;
    }

    /// <summary>
    /// A tensor over memory that somebody else owns (a mapped checkpoint); no copy where the engine computes in this process's memory.
    /// </summary>
    /// <param name="address">First byte; any alignment.</param>
    /// <param name="shape">Axis lengths.</param>
    /// <param name="dtype">Number format at that address, any but <see cref="DType.Int8"/>.</param>
    /// <param name="owner">Kept alive as long as the tensor.</param>
    public abstract Tensor FromMemory(nint address, Shape shape, DType dtype, object owner);

    /// <summary>Copies a tensor's numbers out, widened to float32.</summary>
    public abstract void CopyToHost(Tensor tensor, Span<float> values);

    /// <summary>Copies numbers into a float32 tensor.</summary>
    protected internal abstract void CopyFromHost(ReadOnlySpan<float> values, Tensor tensor);

    /// <summary>A float32 tensor's numbers where they lie.</summary>
    /// <exception cref="InvalidOperationException">Not float32, or not in this process's memory.</exception>
    protected internal abstract ReadOnlySpan<float> View(Tensor tensor);

    /// <summary>Copies rows <paramref name="start"/> onwards of a tensor into another, both float32 with equal columns.</summary>
    protected internal abstract void CopyRows(Tensor source, int start, Tensor result, int resultStart, int rows);

    // ---- matrix products ----

    /// <summary>
    /// Lays out a weight for <see cref="Linear"/>: outputs <paramref name="firstOutput"/> .. <paramref name="firstOutput"/> + <paramref name="outputs"/>
    /// of the matrix, so that one fused matrix (GPT-2's <c>c_attn</c>) yields several maps.
    /// </summary>
    /// <param name="weight">[outputs, inputs] or [inputs, outputs], any storage format.</param>
    /// <param name="orientation">Which of the two.</param>
    /// <param name="firstOutput">First output to take.</param>
    /// <param name="outputs">How many.</param>
    /// <param name="bias">A vector over <em>all</em> outputs of the matrix, or null.</param>
    /// <param name="storage">Format in which the laid out weights stay in memory.</param>
    /// <param name="reuse">A laid out weight of the same inputs, outputs and format (and with a bias, if there is one) that nobody computes with any more: its memory is taken, and it is returned. Null for new memory.</param>
    /// <exception cref="ArgumentException">The weight is not a matrix, the outputs or the bias do not fit it, <paramref name="reuse"/> is of another size or format, or <see cref="DType.Int8"/> is asked for weights that are not finite.</exception>
    public abstract LinearWeight PrepareLinear(Tensor weight, WeightOrientation orientation, int firstOutput, int outputs, Tensor? bias, DType storage, LinearWeight? reuse = null);

    /// <summary>result [T, outputs] = x [T, inputs] · W + bias. A row's result does not depend on the other rows, to the last bit.</summary>
    protected internal abstract void Linear(Tensor x, LinearWeight weight, Tensor result);

    /// <summary>result [m, n] = a [m, k] · b, with b [k, n], or b [n, k] when <paramref name="transposeB"/>.</summary>
    protected internal abstract void MatMul(Tensor a, Tensor b, bool transposeB, Tensor result);

    // ---- rows ----

    /// <summary>result [ids.Length, width] = rows of table [vocabulary, width].</summary>
    protected internal abstract void Embed(Tensor table, ReadOnlySpan<int> ids, Tensor result);

    /// <summary>result [ids.Length, inputs] = the weights of the outputs ids, without their bias: a table of embeddings that is laid out as an unembedding serves both ways.</summary>
    protected internal abstract void EmbedOutputs(LinearWeight weight, ReadOnlySpan<int> ids, Tensor result);

    /// <summary>
    /// (x − mean) / √(variance + eps) · gain + bias, each group of <paramref name="width"/> columns of a row alone (the whole row, or one head); variance divides
    /// by the width. Gain and bias have that width, or that of the row where each group has its own; null gain means 1, null bias 0.
    /// </summary>
    protected internal abstract void LayerNorm(Tensor x, Tensor? gain, Tensor? bias, float epsilon, int width, Tensor result);

    /// <summary>x / √(mean x² + eps) · gain, each group of <paramref name="width"/> columns of a row alone; gain as for <see cref="LayerNorm"/>.</summary>
    protected internal abstract void RmsNorm(Tensor x, Tensor? gain, float epsilon, int width, Tensor result);

    /// <summary>
    /// Rotary positions: in each head, pair i of the first 2n columns turns by the cosine and sine that row t of <paramref name="table"/> [T, 2n] holds at i and
    /// n + i (<see cref="RotaryTable"/>); the columns behind stay. Pair i is (i, i + n), as in Llama, or (2i, 2i + 1) when <paramref name="interleaved"/>, as in
    /// GPT-J. x and result are [T, heads·headWidth].
    /// </summary>
    protected internal abstract void Rotary(Tensor x, Tensor table, int headWidth, bool interleaved, Tensor result);

    /// <summary>Softmax of each row.</summary>
    protected internal abstract void Softmax(Tensor x, Tensor result);

    // ---- elements ----

    /// <summary>The non-linearity, element by element; result may be x.</summary>
    protected internal abstract void Activate(Tensor x, Activation activation, Tensor result);

    /// <summary>activation(gate) · up, element by element; result may be either.</summary>
    protected internal abstract void Gate(Tensor gate, Tensor up, Activation activation, Tensor result);

    /// <summary>a + b; result may be either.</summary>
    protected internal abstract void Add(Tensor a, Tensor b, Tensor result);

    /// <summary>The average of tensors of one shape, summed in the order given.</summary>
    protected internal abstract void Average(IReadOnlyList<Tensor> tensors, Tensor result);

    /// <summary>x · factor; result may be x.</summary>
    protected internal abstract void Scale(Tensor x, float factor, Tensor result);

    /// <summary>Each row of x times factors [columns], element by element; result may be x.</summary>
    protected internal abstract void ScaleColumns(Tensor x, Tensor factors, Tensor result);

    /// <summary>x held from low to high; result may be x. Not a number stays so.</summary>
    protected internal abstract void Clamp(Tensor x, float low, float high, Tensor result);

    /// <summary>cap · tanh(x / cap); result may be x.</summary>
    protected internal abstract void SoftCap(Tensor x, float cap, Tensor result);

    /// <summary>Row rows[i] of result grows by weights[i] · row i of source; rows are taken in order, and one may occur again.</summary>
    protected internal abstract void AddRows(Tensor source, ReadOnlySpan<int> rows, ReadOnlySpan<float> weights, Tensor result);

    /// <summary>Every element becomes the value.</summary>
    protected internal abstract void Fill(Tensor result, float value);

    // ---- attention ----

    /// <summary>
    /// result [T, heads·d] = softmax(cap(scale · q kᵀ) + bias) v for each sequence and head, without ever holding a full score matrix.
    /// q [T, heads·d]; k, v [S, keyValueHeads·d]; bias null, or by the key's place in its sequence (ALiBi), [heads, at least the longest KeyCount], or by distance
    /// (<see cref="AttentionHeads.BiasByDistance"/>), [heads, odd, at least 2 · the longest KeyCount − 1].
    /// </summary>
    protected internal abstract void Attention(Tensor q, Tensor k, Tensor v, AttentionHeads heads, Tensor? bias, ReadOnlySpan<AttentionSegment> segments, Tensor result);

    /// <summary>result [heads, QueryCount, KeyCount] = cap(scale · q kᵀ) + bias of one sequence; keys that a query may not see get −∞.</summary>
    protected internal abstract void AttentionScores(Tensor q, Tensor k, AttentionHeads heads, Tensor? bias, AttentionSegment segment, Tensor result);

    /// <summary>
    /// scores [heads, n, n] at query i and key j grows by ofQueries [heads, n, rows] at query i and ofKeys [heads, n, rows] at key j, both in the row that
    /// <paramref name="rows"/> has for the distance i − j, from 1 − n on. Either may be null.
    /// </summary>
    protected internal abstract void AddByDistance(Tensor scores, Tensor? ofQueries, Tensor? ofKeys, ReadOnlySpan<int> rows);

    /// <summary>Rows QueryStart .. QueryStart + QueryCount of result [T, heads·d] = pattern [heads, QueryCount, KeyCount] · v.</summary>
    protected internal abstract void AttentionMix(Tensor pattern, Tensor v, AttentionHeads heads, AttentionSegment segment, Tensor result);

    // ---- state spaces ----

    /// <summary>
    /// Causal convolution of each column alone: result[t, c] = bias[c] + Σ weight[k, c] · x[t − taps + 1 + k, c]. x and result [T, columns], weight [taps, columns], bias
    /// [columns] or null. <paramref name="tail"/> [sequences, (taps − 1) · columns] holds the rows before each segment's first, oldest first, and afterwards those before its end.
    /// </summary>
    protected internal abstract void CausalConvolution(Tensor x, Tensor weight, Tensor? bias, ReadOnlySpan<RecurrentSegment> segments, Tensor tail, Tensor result);

    /// <summary>
    /// The selective scan, token by token: h ← exp(Δ A) h + Δ x B and result = C · h + D x, for every channel, with its head's Δ and A and its group's B and C.
    /// x and result [T, channels]; delta [T, heads]; b and c [T, groups · state size]. <paramref name="state"/> [sequences, channels · state size] holds h before each
    /// segment, channel after channel, and afterwards h behind it; <paramref name="states"/> [T, channels · state size], where given, receives h after each token.
    /// </summary>
    protected internal abstract void SelectiveScan(Tensor x, Tensor delta, Tensor b, Tensor c, SelectiveSystem system, ReadOnlySpan<RecurrentSegment> segments, Tensor state, Tensor? states, Tensor result);

    // ---- vocabulary ----

    /// <summary>
    /// Per row of hidden [T, width]: the loss −log softmax(hidden · W)[target] in nats and the id of the largest logit, holding at most a tile of logits.
    /// A negative target leaves the loss 0. The first of equal logits wins.
    /// </summary>
    protected internal abstract void CrossEntropy(Tensor hidden, LinearWeight unembedding, ReadOnlySpan<int> targets, Span<float> losses, Span<int> largest);
}
