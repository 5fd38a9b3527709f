namespace Strata.Tensors.Tests;

public class RowTests
{
    public static TheoryData<CpuEngine> AllEngines => Engines.Data;

    [Theory, MemberData(nameof(AllEngines))]
    public void LayerNorm_agrees_with_double(CpuEngine engine)
    {
        foreach (int n in Engines.Lengths.Append(768))
        {
            // An offset of 1000 would ruin a variance taken as a difference of squares.
            float[] x = [.. Numbers.Random(5 * n, 1).Select(v => v + 1000f)], gain = Numbers.Random(n, 2), bias = Numbers.Random(n, 3);
            using TensorScope scope = engine.OpenScope();
            Tensor plain = scope.LayerNorm(scope.FromHost(x, 5, n), null, null, 1e-5f);
            Tensor full = scope.LayerNorm(scope.FromHost(x, 5, n), scope.FromHost(gain, n), scope.FromHost(bias, n), 1e-5f);
            for (int row = 0; row < 5; row++)
            {
                double[] values = [.. x[(row * n)..((row + 1) * n)].Select(v => (double)v)];
                double mean = values.Average(), deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + 1e-5f);
                double[] expected = [.. values.Select(v => (v - mean) / deviation)];
                Numbers.AssertClose(expected, plain.Span.Slice(row * n, n), 3e-4, $"width {n} on {engine.Name}");
                Numbers.AssertClose([.. expected.Select((v, i) => (v * gain[i]) + bias[i])], full.Span.Slice(row * n, n), 3e-4, $"width {n} on {engine.Name}");
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Norms_of_ordinary_rows_are_accurate_to_a_millionth(CpuEngine engine)
    {
        const int n = 768;
        float[] x = Numbers.Random(n, 1, 3), gain = Numbers.Random(n, 2);
        using TensorScope scope = engine.OpenScope();
        double mean = x.Average(v => (double)v), variance = x.Average(v => (v - mean) * (v - mean)), square = x.Average(v => (double)v * v);
        Numbers.AssertClose([.. x.Select(v => (v - mean) / Math.Sqrt(variance + 1e-5f))], scope.LayerNorm(scope.FromHost(x, 1, n), null, null, 1e-5f).Span, 1e-6);
        Numbers.AssertClose([.. x.Select((v, i) => v / Math.Sqrt(square + 1e-6f) * gain[i])],
            scope.RmsNorm(scope.FromHost(x, 1, n), scope.FromHost(gain, n), 1e-6f).Span, 1e-6);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void RmsNorm_agrees_with_double(CpuEngine engine)
    {
        foreach (int n in Engines.Lengths)
        {
            float[] x = Numbers.Random(70 * n, 1);
            using TensorScope scope = engine.OpenScope();
            Tensor result = scope.RmsNorm(scope.FromHost(x, 70, n), null, 1e-6f);
            for (int row = 0; row < 70; row++)
            {
                double[] values = [.. x[(row * n)..((row + 1) * n)].Select(v => (double)v)];
                double root = Math.Sqrt(values.Average(v => v * v) + 1e-6f);
                Numbers.AssertClose([.. values.Select(v => v / root)], result.Span.Slice(row * n, n), 2e-6, $"width {n} on {engine.Name}");
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Norms_of_groups_are_those_of_the_groups_alone(CpuEngine engine)
    {
        using TensorScope scope = engine.OpenScope();
        Tensor x = engine.RandomTensor(1, 5, 60), heads = scope.FromHost(x.Span, 15, 20), gain = engine.RandomTensor(2, 20), bias = engine.RandomTensor(3, 20);
        Assert.Equal(scope.RmsNorm(heads, gain, 1e-6f).ToArray(), scope.RmsNorm(x, gain, 1e-6f, 20).ToArray());
        Assert.Equal(scope.LayerNorm(heads, gain, bias, 1e-6f).ToArray(), scope.LayerNorm(x, gain, bias, 1e-6f, 20).ToArray());
        Tensor own = engine.RandomTensor(4, 60);
        Assert.Equal(scope.RmsNorm(heads, null, 1e-6f).ToArray().Select((v, i) => v * own.Span[i % 60]), scope.RmsNorm(x, own, 1e-6f, 20).ToArray());
        Assert.Throws<ArgumentException>(() => scope.LayerNorm(x, gain, own, 1e-6f, 20));
        Assert.Throws<ArgumentException>(() => scope.RmsNorm(x, gain, 1e-6f));
        Assert.Throws<ArgumentException>(() => scope.RmsNorm(x, null, 1e-6f, 7));
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Rotary_turns_pairs_by_the_angle_of_their_position(CpuEngine engine)
    {
        foreach ((int headWidth, int turned) in new[] { (2, 2), (6, 6), (16, 16), (34, 34), (64, 64), (64, 16), (10, 4), (7, 0) })
        {
            foreach (bool interleaved in new[] { false, true }) CheckRotary(engine, headWidth, turned / 2, interleaved);
        }
    }

    [Fact]
    public void Rotary_tables_that_do_not_fit_are_refused()
    {
        using TensorScope scope = CpuEngine.Default.OpenScope();
        Tensor x = scope.Empty(4, 12);
        Assert.Throws<ArgumentException>(() => scope.Rotary(x, scope.Empty(4, 8), 6));
        Assert.Throws<ArgumentException>(() => scope.Rotary(x, scope.Empty(3, 6), 6));
        Assert.Throws<ArgumentException>(() => scope.Rotary(x, scope.Empty(4, 3), 6));
        Assert.Throws<ArgumentException>(() => scope.Rotary(x, scope.Empty(4, 4), 5));
        Assert.Throws<ArgumentException>(() => RotaryTable.Fill([1, 2], [0.5f], 1, new float[3]));
    }

    private static void CheckRotary(CpuEngine engine, int headWidth, int pairs, bool interleaved)
    {
        int[] positions = [0, 1, 5, 1000, 100_000];
        float[] frequencies = [.. Enumerable.Range(0, pairs).Select(i => MathF.Pow(10_000, -1f * i / pairs))], table = new float[positions.Length * 2 * pairs];
        RotaryTable.Fill(positions, frequencies, 1.5f, table);
        float[] x = Numbers.Random(positions.Length * 3 * headWidth, 1);
        using TensorScope scope = engine.OpenScope();
        ReadOnlySpan<float> result = scope.Rotary(scope.FromHost(x, positions.Length, 3 * headWidth), scope.FromHost(table, positions.Length, 2 * pairs), headWidth, interleaved).Span;
        double[] expected = [.. x.Select(v => (double)v)];
        for (int head = 0; head < positions.Length * 3; head++)
        {
            for (int i = 0; i < pairs; i++)
            {
                (int first, int second) = interleaved ? (2 * i, (2 * i) + 1) : (i, i + pairs);
                first += head * headWidth;
                second += head * headWidth;
                double angle = (double)positions[head / 3] * frequencies[i];
                expected[first] = 1.5 * ((x[first] * Math.Cos(angle)) - (x[second] * Math.Sin(angle)));
                expected[second] = 1.5 * ((x[second] * Math.Cos(angle)) + (x[first] * Math.Sin(angle)));
            }
        }

        Numbers.AssertClose(expected, result, 1e-6, $"width {headWidth}, {pairs} pairs on {engine.Name}");
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Softmax_agrees_with_double_and_survives_large_numbers(CpuEngine engine)
    {
        foreach (int n in Engines.Lengths)
        {
            float[] x = [.. Numbers.Random(3 * n, 1, 20).Select(v => v + 1e4f)];
            if (n > 1) x[1] = float.NegativeInfinity;
            using TensorScope scope = engine.OpenScope();
            Tensor result = scope.Softmax(scope.FromHost(x, 3, n));
            for (int row = 0; row < 3; row++)
                Numbers.AssertClose(ReferenceMath.Softmax([.. x[(row * n)..((row + 1) * n)].Select(v => (double)v)]), result.Span.Slice(row * n, n), 1e-6, $"{n} on {engine.Name}");
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void The_exponential_is_accurate_down_to_denormal_results(CpuEngine engine)
    {
        // softmax(0, x) = (1, e^x) / (1 + e^x): the second element shows e^x with two more roundings, that of the sum and that of the quotient.
        const double smallest = 1.401298464324817e-45;
        float[] exponents = [.. Enumerable.Range(0, 10_800).Select(i => -i / 100f)];
        using TensorScope scope = engine.OpenScope();
        float[] result = scope.Softmax(scope.FromHost([.. exponents.SelectMany(x => new[] { 0f, x })], exponents.Length, 2)).ToArray();
        for (int i = 0; i < exponents.Length; i++)
        {
            double e = Math.Exp(exponents[i]), expected = e / (1 + e), actual = result[(2 * i) + 1];
            Assert.True(Math.Abs(actual - expected) <= Math.Max(4 * 5.97e-8 * expected, smallest), $"e^{exponents[i]} = {actual:R}, expected {expected:R}");
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Embed_reads_rows_of_any_format_at_any_alignment(CpuEngine engine)
    {
        foreach (int width in Engines.Lengths)
        {
            float[] table = [.. Numbers.Random(10 * width, 1).Select(v => (float)(Half)v)];
            byte[] bytes = GC.AllocateArray<byte>((table.Length * 4) + 1, pinned: true);
            foreach (DType dtype in new[] { DType.Float32, DType.Float16, DType.BFloat16 })
            {
                // One byte off every alignment, as a tensor in a checkpoint may lie.
                for (int i = 0; i < table.Length; i++) Encode(table[i], dtype).CopyTo(bytes.AsSpan(1 + (i * dtype.Size())));
                Tensor stored = engine.FromMemory(System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 1), new Shape(10, width), dtype, bytes);
                using TensorScope scope = engine.OpenScope();
                float[] expected = dtype == DType.BFloat16 ? [.. table.Select(Truncated)] : table;
                Assert.Equal(expected, stored.ToArray());
                Assert.Equal([.. expected[(9 * width)..], .. expected[..width], .. expected[(9 * width)..]], scope.Embed(stored, [9, 0, 9]).ToArray());
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void A_laid_out_table_gives_the_rows_that_it_was_made_of(CpuEngine engine)
    {
        foreach (int width in Engines.Lengths)
        {
            const int rows = 70;
            // Eighths up to 15.875 are exact in every format of floating point.
            float[] table = [.. Enumerable.Range(0, rows * width).Select(i => ((i * 37 % 255) - 127) / 8f)];
            foreach (DType dtype in new[] { DType.Float32, DType.Float16, DType.BFloat16, DType.Int8 })
            {
                using TensorScope scope = engine.OpenScope();
                LinearWeight weight = engine.PrepareLinear(scope.FromHost(table, rows, width), WeightOrientation.OutputsByInputs, 0, rows, scope.FromHost(new float[rows], rows), dtype);
                float[] kept = weight.ToArray();
                foreach (int[] ids in new int[][] { [69, 0, 33, 0], [.. Enumerable.Range(0, rows)], [] })
                    Assert.Equal(ids.SelectMany(id => kept[(id * width)..((id + 1) * width)]), scope.EmbedOutputs(weight, ids).ToArray());
                if (dtype != DType.Int8) Assert.Equal(table, kept);
                Assert.Throws<ArgumentOutOfRangeException>(() => scope.EmbedOutputs(weight, [rows]));
            }
        }
    }

    [Fact]
    public void An_id_outside_the_table_is_refused()
    {
        using TensorScope scope = CpuEngine.Default.OpenScope();
        Tensor table = scope.Empty(3, 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => scope.Embed(table, [0, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => scope.Embed(table, [-1]));
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Rows_are_copied_where_they_belong(CpuEngine engine)
    {
        using TensorScope scope = engine.OpenScope();
        float[] x = Numbers.Random(7 * 9, 1);
        Tensor source = scope.FromHost(x, 7, 9), cache = scope.FromHost(new float[5 * 9], 5, 9);
        Assert.Equal(x[18..45], scope.Rows(source, 2, 3).ToArray());
        scope.WriteRows(source, 5, cache, 1, 2);
        Assert.Equal([.. new float[9], .. x[45..63], .. new float[18]], cache.ToArray());
        Assert.Throws<ArgumentException>(() => scope.Rows(source, 5, 3));
    }

    private static byte[] Encode(float value, DType dtype) => dtype switch
    {
        DType.Float32 => BitConverter.GetBytes(value),
        DType.Float16 => BitConverter.GetBytes((Half)value),
        _ => BitConverter.GetBytes(value)[2..],
    };

    private static float Truncated(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & ~0xffff);
}
