using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests.Images;

/// <summary>Decoding, resizing and preprocessing against Pillow and NumPy: equal to the bit.</summary>
public class ImageTests(PillowSuite suite) : IClassFixture<PillowSuite>
{
    [SkippableFact]
    public void EveryFileIsDecodedAsPillowDoes()
    {
        string[] files = suite.Names("decoded/");
        Assert.True(files.Length > 45, $"{files.Length} files");
        foreach (string file in files)
        {
            PixelImage image = PixelImage.Load(suite.File(file));
            Assert.Equal(suite.Expected.Entry($"decoded/{file}").Shape, new long[] { image.Height, image.Width, 3 });
            AssertSame($"decoded/{file}", [.. image.Rgb.Select(value => (float)value)]);
        }
    }

    [SkippableFact]
    public void EveryFilterResizesAsPillowDoes()
    {
        string[] names = suite.Names("resized/");
        Assert.Equal(6 * 9, names.Length);
        PixelImage image = PixelImage.Load(suite.File("photo.png"));
        foreach (string name in names)
        {
            string[] parts = name.Split('/', 'x');
            PixelImage resized = Resampling.Resize(image, int.Parse(parts[^2]), int.Parse(parts[^1]), Enum.Parse<ResampleFilter>(name.Split('/')[0], ignoreCase: true));
            AssertSame($"resized/{name}", [.. resized.Rgb.Select(value => (float)value)]);
        }
    }

    [SkippableFact]
    public void EveryProcessorPreparesAsTheHuggingFaceOnesDo()
    {
        foreach (string name in suite.Names("prepared/"))
        {
            string[] parts = name.Split('/');
            using JsonDocument processors = suite.Processors;
            ImagePreprocessor processor = ImagePreprocessor.Read(new ConfigReader(processors.RootElement.GetProperty(parts[0]), "processors.json"));
            ImagePixels pixels = processor.Apply(PixelImage.Load(suite.File(parts[1])));
            Assert.Equal(suite.Expected.Entry($"prepared/{name}").Shape, new long[] { 3, pixels.Height, pixels.Width });
            AssertSame($"prepared/{name}", pixels.Values);
        }
    }

    private void AssertSame(string name, float[] actual)
    {
        float[] wanted = suite.Values(name);
        Assert.Equal(wanted.Length, actual.Length);
        int different = wanted.Zip(actual).Count(pair => pair.First != pair.Second);
        float largest = wanted.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(different == 0, $"{name}: {different} of {wanted.Length} numbers differ, by {largest:R} at most");
    }
}
