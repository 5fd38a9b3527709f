namespace Strata.Tensors.Tests;

public class CrossEntropyTests
{
    public static TheoryData<CpuEngine> AllEngines => Engines.Data;

    [Theory, MemberData(nameof(AllEngines))]
    public void Losses_agree_with_double(CpuEngine engine)
    {
        foreach (int vocabulary in new[] { 1, 17, 511, 513, 4097, 9000 })
        {
            foreach (int rows in new[] { 1, 20 })
            {
                const int width = 24;
                float[] hidden = Numbers.Random(rows * width, 1, 4), weights = Numbers.Random(vocabulary * width, 2);
                int[] targets = [.. Enumerable.Range(0, rows).Select(i => i % 5 == 3 ? -1 : i * 7919 % vocabulary)];
                (float[] losses, int[] largest) = Run(engine, hidden, weights, width, targets);
                double[] logits = ReferenceMath.Product(hidden, weights, rows, width, vocabulary, null, transposeB: true);
                for (int row = 0; row < rows; row++)
                {
                    double[] of = logits[(row * vocabulary)..((row + 1) * vocabulary)];
                    double expected = targets[row] < 0 ? 0 : Math.Log(of.Sum(v => Math.Exp(v - of.Max()))) + of.Max() - of[targets[row]];
                    Assert.True(Math.Abs(losses[row] - expected) < 2e-6 * (1 + expected), $"row {row} of {vocabulary} on {engine.Name}: {losses[row]:R}, expected {expected:R}");
                    Assert.Equal(of.Max(), of[largest[row]], 1e-5);
                }
            }
        }
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Equal_logits_give_the_log_of_their_number_and_the_first_id(CpuEngine engine)
    {
        const int vocabulary = 10_000;
        float[] weights = [.. Enumerable.Repeat(1f, vocabulary)];
        (float[] losses, int[] largest) = Run(engine, [2f, -3f], weights, 1, [vocabulary - 1, -1]);
        Assert.Equal(Math.Log(vocabulary), losses[0], 1e-6 * Math.Log(vocabulary));
        Assert.Equal(0f, losses[1]);
        Assert.Equal([0, 0], largest);

        // Twice the same largest logit, in two tiles and two chunks.
        weights.AsSpan().Fill(0f);
        weights[700] = weights[9000] = 5f;
        Assert.Equal([700], Run(engine, [1f], weights, 1, [0]).Largest);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Huge_logits_do_not_overflow(CpuEngine engine)
    {
        float[] weights = new float[5000];
        (weights[3], weights[4999]) = (1e30f, -1e30f);
        (float[] losses, int[] largest) = Run(engine, [1f, -1f, 1f], weights, 1, [3, 4999, 4999]);
        Assert.Equal([0f, 0f, 2e30f], losses);
        Assert.Equal([3, 4999, 3], largest);
    }

    [Theory, MemberData(nameof(AllEngines))]
    public void Not_a_number_is_reported_in_its_row_only(CpuEngine engine)
    {
        float[] hidden = [1f, float.NaN, 1f];
        (float[] losses, int[] largest) = Run(engine, hidden, Numbers.Random(5000, 1), 1, [1, 1, 1]);
        Assert.True(float.IsNaN(losses[1]));
        Assert.Equal(losses[0], losses[2]);
        Assert.True(float.IsFinite(losses[0]));
        Assert.InRange(largest[1], 0, 4999);
    }

    [Fact]
    public void A_row_has_the_same_loss_in_any_company_on_any_engine_of_a_width()
    {
        const int rows = 150, width = 40, vocabulary = 5000;
        float[] hidden = Numbers.Random(rows * width, 1), weights = Numbers.Random(vocabulary * width, 2);
        foreach (IGrouping<int, CpuEngine> engines in Engines.All.GroupBy(e => e.VectorWidth))
        {
            float[]? all = null;
            foreach (CpuEngine engine in engines)
            {
                all ??= Run(engine, hidden, weights, width, [.. Enumerable.Range(0, rows)]).Losses;
                foreach (int count in new[] { 1, 5, 13, 145, 150 })
                {
                    int start = rows - count;
                    Numbers.AssertSameBits(all.AsSpan(start), Run(engine, hidden[(start * width)..], weights, width, [.. Enumerable.Range(start, count)]).Losses, engine.Name);
                }
            }
        }
    }

    [Fact]
    public void A_target_outside_the_vocabulary_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(CpuEngine.Default, [1f], [1f, 2f], 1, [2]));

    private static (float[] Losses, int[] Largest) Run(CpuEngine engine, float[] hidden, float[] weights, int width, int[] targets)
    {
        int vocabulary = weights.Length / width;
        LinearWeight unembedding = engine.PrepareLinear(engine.FromHost(weights, new Shape(vocabulary, width)), WeightOrientation.OutputsByInputs, 0, vocabulary, null, DType.Float32);
        float[] losses = new float[targets.Length];
        int[] largest = new int[targets.Length];
        using TensorScope scope = engine.OpenScope();
        scope.CrossEntropy(scope.FromHost(hidden, targets.Length, width), unembedding, targets, losses, largest);
        return (losses, largest);
    }
}
