namespace Strata.Models;

/// <summary>The average of tensors of several blocks, number by number, in float32, in their own format.</summary>
internal static class BlockAverage
{
    /// <summary>Are its numbers ones to average? Masks and counts are not.</summary>
    public static bool Applies(TensorEntry entry) => NumberFormat.Stored(entry.DType) is not null;

    /// <summary>Writes the average, little-endian.</summary>
    public static void Write(ModelSource source, IReadOnlyList<TensorEntry> entries, Stream stream)
    {
        float[] sums = source.Numbers(entries[0]);
        foreach (TensorEntry entry in entries.Skip(1))
        {
            float[] more = source.Numbers(entry);
            for (int i = 0; i < sums.Length; i++) sums[i] += more[i];
        }

        for (int i = 0; i < sums.Length; i++) sums[i] /= entries.Count;
        SafetensorsWriter.WriteNumbers(stream, sums, NumberFormat.Stored(entries[0].DType)!.Value);
    }
}
