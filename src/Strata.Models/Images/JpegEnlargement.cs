namespace Strata.Models;

/// <summary>Colours of half the resolution are enlarged as libjpeg does it: a sample is ¾ of the nearest and ¼ of the next; other ratios repeat samples.</summary>
internal static class JpegEnlargement
{
    /// <summary>Samples of a component at the size of the image.</summary>
    /// <param name="samples">Rows of the component.</param>
    /// <param name="from">Columns and rows that are part of the image, and samples from row to row.</param>
    /// <param name="to">Size of the image.</param>
    /// <param name="across">Columns of the image per sample.</param>
    /// <param name="down">Rows of the image per sample.</param>
    public static byte[] To(byte[] samples, (int Width, int Height, int Stride) from, (int Width, int Height) to, int across, int down)
    {
        byte[] result = GC.AllocateUninitializedArray<byte>(to.Width * to.Height);
        bool smoothRows = down == 2 && (across == 1 || (across == 2 && from.Width > 2));
        bool smoothColumns = across == 2 && from.Width > 2 && (down == 1 || smoothRows);
        int[] sums = new int[from.Width];
        for (int row = 0; row < to.Height; row++)
        {
            Span<byte> wide = result.AsSpan(row * to.Width, to.Width);
            ReadOnlySpan<byte> near = samples.AsSpan(row / down * from.Stride, from.Width);
            int next = Math.Clamp(row / down + (row % 2 == 0 ? -1 : 1), 0, from.Height - 1);
            ReadOnlySpan<byte> far = samples.AsSpan(next * from.Stride, from.Width);
            if (smoothRows && smoothColumns)
            {
                for (int x = 0; x < sums.Length; x++) sums[x] = 3 * near[x] + far[x];
                Columns(sums, wide, 8, 7, 4);
            }
            else if (smoothColumns)
            {
                for (int x = 0; x < sums.Length; x++) sums[x] = near[x];
                Columns(sums, wide, 1, 2, 2);
            }
            else if (smoothRows) for (int x = 0; x < wide.Length; x++) wide[x] = (byte)((3 * near[x] + far[x] + 1 + row % 2) >> 2);
            else for (int x = 0; x < wide.Length; x++) wide[x] = near[x / across];
        }

        return result;
    }

    /// <summary>Twice as many columns: ¾ of the nearest and ¼ of the next; rounding up and down alternates.</summary>
    private static void Columns(ReadOnlySpan<int> sums, Span<byte> wide, int evenRounding, int oddRounding, int shift)
    {
        for (int x = 0; x < wide.Length; x++)
        {
            bool even = x % 2 == 0;
            int near = sums[x / 2], far = sums[Math.Clamp(x / 2 + (even ? -1 : 1), 0, sums.Length - 1)];
            wide[x] = (byte)((3 * near + far + (even ? evenRounding : oddRounding)) >> shift);
        }
    }
}
