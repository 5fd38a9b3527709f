namespace Strata.Tensors.Tests;

public class ElementTests
{
    public static TheoryData<CpuEngine> AllEngines => Engines.Data;

    [Theory, MemberData(nameof(AllEngines))]
    public void Activations_agree_with_double_over_the_whole_range(CpuEngine engine)
    {
        float[] x = [.. Enumerable.Range(-12_000, 24_001).Select(i => i / 1000f), 0f, -0f, 1e-30f, -1e-30f, 1e30f, -1e30f, 88f, -88f, 104f, -104f];
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            using TensorScope scope = engine.OpenScope();
            Tensor result = scope.Activate(scope.FromHost(x, x.Length), activation);
            Numbers.AssertClose([.. x.Select(v => ReferenceMath.Activate(v, activation))], result.Span, 5e-7, $"{activation} on {engine.Name}");
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Activations_keep_small_results_relatively_accurate(CpuEngine engine)
    {
        float[] x = [.. Enumerable.Range(1, 700).Select(i => -i / 100f)];
        using TensorScope scope = engine.OpenScope();
        foreach (Activation activation in new[] { Activation.GeluErf, Activation.Silu, Activation.Softplus })
        {
            float[] result = scope.Activate(scope.FromHost(x, x.Length), activation).ToArray();
            for (int i = 0; i < x.Length; i++)
            {
                double expected = ReferenceMath.Activate(x[i], activation);
                Assert.True(Math.Abs(result[i] - expected) <= 5e-6 * Math.Abs(expected), $"{activation}({x[i]}) = {result[i]:R}, expected {expected:R}");
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Not_a_number_stays_visible(CpuEngine engine)
    {
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            foreach (int n in new[] { 1, 16 })
            {
                using TensorScope scope = engine.OpenScope();
                Tensor x = scope.FromHost(Enumerable.Repeat(float.NaN, n).ToArray(), n);
                Assert.All(scope.Activate(x, activation).ToArray(), v => Assert.True(float.IsNaN(v), $"{activation} on {engine.Name}"));
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Gates_sums_and_averages_agree_with_double(CpuEngine engine)
    {
        // The last length spans several work items.
        foreach (int n in Engines.Lengths.Append(100_003))
        {
            float[] a = Numbers.Random(n, 1, 4), b = Numbers.Random(n, 2, 4), c = Numbers.Random(n, 3, 4);
            using TensorScope scope = engine.OpenScope();
            Tensor x = scope.FromHost(a, n), y = scope.FromHost(b, n), z = scope.FromHost(c, n);
            foreach (Activation activation in Enum.GetValues<Activation>())
                Numbers.AssertClose([.. a.Zip(b, (g, u) => ReferenceMath.Activate(g, activation) * u)], scope.Gate(x, y, activation).Span, 1e-6, $"{activation} {n} on {engine.Name}");
            Assert.Equal(a.Zip(b, (p, q) => p + q), scope.Add(x, y).ToArray());
            Numbers.AssertClose([.. Enumerable.Range(0, n).Select(i => ((double)a[i] + b[i] + c[i]) / 3)], scope.Average([x, y, z]).Span, 1e-6);
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Scaled_clamped_and_capped_elements_agree_with_double(CpuEngine engine)
    {
        float[] x = [.. Enumerable.Range(-30_000, 60_001).Select(i => i / 1000f), 0f, -0f, 1e-30f, 1e30f, -1e30f, float.PositiveInfinity];
        using TensorScope scope = engine.OpenScope();
        Tensor tensor = scope.FromHost(x, x.Length);
        Assert.Equal(x.Select(v => v * 0.3f), scope.Scale(tensor, 0.3f).ToArray());
        Assert.Equal(x.Select(v => Math.Clamp(v, -2.5f, 2.5f)), scope.Clamp(tensor, 2.5f).ToArray());
        foreach (float cap in new[] { 0.5f, 1f, 30f })
        {
            float[] capped = scope.SoftCap(tensor, cap).ToArray();
            for (int i = 0; i < x.Length; i++)
            {
                double expected = cap * Math.Tanh((double)x[i] / cap);
                Assert.True(Math.Abs(capped[i] - expected) <= 5e-7 * Math.Abs(expected), $"{cap} tanh({x[i]} / {cap}) = {capped[i]:R}, expected {expected:R}");
            }
        }

        Assert.All(new[] { scope.Clamp(scope.FromHost([float.NaN], 1), 1), scope.SoftCap(scope.FromHost([float.NaN], 1), 1) }, t => Assert.True(float.IsNaN(t.Span[0])));
        Assert.Throws<ArgumentException>(() => scope.SoftCap(tensor, 0));
        Assert.Throws<ArgumentException>(() => scope.Clamp(tensor, -1));
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Rows_are_added_where_they_belong(CpuEngine engine)
    {
        foreach (int columns in Engines.Lengths)
        {
            using TensorScope scope = engine.OpenScope();
            float[] source = Numbers.Random(3 * columns, 1), weights = [0.5f, -2f, 0.25f];
            Tensor target = scope.Zeros(4, columns);
            scope.AddRows(scope.FromHost(source, 3, columns), [2, 0, 2], weights, target);
            float[] expected = new float[4 * columns];
            for (int i = 0; i < columns; i++) (expected[i], expected[(2 * columns) + i]) = (-2f * source[columns + i], (0.5f * source[i]) + (0.25f * source[(2 * columns) + i]));
            Assert.Equal(expected, target.ToArray());
            Assert.Throws<ArgumentException>(() => scope.AddRows(scope.FromHost(source, 3, columns), [0, 1, 4], weights, target));
            Assert.Throws<ArgumentException>(() => scope.AddRows(scope.FromHost(source, 3, columns), [0, 1], weights, target));
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void An_element_does_not_depend_on_its_place(CpuEngine engine)
    {
        float[] x = Numbers.Random(100, 1, 3);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            using TensorScope scope = engine.OpenScope();
            float[] whole = scope.Activate(scope.FromHost(x, 100), activation).ToArray();
            for (int start = 0; start < 100; start++)
                Numbers.AssertSameBits(whole.AsSpan(start), scope.Activate(scope.FromHost(x.AsSpan(start), 100 - start), activation).Span, $"{activation} from {start}");
            float[] capped = scope.SoftCap(scope.FromHost(x, 100), 2).ToArray();
            for (int start = 0; start < 100; start++)
                Numbers.AssertSameBits(capped.AsSpan(start), scope.SoftCap(scope.FromHost(x.AsSpan(start), 100 - start), 2).Span, $"cap from {start}");
        }
    }

    [Fact]
    public void Different_shapes_are_refused()
    {
        using TensorScope scope = CpuEngine.Default.OpenScope();
        Tensor a = scope.Empty(2, 3), b = scope.Empty(3, 2);
        Assert.Contains("[2, 3] and [3, 2]", Assert.Throws<ArgumentException>(() => scope.Add(a, b)).Message);
        Assert.Throws<ArgumentException>(() => scope.Gate(a, b, Activation.Silu));
        Assert.Throws<ArgumentException>(() => scope.Average([a, b]));
        Assert.Throws<ArgumentException>(() => scope.Average([]));
    }
}
