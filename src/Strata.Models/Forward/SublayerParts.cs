using Strata.Tensors;

namespace Strata.Models;

/// <summary>What an attention or an MLP adds to the stream at one position, as the sum of what slices of its last map's input write (heads, neurons) and what biases add.</summary>
internal static class SublayerParts
{
    /// <summary>The parts.</summary>
    /// <param name="model">The network.</param>
    /// <param name="input">What the last map reads.</param>
    /// <param name="slice">Numbers of a slice; the last may be shorter.</param>
    /// <param name="map">The last map.</param>
    /// <param name="norm">The norm behind it, which divides by the scale of the whole output, held fixed; null for none.</param>
    /// <param name="factors">Factors per column behind that; null for none.</param>
    /// <returns>[slices + 1, width]: one row per slice, and last what the biases of map and norm add.</returns>
    public static FloatMatrix Of(Model model, ReadOnlySpan<float> input, int slice, LinearWeight map, NormWeights? norm, Tensor? factors)
    {
        int slices = (input.Length + slice - 1) / slice;
        FloatMatrix inputs = new(new float[(slices + 1) * input.Length], slices + 1, input.Length);
        for (int i = 0; i < slices; i++)
        {
            int first = i * slice, count = Math.Min(slice, input.Length - first);
            input.Slice(first, count).CopyTo(inputs.Row(i)[first..]);
        }

        using TensorScope scope = model.Engine.OpenScope();
        FloatMatrix written = new(scope.Linear(scope.FromHost(inputs.Values, inputs.Rows, inputs.Columns), map).ToArray(), slices + 1, map.Outputs);
        // The last input is zero: what comes out of it is the bias of the map, which every other row holds too.
        Span<float> bias = written.Row(slices);
        for (int i = 0; i < slices; i++) System.Numerics.Tensors.TensorPrimitives.Subtract(written.Row(i), bias, written.Row(i));
        if (norm is not null) Normalise(model.Spec, norm, written);
        float[]? columns = factors?.ToArray();
        for (int i = 0; i < written.Rows; i++)
        {
            Span<float> row = written.Row(i);
            System.Numerics.Tensors.TensorPrimitives.Multiply(row, model.Spec.ResidualScale, row);
            if (columns is not null) System.Numerics.Tensors.TensorPrimitives.Multiply(row, columns, row);
        }

        return written;
    }

    private static void Normalise(ModelSpec spec, NormWeights norm, FloatMatrix parts)
    {
        float[] whole = new float[parts.Columns];
        for (int i = 0; i < parts.Rows; i++) System.Numerics.Tensors.TensorPrimitives.Add(whole, parts.Row(i), whole);
        for (int i = 0; i < parts.Rows; i++) FrozenNorm.Apply(spec, norm, parts.Row(i), whole, parts.Row(i));
        if (norm.Bias?.ToArray() is { } bias) System.Numerics.Tensors.TensorPrimitives.Add(parts.Row(parts.Rows - 1), bias, parts.Row(parts.Rows - 1));
    }
}
