namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    public override void LayerNorm(RowsView x, float* gain, float* bias, int gains, float epsilon, float* result)
    {
        int rows = RowsPerItem(x.Columns);
        team.Run(Divide(x.Rows, rows), new NormWork(x, gain, bias, gains, epsilon, result, true, rows));
    }

    public override void RmsNorm(RowsView x, float* gain, int gains, float epsilon, float* result)
    {
        int rows = RowsPerItem(x.Columns);
        team.Run(Divide(x.Rows, rows), new NormWork(x, gain, null, gains, epsilon, result, false, rows));
    }

    public override void Softmax(RowsView x, float* result)
    {
        int rows = RowsPerItem(x.Columns);
        team.Run(Divide(x.Rows, rows), new SoftmaxWork(x, result, rows));
    }

    public override void Rotary(RowsView x, RowsView table, int headWidth, bool interleaved, float* result)
    {
        int rows = RowsPerItem(x.Columns);
        team.Run(Divide(x.Rows, rows), new RotaryWork(x, table, headWidth, interleaved, result, rows));
    }

    public override void Embed(byte* table, DType format, int width, int* ids, int count, float* result)
    {
        int rows = RowsPerItem(width);
        team.Run(Divide(count, rows), new EmbedWork(table, format, width, ids, count, result, rows));
    }

    public override void EmbedOutputs(PanelsView weight, int* ids, int count, float* result)
    {
        int rows = RowsPerItem(weight.Inputs);
        team.Run(Divide(count, rows), new EmbedOutputsWork(weight, ids, count, result, rows));
    }

    /// <summary>Item: some rows. Layer norm when <paramref name="centred"/>, RMS norm otherwise.</summary>
    private readonly struct NormWork(RowsView x, float* gains, float* biases, int gainRows, float epsilon, float* result, bool centred, int rowsPerItem) : IWork
    {
        public void Run(int index)
        {
            for (int row = index * rowsPerItem, end = Math.Min(x.Rows, row + rowsPerItem); row < end; row++) Normalise(row);
        }

        private void Normalise(int row)
        {
            int n = x.Columns;
            float* from = x.Data + ((long)row * n), to = result + ((long)row * n);
            int gainRow = gainRows == 1 ? 0 : row % gainRows * n;
            float* gain = gains == null ? null : gains + gainRow, bias = biases == null ? null : biases + gainRow;

            // Two passes: the squares of differences from the mean, not the difference of squares.
            float mean = centred ? (float)(SumOf(from, n) / n) : 0f;
            double variance = SquaresOf(from, n, mean) / n;
            float factor = (float)(1.0 / Math.Sqrt(variance + epsilon));
            TSimd means = TSimd.Broadcast(mean), factors = TSimd.Broadcast(factor);
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width)
            {
                TSimd value = (TSimd.Load(from + i) - means) * factors;
                if (gain != null) value *= TSimd.Load(gain + i);
                if (bias != null) value += TSimd.Load(bias + i);
                TSimd.Store(value, to + i);
            }

            for (; i < n; i++)
            {
                float value = (from[i] - mean) * factor;
                if (gain != null) value *= gain[i];
                if (bias != null) value += bias[i];
                to[i] = value;
            }
        }

        private static double SumOf(float* x, int n)
        {
            TSimd a = default, b = default;
            int i = 0;
            for (; i <= n - (2 * TSimd.Width); i += 2 * TSimd.Width)
            {
                a += TSimd.Load(x + i);
                b += TSimd.Load(x + i + TSimd.Width);
            }

            double sum = TSimd.Sum(a + b);
            for (; i < n; i++) sum += x[i];
            return sum;
        }

        private static double SquaresOf(float* x, int n, float mean)
        {
            TSimd a = default, b = default, means = TSimd.Broadcast(mean);
            int i = 0;
            for (; i <= n - (2 * TSimd.Width); i += 2 * TSimd.Width)
            {
                TSimd first = TSimd.Load(x + i) - means, second = TSimd.Load(x + i + TSimd.Width) - means;
                a = TSimd.MultiplyAdd(first, first, a);
                b = TSimd.MultiplyAdd(second, second, b);
            }

            double sum = TSimd.Sum(a + b);
            for (; i < n; i++) sum += ((double)x[i] - mean) * ((double)x[i] - mean);
            return sum;
        }
    }

    /// <summary>Item: some rows.</summary>
    private readonly struct SoftmaxWork(RowsView x, float* result, int rowsPerItem) : IWork
    {
        public void Run(int index)
        {
            int n = x.Columns;
            for (int row = index * rowsPerItem, end = Math.Min(x.Rows, row + rowsPerItem); row < end; row++)
            {
                float* from = x.Data + ((long)row * n), to = result + ((long)row * n);
                float sum = ExpOfDifferences(from, n, MaxOf(from, n), to);
                DivideBy(to, n, sum, to);
            }
        }
    }

    /// <summary>The largest element; NaN is passed over (on x86). −∞ for none.</summary>
    private static float MaxOf(float* x, int n)
    {
        TSimd max = TSimd.Broadcast(float.NegativeInfinity);
        int i = 0;
        for (; i <= n - TSimd.Width; i += TSimd.Width) max = TSimd.Max(TSimd.Load(x + i), max);
        if (i < n) max = TSimd.Max(Tail.Load(x + i, n - i, float.NegativeInfinity), max);
        return TSimd.MaxAcross(max);
    }

    /// <summary>result = e^(x − max), and the sum of it; result may be x.</summary>
    private static float ExpOfDifferences(float* x, int n, float max, float* result)
    {
        TSimd shift = TSimd.Broadcast(max), sum = default;
        int i = 0;
        for (; i <= n - TSimd.Width; i += TSimd.Width)
        {
            TSimd value = VectorMath<TSimd>.Exp(TSimd.Load(x + i) - shift);
            sum += value;
            TSimd.Store(value, result + i);
        }

        if (i < n)
        {
            TSimd value = VectorMath<TSimd>.Exp(Tail.Load(x + i, n - i, float.NegativeInfinity) - shift);
            sum += value;
            Tail.Store(value, result + i, n - i);
        }

        return TSimd.Sum(sum);
    }

    private static void DivideBy(float* x, int n, float divisor, float* result)
    {
        TSimd divisors = TSimd.Broadcast(divisor);
        int i = 0;
        for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TSimd.Load(x + i) / divisors, result + i);
        for (; i < n; i++) result[i] = x[i] / divisor;
    }

    /// <summary>Item: some rows.</summary>
    private readonly struct RotaryWork(RowsView x, RowsView table, int headWidth, bool interleaved, float* result, int rowsPerItem) : IWork
    {
        public void Run(int index)
        {
            int half = table.Columns / 2;
            for (int row = index * rowsPerItem, end = Math.Min(x.Rows, row + rowsPerItem); row < end; row++)
            {
                float* cos = table.Data + ((long)row * table.Columns), sin = cos + half;
                for (int head = 0; head < x.Columns; head += headWidth)
                {
                    float* from = x.Data + ((long)row * x.Columns) + head, to = result + ((long)row * x.Columns) + head;
                    if (interleaved) TurnNeighbours(from, cos, sin, half, to);
                    else TurnHalves(from, cos, sin, half, to);
                    new ReadOnlySpan<float>(from + (2 * half), headWidth - (2 * half)).CopyTo(new Span<float>(to + (2 * half), headWidth - (2 * half)));
                }
            }
        }

        private static void TurnHalves(float* from, float* cos, float* sin, int half, float* to)
        {
            int i = 0;
            for (; i <= half - TSimd.Width; i += TSimd.Width)
            {
                TSimd a = TSimd.Load(from + i), b = TSimd.Load(from + half + i), c = TSimd.Load(cos + i), s = TSimd.Load(sin + i);
                TSimd.Store((a * c) - (b * s), to + i);
                TSimd.Store((b * c) + (a * s), to + half + i);
            }

            for (; i < half; i++)
            {
                float a = from[i], b = from[half + i];
                to[i] = (a * cos[i]) - (b * sin[i]);
                to[half + i] = (b * cos[i]) + (a * sin[i]);
            }
        }

        private static void TurnNeighbours(float* from, float* cos, float* sin, int half, float* to)
        {
            for (int i = 0; i < half; i++)
            {
                float a = from[2 * i], b = from[(2 * i) + 1];
                to[2 * i] = (a * cos[i]) - (b * sin[i]);
                to[(2 * i) + 1] = (b * cos[i]) + (a * sin[i]);
            }
        }
    }

    /// <summary>Item: some rows.</summary>
    private readonly struct EmbedWork(byte* table, DType format, int width, int* ids, int count, float* result, int rowsPerItem) : IWork
    {
        public void Run(int index)
        {
            for (int row = index * rowsPerItem, end = Math.Min(count, row + rowsPerItem); row < end; row++)
                Conversion<TSimd>.Widen(table + ((long)ids[row] * width * format.Size()), format, result + ((long)row * width), width);
        }
    }

    /// <summary>Item: some rows.</summary>
    private readonly struct EmbedOutputsWork(PanelsView weight, int* ids, int count, float* result, int rowsPerItem) : IWork
    {
        public void Run(int index)
        {
            for (int row = index * rowsPerItem, end = Math.Min(count, row + rowsPerItem); row < end; row++)
                PackedWeight.CopyOutput(weight, MicroKernel<TSimd>.Columns, ids[row], result + ((long)row * weight.Inputs));
        }
    }
}
