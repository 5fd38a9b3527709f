namespace Strata.Tensors.Tests;

/// <summary>Convolution and selective scan against double loops written from their definitions.</summary>
public class StateSpaceTests
{
    /// <summary>Three sequences, the last of one row, that continue states 2, 0 and 1.</summary>
    private static readonly RecurrentSegment[] Segments = [new(0, 7, 2), new(7, 12, 0), new(19, 1, 1)];

    private const int Rows = 20;

    public static TheoryData<CpuEngine> AllEngines => Engines.Data;

    [Theory, MemberData(nameof(AllEngines))]
    public void Convolution_agrees_with_double(CpuEngine engine)
    {
        foreach ((int columns, int taps, bool biased) in new[] { (1, 4, true), (7, 3, false), (48, 4, true), (300, 2, true), (33, 1, false), (16, 15, true) })
        {
            using TensorScope scope = engine.OpenScope();
            Tensor x = engine.RandomTensor(1, Rows, columns), weight = engine.RandomTensor(2, taps, columns), bias = engine.RandomTensor(3, columns);
            Tensor tail = engine.RandomTensor(4, 3, (taps - 1) * columns);
            float[] before = tail.ToArray();
            Tensor result = scope.CausalConvolution(x, weight, biased ? bias : null, Segments, tail);
            double[] expected = new double[Rows * columns];
            float[] kept = [.. before];
            foreach (RecurrentSegment segment in Segments)
            {
                // The row before the segment's first is the last one kept.
                float Row(int t, int column) => t >= 0 ? x.Span[((segment.Start + t) * columns) + column] : before[(((segment.State * (taps - 1)) + taps - 1 + t) * columns) + column];
                for (int column = 0; column < columns; column++)
                {
                    for (int t = 0; t < segment.Count; t++)
                    {
                        double sum = biased ? bias.Span[column] : 0;
                        for (int k = 0; k < taps; k++) sum += (double)weight.Span[(k * columns) + column] * Row(t - taps + 1 + k, column);
                        expected[((segment.Start + t) * columns) + column] = sum;
                    }

                    for (int k = 0; k < taps - 1; k++) kept[(((segment.State * (taps - 1)) + k) * columns) + column] = Row(segment.Count - taps + 1 + k, column);
                }
            }

            Numbers.AssertClose(expected, result.Span, 2e-6, $"{columns} columns, {taps} taps on {engine.Name}");
            Assert.Equal(kept, tail.ToArray());
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Scan_agrees_with_double(CpuEngine engine)
    {
        foreach ((int heads, int width, int groups, int size, bool own) in Systems)
        {
            using TensorScope scope = engine.OpenScope();
            Operands given = new(engine, heads, width, groups, size, own);
            double[] state = [.. given.State.ToArray().Select(v => (double)v)];
            (double[] expected, double[] states) = Scan(given, state);
            Tensor actual = scope.Zeros(Rows, heads * width * size);
            Tensor result = scope.SelectiveScan(given.X, given.Delta, given.B, given.C, given.System, Segments, given.State, actual);
            string what = $"{heads} heads of {width}, {groups} groups, {size} states on {engine.Name}";
            Numbers.AssertClose(expected, result.Span, 1e-5, what);
            Numbers.AssertClose(states, actual.Span, 5e-6, what);
            Numbers.AssertClose(state, given.State.Span, 5e-6, what);
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Pieces_of_a_sequence_give_what_the_whole_gives_to_the_last_bit(CpuEngine engine)
    {
        foreach ((int heads, int width, int groups, int size, bool own) in Systems)
        {
            using TensorScope scope = engine.OpenScope();
            Operands given = new(engine, heads, width, groups, size, own);
            Tensor whole = scope.Zeros(1, heads * width * size), pieces = scope.Zeros(1, heads * width * size);
            Tensor expected = scope.SelectiveScan(given.X, given.Delta, given.B, given.C, given.System, [new(0, Rows, 0)], whole);
            Tensor weight = engine.RandomTensor(7, 4, heads * width), tail = scope.Zeros(1, 3 * heads * width), tails = scope.Zeros(1, 3 * heads * width);
            Tensor convolved = scope.CausalConvolution(given.X, weight, null, [new(0, Rows, 0)], tail);
            int start = 0;
            foreach (int count in new[] { 1, 1, 5, 2, 11 })
            {
                RecurrentSegment[] piece = [new(start, count, 0)];
                Tensor actual = scope.SelectiveScan(given.X, given.Delta, given.B, given.C, given.System, piece, pieces);
                Tensor part = scope.CausalConvolution(given.X, weight, null, piece, tails);
                Range range = (start * heads * width)..((start + count) * heads * width);
                Numbers.AssertSameBits(expected.Span[range], actual.Span[range]);
                Numbers.AssertSameBits(convolved.Span[range], part.Span[range]);
                start += count;
            }

            Numbers.AssertSameBits(whole.Span, pieces.Span);
            Numbers.AssertSameBits(tail.Span, tails.Span);
        }
    }

    [Fact]
    public void A_step_of_size_0_leaves_the_state_and_reads_it()
    {
        CpuEngine engine = CpuEngine.Default;
        using TensorScope scope = engine.OpenScope();
        Operands given = new(engine, 4, 5, 2, 9, false);
        float[] before = given.State.ToArray();
        Tensor still = scope.Zeros(Rows, 4);
        Tensor result = scope.SelectiveScan(given.X, still, given.B, given.C, given.System, Segments, given.State);
        Assert.Equal(before, given.State.ToArray());
        double expected = given.System.Skip.Span[3] * (double)given.X.Span[(8 * 20) + 16];
        for (int n = 0; n < 9; n++) expected += (double)before[(16 * 9) + n] * given.C.Span[(8 * 18) + 9 + n];
        Assert.Equal(expected, result.Span[(8 * 20) + 16], 1e-5);
    }

    [Fact]
    public void Operands_that_do_not_fit_are_refused()
    {
        using TensorScope scope = CpuEngine.Default.OpenScope();
        Tensor x = scope.Zeros(4, 6), weight = scope.Zeros(3, 6), delta = scope.Zeros(4, 3), b = scope.Zeros(4, 8);
        Assert.Throws<ArgumentException>(() => scope.CausalConvolution(x, weight, null, [new(0, 4, 0)], scope.Zeros(1, 6)));
        Assert.Throws<ArgumentException>(() => scope.CausalConvolution(x, weight, null, [new(2, 3, 0)], scope.Zeros(1, 12)));
        Assert.Throws<ArgumentException>(() => scope.CausalConvolution(x, weight, null, [new(0, 4, 1)], scope.Zeros(1, 12)));
        Assert.Throws<ArgumentException>(() => scope.CausalConvolution(x, weight, scope.Zeros(5), [new(0, 4, 0)], scope.Zeros(1, 12)));
        SelectiveSystem system = new(scope.Zeros(3, 8), scope.Zeros(3), 1);
        scope.SelectiveScan(x, delta, b, b, system, [new(0, 4, 0)], scope.Zeros(1, 48));
        Assert.Throws<ArgumentException>(() => scope.SelectiveScan(x, delta, b, b, system, [new(0, 4, 0)], scope.Zeros(1, 40)));
        Assert.Throws<ArgumentException>(() => scope.SelectiveScan(x, delta, b, b, system with { Groups = 2 }, [new(0, 4, 0)], scope.Zeros(1, 48)));
        Assert.Throws<ArgumentException>(() => scope.SelectiveScan(x, scope.Zeros(4, 6), b, b, system, [new(0, 4, 0)], scope.Zeros(1, 48)));
        Assert.Throws<ArgumentException>(() => scope.SelectiveScan(x, delta, b, b, system with { A = scope.Zeros(3, 7) }, [new(0, 4, 0)], scope.Zeros(1, 48)));
        Assert.Throws<ArgumentException>(() => scope.SelectiveScan(x, delta, b, b, system, [new(0, 4, 0)], scope.Zeros(1, 48), scope.Zeros(3, 48)));
    }

    private static (int Heads, int Width, int Groups, int Size, bool Own)[] Systems =>
        [(1, 1, 1, 1, true), (40, 1, 1, 16, true), (300, 1, 1, 5, true), (6, 12, 1, 128, false), (6, 7, 3, 20, false), (4, 64, 2, 33, false), (4, 3, 4, 8, true)];

    private static (double[] Result, double[] States) Scan(Operands given, double[] state)
    {
        (int heads, int width, int groups, int size) = (given.System.Heads, given.Width, given.System.Groups, given.Size);
        int channels = heads * width;
        double[] result = new double[Rows * channels], states = new double[Rows * channels * size];
        foreach (RecurrentSegment segment in Segments)
        {
            for (int t = segment.Start; t < segment.Start + segment.Count; t++)
            {
                for (int channel = 0; channel < channels; channel++)
                {
                    int head = channel / width, group = head / (heads / groups);
                    double x = given.X.Span[(t * channels) + channel], delta = given.Delta.Span[(t * heads) + head], sum = given.System.Skip.Span[head] * x;
                    for (int n = 0; n < size; n++)
                    {
                        double a = given.System.A.Span[given.System.A.Shape.Columns == 1 ? head : (head * size) + n];
                        int at = (((segment.State * channels) + channel) * size) + n, shared = (((t * groups) + group) * size) + n;
                        state[at] = (Math.Exp(delta * a) * state[at]) + (delta * x * given.B.Span[shared]);
                        states[(((t * channels) + channel) * size) + n] = state[at];
                        sum += state[at] * given.C.Span[shared];
                    }

                    result[(t * channels) + channel] = sum;
                }
            }
        }

        return (result, states);
    }

    private sealed class Operands(CpuEngine engine, int heads, int width, int groups, int size, bool own)
    {
        public int Width => width;

        public int Size => size;

        public Tensor X { get; } = engine.RandomTensor(1, Rows, heads * width);

        public Tensor Delta { get; } = engine.FromHost([.. Numbers.Random(Rows * heads, 2).Select(v => 0.5f + (0.45f * v))], new Shape(Rows, heads));

        public Tensor B { get; } = engine.RandomTensor(3, Rows, groups * size);

        public Tensor C { get; } = engine.RandomTensor(4, Rows, groups * size);

        public Tensor State { get; } = engine.RandomTensor(5, 3, heads * width * size);

        public SelectiveSystem System { get; } = new(
            engine.FromHost([.. Numbers.Random(heads * (own ? size : 1), 6).Select(v => -1.5f + v)], new Shape(heads, own ? size : 1)), engine.RandomTensor(7, heads), groups);
    }
}
