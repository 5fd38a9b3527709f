namespace Strata.Tensors.Tests;

/// <summary>Test data and closeness.</summary>
internal static class Numbers
{
    public static float[] Random(int count, int seed, float scale = 1f)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = scale * (float)((random.NextDouble() * 2) - 1);
        return values;
    }

    public static Tensor RandomTensor(this TensorEngine engine, int seed, params int[] lengths)
    {
        Shape shape = new(lengths);
        return engine.FromHost(Random(shape.Count, seed), shape);
    }

    /// <summary>Fails at the first element that is further from the expected one than <paramref name="tolerance"/> · (1 + |expected|).</summary>
    public static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = double.IsNaN(expected[i]) ? float.IsNaN(actual[i])
                : expected[i] == actual[i] || Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i]));
            Assert.True(same, $"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
    }

    /// <summary>Fails unless all bits agree.</summary>
    public static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]), $"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
    }
}
