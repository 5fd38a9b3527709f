namespace Strata.Models;

/// <summary>How an image is brought to another size; the numbers are those of Pillow, which <c>preprocessor_config.json</c> uses.</summary>
public enum ResampleFilter
{
    /// <summary>The nearest pixel.</summary>
    Nearest = 0,

    /// <summary>Windowed sinc of three lobes.</summary>
    Lanczos = 1,

    /// <summary>Triangle.</summary>
    Bilinear = 2,

    /// <summary>Cubic, a = −½.</summary>
    Bicubic = 3,

    /// <summary>Mean of a square.</summary>
    Box = 4,

    /// <summary>Windowed sinc of one lobe.</summary>
    Hamming = 5,
}

/// <summary>
/// Brings images to another size as Pillow's <c>Image.resize</c> does, to the bit: rows, then columns; a filter is widened by the factor of reduction (so that it averages, "antialias");
/// its weights are rounded to 22 bits and every pass to 8.
/// </summary>
internal static class Resampling
{
    private const int Bits = 22;

    public static PixelImage Resize(PixelImage image, int width, int height, ResampleFilter filter)
    {
        if (width == image.Width && height == image.Height) return image;
        if (filter == ResampleFilter.Nearest) return Nearest(image, width, height);
        (double support, Func<double, double> weight) = Kernel(filter);
        PixelImage wide = width == image.Width ? image : Rows(image, width, new Weights(image.Width, width, support, weight));
        return height == image.Height ? wide : Columns(wide, height, new Weights(image.Height, height, support, weight));
    }

    private static PixelImage Nearest(PixelImage image, int width, int height)
    {
        int[] columns = NearestOf(image.Width, width), rows = NearestOf(image.Height, height);
        byte[] rgb = new byte[3 * width * height];
        for (int y = 0, to = 0; y < height; y++)
            for (int x = 0; x < width; x++, to += 3) image.Rgb.AsSpan(3 * (rows[y] * image.Width + columns[x]), 3).CopyTo(rgb.AsSpan(to));
        return new PixelImage(width, height, rgb);
    }

    /// <summary>Source of each pixel of a line; the centre is advanced by addition, as there.</summary>
    private static int[] NearestOf(int from, int to)
    {
        double step = (double)from / to, centre = step * 0.5;
        int[] nearest = new int[to];
        for (int i = 0; i < to; i++, centre += step) nearest[i] = Math.Min((int)centre, from - 1);
        return nearest;
    }

    private static PixelImage Rows(PixelImage image, int width, Weights weights)
    {
        byte[] rgb = new byte[3 * width * image.Height];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Rgb.AsSpan(3 * y * image.Width, 3 * image.Width);
            for (int x = 0; x < width; x++)
            {
                ReadOnlySpan<int> factors = weights.Of(x, out int first);
                int red = 1 << (Bits - 1), green = red, blue = red;
                for (int i = 0, at = 3 * first; i < factors.Length; i++, at += 3)
                {
                    red += row[at] * factors[i];
                    green += row[at + 1] * factors[i];
                    blue += row[at + 2] * factors[i];
                }

                int to = 3 * (y * width + x);
                (rgb[to], rgb[to + 1], rgb[to + 2]) = (Cut(red), Cut(green), Cut(blue));
            }
        }

        return new PixelImage(width, image.Height, rgb);
    }

    private static PixelImage Columns(PixelImage image, int height, Weights weights)
    {
        int stride = 3 * image.Width;
        byte[] rgb = new byte[stride * height];
        int[] sums = new int[stride];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<int> factors = weights.Of(y, out int first);
            Array.Fill(sums, 1 << (Bits - 1));
            for (int i = 0; i < factors.Length; i++)
            {
                ReadOnlySpan<byte> row = image.Rgb.AsSpan((first + i) * stride, stride);
                for (int x = 0; x < stride; x++) sums[x] += row[x] * factors[i];
            }

            for (int x = 0; x < stride; x++) rgb[y * stride + x] = Cut(sums[x]);
        }

        return new PixelImage(image.Width, height, rgb);
    }

    private static byte Cut(int sum) => (byte)Math.Clamp(sum >> Bits, 0, 255);

    private static (double Support, Func<double, double> Weight) Kernel(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Box => (0.5, x => x is > -0.5 and <= 0.5 ? 1 : 0),
        ResampleFilter.Bilinear => (1, x => Math.Max(0, 1 - Math.Abs(x))),
        ResampleFilter.Hamming => (1, x => Math.Abs(x) >= 1 ? 0 : Sinc(x) * (0.54 + 0.46 * Math.Cos(Math.PI * x))),
        ResampleFilter.Bicubic => (2, Cubic),
        ResampleFilter.Lanczos => (3, x => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0),
        _ => throw new StrataException($"There is no filter {(int)filter}."),
    };

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    private static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }

    /// <summary>For each pixel of a line, the pixels of the source line that it is made of and their factors.</summary>
    private sealed class Weights
    {
        private readonly int[] _factors, _first, _count;
        private readonly int _stride;

        public Weights(int from, int to, double support, Func<double, double> weight)
        {
            double scale = (double)from / to, widening = Math.Max(scale, 1), reach = support * widening;
            _stride = (int)Math.Ceiling(reach) * 2 + 1;
            (_factors, _first, _count) = (new int[_stride * to], new int[to], new int[to]);
            double[] exact = new double[_stride];
            for (int i = 0; i < to; i++)
            {
                double centre = (i + 0.5) * scale, sum = 0;
                _first[i] = Math.Max(0, (int)(centre - reach + 0.5));
                _count[i] = Math.Min(from, (int)(centre + reach + 0.5)) - _first[i];
                for (int k = 0; k < _count[i]; k++) sum += exact[k] = weight((k + _first[i] - centre + 0.5) * (1 / widening));
                for (int k = 0; k < _count[i]; k++)
                {
                    double factor = (sum == 0 ? exact[k] : exact[k] / sum) * (1 << Bits);
                    _factors[i * _stride + k] = (int)(factor < 0 ? factor - 0.5 : factor + 0.5);
                }
            }
        }

        public ReadOnlySpan<int> Of(int pixel, out int first)
        {
            first = _first[pixel];
            return _factors.AsSpan(pixel * _stride, _count[pixel]);
        }
    }
}
