using FsCheck;
using FsCheck.Fluent;

namespace Strata.Tensors.Tests;

public class LinearTests
{
    public static TheoryData<CpuEngine> AllEngines => Engines.Data;

    [Theory, MemberData(nameof(AllEngines))]
    public void Linear_agrees_with_double_for_sizes_around_the_register_widths(CpuEngine engine)
    {
        foreach (int m in new[] { 1, 2, 5, 12, 13, 25 })
        {
            foreach (int n in Engines.Lengths)
            {
                foreach (int k in new[] { 1, 7, 16, 33, 255, 257 }) CheckLinear(engine, m, n, k, WeightOrientation.OutputsByInputs, DType.Float32, withBias: true);
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Linear_takes_both_orientations_and_all_storage_formats(CpuEngine engine)
    {
        foreach (WeightOrientation orientation in Enum.GetValues<WeightOrientation>())
        {
            foreach (DType storage in Enum.GetValues<DType>())
            {
                foreach (bool bias in new[] { false, true })
                {
                    foreach (int m in new[] { 1, 3, 40 }) CheckLinear(engine, m, 65, 400, orientation, storage, bias);
                }
            }
        }
    }

    [Fact]
    public void Linear_agrees_with_double_for_any_shape()
    {
        Gen<(int, int, int, int)> shapes = Gen.Choose(1, 60).SelectMany(_ => Gen.Choose(1, 140), (m, n) => (m, n))
            .SelectMany(_ => Gen.Choose(0, 900), (p, k) => (p.m, p.n, k)).SelectMany(_ => Gen.Choose(0, 5), (p, e) => (p.m, p.n, p.k, e));
        CpuEngine[] engines = [.. Engines.All];
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(shapes.ToArbitrary(), p =>
        {
            (int m, int n, int k, int e) = p;
            CheckLinear(engines[e % engines.Length], m, n, k, WeightOrientation.InputsByOutputs, DType.Float32, withBias: (k & 1) == 0);
            return true;
        }));
    }

    /// <summary>Weights that stay in their 16 bits are laid out without widening: the result is that of the same numbers from float32, to the last bit.</summary>
    [Theory, MemberData(nameof(AllEngines))]
    public void Weights_of_16_bits_are_laid_out_as_they_are(CpuEngine engine)
    {
        foreach (DType format in new[] { DType.BFloat16, DType.Float16 })
        {
            foreach (int inputs in new[] { 1, 8, 19, 64 })
            {
                const int outputs = 150;
                Random random = new(inputs);
                ushort[] bits = GC.AllocateUninitializedArray<ushort>(outputs * inputs, pinned: true);
                float[] values = new float[bits.Length];
                for (int i = 0; i < bits.Length; i++)
                {
                    float value = (float)(random.NextDouble() - 0.5);
                    bits[i] = format == DType.Float16 ? BitConverter.HalfToUInt16Bits((Half)value) : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
                    values[i] = format == DType.Float16 ? (float)(Half)value : BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
                }

                Tensor stored = engine.FromMemory(System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(bits, 0), new Shape(outputs, inputs), format, bits);
                Tensor widened = engine.FromHost(values, new Shape(outputs, inputs)), x = engine.RandomTensor(7, 3, inputs);
                using TensorScope scope = engine.OpenScope();
                Assert.Equal(
                    scope.Linear(x, engine.PrepareLinear(widened, WeightOrientation.OutputsByInputs, 3, 141, null, format)).ToArray(),
                    scope.Linear(x, engine.PrepareLinear(stored, WeightOrientation.OutputsByInputs, 3, 141, null, format)).ToArray());
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void A_part_of_a_fused_matrix_gives_those_outputs(CpuEngine engine)
    {
        Tensor x = engine.RandomTensor(1, 5, 20), bias = engine.RandomTensor(3, 90);
        foreach (WeightOrientation orientation in Enum.GetValues<WeightOrientation>())
        {
            Tensor weight = orientation == WeightOrientation.OutputsByInputs ? engine.RandomTensor(2, 90, 20) : engine.RandomTensor(2, 20, 90);
            using TensorScope scope = engine.OpenScope();
            Tensor all = scope.Linear(x, engine.PrepareLinear(weight, orientation, 0, 90, bias, DType.Float32));
            Tensor part = scope.Linear(x, engine.PrepareLinear(weight, orientation, 30, 41, bias, DType.Float32));
            for (int t = 0; t < 5; t++) Numbers.AssertSameBits(all.Span.Slice((t * 90) + 30, 41), part.Span.Slice(t * 41, 41), $"{orientation} row {t}");
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_in_any_company_on_any_engine()
    {
        const int most = 300, n = 333, k = 900;
        float[] rows = Numbers.Random(most * k, 1), weights = Numbers.Random(n * k, 2), bias = Numbers.Random(n, 3);
        foreach (DType storage in Enum.GetValues<DType>())
        {
            float[]? first = null;
            foreach (CpuEngine engine in Engines.All)
            {
                LinearWeight weight = engine.PrepareLinear(engine.FromHost(weights, new Shape(n, k)), WeightOrientation.OutputsByInputs, 0, n, engine.FromHost(bias, new Shape(n)), storage);
                first ??= Apply(engine, weight, rows, most);
                foreach (int count in new[] { 1, 2, 3, 4, 6, 7, 8, 11, 12, 13, 24, 25, 143, 145, 299 })
                {
                    int start = most - count;
                    Numbers.AssertSameBits(first.AsSpan(start * n), Apply(engine, weight, rows[(start * k)..], count), $"{storage}, {count} rows on {engine.Name}");
                }
            }
        }
    }

    private static float[] Apply(CpuEngine engine, LinearWeight weight, float[] rows, int count)
    {
        using TensorScope scope = engine.OpenScope();
        return scope.Linear(scope.FromHost(rows, count, weight.Inputs), weight).ToArray();
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Half_precision_weights_keep_denormals_and_specials(CpuEngine engine)
    {
        float[] values = [0f, -0f, 1f, -2f, 65504f, 6.1035156e-5f, 5.9604645e-8f, -5.9604645e-8f, 6.0975552e-5f, 0.33325195f];
        foreach (DType storage in new[] { DType.Float16, DType.Float32 })
        {
            LinearWeight weight = engine.PrepareLinear(engine.FromHost(values, new Shape(values.Length, 1)), WeightOrientation.OutputsByInputs, 0, values.Length, null, storage);
            foreach (int rows in new[] { 1, 30 })
            {
                using TensorScope scope = engine.OpenScope();
                float[] ones = Enumerable.Repeat(1f, rows).ToArray();
                Assert.Equal(values, scope.Linear(scope.FromHost(ones, rows, 1), weight).Span[..values.Length].ToArray());
            }
        }

        LinearWeight special = engine.PrepareLinear(engine.FromHost([float.PositiveInfinity, float.NegativeInfinity, float.NaN], new Shape(3, 1)),
            WeightOrientation.OutputsByInputs, 0, 3, null, DType.Float16);
        using TensorScope last = engine.OpenScope();
        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity, float.NaN], last.Linear(last.FromHost([1f], 1, 1), special).ToArray());
    }

    /// <summary>A product with the unit matrix gives back the stored weights, so they are compared to the last bit with what 8 bits and a scale can say.</summary>
    [Theory, MemberData(nameof(AllEngines))]
    public void Weights_of_8_bits_are_the_nearest_multiples_of_their_scale(CpuEngine engine)
    {
        foreach ((int n, int k) in new[] { (1, 1), (5, 3), (33, 70), (150, 300) })
        {
            foreach (WeightOrientation orientation in Enum.GetValues<WeightOrientation>())
            {
                bool outputsFirst = orientation == WeightOrientation.OutputsByInputs;
                float[] values = Numbers.Random(n * k, 2);
                for (int i = 0; i < values.Length; i++) values[i] *= MathF.Pow(10, (outputsFirst ? i / k : i % n) % 9 - 4);
                float[] expected = Quantised(values, n, k, outputsFirst);
                LinearWeight weight = engine.PrepareLinear(engine.FromHost(values, outputsFirst ? new Shape(n, k) : new Shape(k, n)), orientation, 0, n, null, DType.Int8);
                float[] unit = new float[k * k];
                for (int i = 0; i < k; i++) unit[(i * k) + i] = 1;
                using TensorScope scope = engine.OpenScope();
                float[] columns = scope.Linear(scope.FromHost(unit, k, k), weight).ToArray(), stored = weight.ToArray();
                for (int output = 0; output < n; output++)
                {
                    for (int i = 0; i < k; i++)
                    {
                        float wanted = expected[outputsFirst ? (output * k) + i : (i * n) + output];
                        Assert.Equal(wanted, columns[(i * n) + output]);
                        Assert.Equal(wanted, stored[(output * k) + i]);
                    }
                }
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Weights_of_8_bits_take_a_quarter_and_extremes_are_kept_or_refused(CpuEngine engine)
    {
        LinearWeight large = engine.PrepareLinear(engine.RandomTensor(1, 512, 1024), WeightOrientation.OutputsByInputs, 0, 512, engine.RandomTensor(2, 512), DType.Int8);
        Assert.Equal((512 * 1024) + (2 * 512 * sizeof(float)), large.Bytes);
        float[] Kept(params float[] row) => engine.PrepareLinear(engine.FromHost(row, new Shape(1, row.Length)), WeightOrientation.OutputsByInputs, 0, 1, null, DType.Int8).ToArray();
        Assert.Equal([0f, 0f], Kept(0f, -0f));
        Assert.Equal([0f, 0f], Kept(1e-44f, 0f));
        Assert.Equal(float.MaxValue / 127f * 127f, Kept(float.MaxValue, 1f)[0]);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            Assert.Contains("8 bits", Assert.Throws<ArgumentException>(() => Kept(1f, bad, 2f)).Message);
        Assert.Throws<ArgumentException>(() => engine.FromMemory(0, new Shape(1), DType.Int8, this));
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void MatMul_agrees_with_double(CpuEngine engine)
    {
        foreach ((int m, int k, int n) in new[] { (1, 1, 1), (3, 17, 9), (13, 257, 33), (64, 65, 63), (150, 40, 70) })
        {
            foreach (bool transpose in new[] { false, true })
            {
                Tensor a = engine.RandomTensor(1, m, k), b = transpose ? engine.RandomTensor(2, n, k) : engine.RandomTensor(2, k, n);
                using TensorScope scope = engine.OpenScope();
                double[] expected = ReferenceMath.Product(a.Span, b.Span, m, k, n, null, transpose);
                Numbers.AssertClose(expected, scope.MatMul(a, b, transpose).Span, 1e-5, $"{m}x{k}x{n} on {engine.Name}");
            }
        }
    }

    [SkippableFact]
    public void A_weight_of_another_width_is_refused()
    {
        CpuEngine[] engines = [.. Engines.All];
        Skip.If(engines[0].VectorWidth == engines[^1].VectorWidth);
        LinearWeight weight = engines[0].PrepareLinear(engines[0].RandomTensor(1, 4, 4), WeightOrientation.OutputsByInputs, 0, 4, null, DType.Float32);
        using TensorScope scope = engines[^1].OpenScope();
        Assert.Throws<ArgumentException>(() => scope.Linear(engines[^1].RandomTensor(1, 1, 4), weight));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        CpuEngine engine = CpuEngine.Default;
        Tensor weight = engine.RandomTensor(1, 4, 6);
        using TensorScope scope = engine.OpenScope();
        Assert.Contains("[2, 5]", Assert.Throws<ArgumentException>(() =>
            scope.Linear(engine.RandomTensor(1, 2, 5), engine.PrepareLinear(weight, WeightOrientation.OutputsByInputs, 0, 4, null, DType.Float32))).Message);
        Assert.Contains("[4, 6]", Assert.Throws<ArgumentException>(() => engine.PrepareLinear(weight, WeightOrientation.OutputsByInputs, 2, 3, null, DType.Float32)).Message);
        Assert.Throws<ArgumentException>(() => engine.PrepareLinear(weight, WeightOrientation.OutputsByInputs, 0, 4, engine.RandomTensor(1, 6), DType.Float32));
        Assert.Throws<ArgumentException>(() => engine.PrepareLinear(engine.RandomTensor(1, 4), WeightOrientation.OutputsByInputs, 0, 4, null, DType.Float32));
        Assert.Throws<ArgumentException>(() => scope.MatMul(weight, weight));
    }

    private static void CheckLinear(CpuEngine engine, int m, int n, int k, WeightOrientation orientation, DType storage, bool withBias)
    {
        bool outputsFirst = orientation == WeightOrientation.OutputsByInputs;
        float[] given = Numbers.Random(n * k, 2), bias = Numbers.Random(n, 3);
        float[] values = storage == DType.Int8 ? Quantised(given, n, k, outputsFirst) : [.. given.Select(v => Rounded(v, storage))];
        Tensor x = engine.RandomTensor(1, m, k), weight = engine.FromHost(given, outputsFirst ? new Shape(n, k) : new Shape(k, n));
        LinearWeight prepared = engine.PrepareLinear(weight, orientation, 0, n, withBias ? engine.FromHost(bias, new Shape(n)) : null, storage);
        using TensorScope scope = engine.OpenScope();
        double[] expected = ReferenceMath.Product(x.Span, values, m, k, n, withBias ? bias : null, outputsFirst);
        Numbers.AssertClose(expected, scope.Linear(x, prepared).Span, 1e-6 * (3 + (2 * Math.Sqrt(k))), $"{m}x{n}x{k} {storage} on {engine.Name}");
    }

    /// <summary>The numbers that 8 bits and a scale for each output store.</summary>
    private static float[] Quantised(float[] values, int n, int k, bool outputsFirst)
    {
        float[] result = new float[values.Length];
        for (int output = 0; output < n; output++)
        {
            int[] places = [.. Enumerable.Range(0, k).Select(i => outputsFirst ? (output * k) + i : (i * n) + output)];
            float scale = places.Length == 0 ? 0 : places.Max(place => Math.Abs(values[place])) / 127f;
            foreach (int place in places) result[place] = scale == 0 ? 0 : Math.Clamp(MathF.Round(values[place] / scale), -127, 127) * scale;
        }

        return result;
    }

    /// <summary>The number that the format stores: of bfloat16, the nearest of the two neighbours, found by trying both.</summary>
    private static float Rounded(float value, DType storage)
    {
        if (storage == DType.Float16) return (float)(Half)value;
        if (storage == DType.Float32) return value;
        int bits = BitConverter.SingleToInt32Bits(value);
        float low = BitConverter.Int32BitsToSingle(bits & ~0xffff), high = BitConverter.Int32BitsToSingle((bits & ~0xffff) + 0x10000);
        return Math.Abs((double)value - low) <= Math.Abs((double)high - value) ? low : high;
    }
}
