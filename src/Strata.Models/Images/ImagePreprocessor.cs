using System.Text.Json;

namespace Strata.Models;

/// <summary>
/// From images to the numbers that a network was trained on, as its <c>preprocessor_config.json</c> says: resize, cut out the centre, rescale, normalise. Computed as the Hugging Face
/// processors on Pillow and NumPy do.
/// </summary>
public sealed record ImagePreprocessor
{
    /// <summary>Name of the file in a checkpoint's folder.</summary>
    public const string FileName = "preprocessor_config.json";

    private const int MaxConfigBytes = 1 << 20, MaxSide = 1 << 13;

    /// <summary>Height and width after resizing; null where images are not resized or <see cref="ShortestEdge"/> says it.</summary>
    public (int Height, int Width)? Size { get; init; }

    /// <summary>The shorter side after resizing, the longer in proportion; null where <see cref="Size"/> says it.</summary>
    public int? ShortestEdge { get; init; }

    /// <summary>The filter of resizing.</summary>
    public ResampleFilter Filter { get; init; } = ResampleFilter.Bilinear;

    /// <summary>Height and width of the centre that is cut out; black where the image is smaller. Null for the whole image.</summary>
    public (int Height, int Width)? Crop { get; init; }

    /// <summary>Factor on the bytes; null for none.</summary>
    public double? Rescale { get; init; } = 1.0 / 255;

    /// <summary>Subtracted per colour; null for none.</summary>
    public ValueList<float>? Mean { get; init; }

    /// <summary>Divided by per colour, after the mean was subtracted; null for none.</summary>
    public ValueList<float>? Deviation { get; init; }

    /// <summary>Reads a folder's <c>preprocessor_config.json</c>; null where there is none.</summary>
    /// <exception cref="InvalidFileException">The file is invalid, or asks for what Strata does not compute.</exception>
    public static ImagePreprocessor? LoadFolder(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        using JsonDocument document = JsonFile.ReadObject(path, MaxConfigBytes);
        return Read(new ConfigReader(document.RootElement, path));
    }

    /// <summary>[3, height, width] of an image, as <c>pixel_values</c> of the Hugging Face processors.</summary>
    /// <exception cref="StrataException">The image is too long and narrow to be resized.</exception>
    public ImagePixels Apply(PixelImage image)
    {
        PixelImage made = Resized(image);
        if (Crop is { } crop) made = made.Cut(CropOffset(made.Width, crop.Width), CropOffset(made.Height, crop.Height), crop.Width, crop.Height);
        return new ImagePixels(Normalised(made), made.Height, made.Width);
    }

    /// <summary>What a network read, as an image for people: the normalisation undone, values beyond black and white cut.</summary>
    public PixelImage Shown(ImagePixels pixels)
    {
        int count = pixels.Width * pixels.Height;
        byte[] rgb = new byte[3 * count];
        for (int colour = 0; colour < 3; colour++)
        {
            double mean = Mean?[colour] ?? 0, deviation = Deviation?[colour] ?? 1;
            for (int i = 0; i < count; i++) rgb[3 * i + colour] = (byte)Math.Clamp(Math.Round((pixels.Values[colour * count + i] * deviation + mean) / (Rescale ?? 1)), 0, 255);
        }

        return new PixelImage(pixels.Width, pixels.Height, rgb);
    }

    private PixelImage Resized(PixelImage image)
    {
        (int height, int width) = (image.Height, image.Width);
        if (Size is { } size) (height, width) = size;
        else if (ShortestEdge is int edge)
        {
            long longer = (long)((double)((long)edge * Math.Max(width, height)) / Math.Min(width, height));
            if (longer * edge > PixelImage.MaxPixels) throw new StrataException($"An image of {width} x {height} pixels with its shorter side at {edge} would have more than {PixelImage.MaxPixels:N0} pixels; cut it first.");
            (height, width) = width <= height ? ((int)longer, edge) : (edge, (int)longer);
        }

        return Resampling.Resize(image, width, height, Filter);
    }

    /// <summary>Where the centre begins; where the image is smaller, the padding before it is the larger half.</summary>
    private static int CropOffset(int side, int crop) => side >= crop ? (side - crop) / 2 : -((crop - side + 1) / 2);

    private float[] Normalised(PixelImage image)
    {
        int pixels = image.Width * image.Height;
        float[] values = new float[3 * pixels];
        for (int colour = 0; colour < 3; colour++)
        {
            // A byte has 256 values: each is computed once.
            float[] table = new float[256];
            for (int level = 0; level < 256; level++)
            {
                float value = Rescale is double factor ? (float)(level * factor) : level;
                table[level] = (value - (Mean?[colour] ?? 0)) / (Deviation?[colour] ?? 1);
            }

            for (int i = 0; i < pixels; i++) values[colour * pixels + i] = table[image.Rgb[3 * i + colour]];
        }

        return values;
    }

    /// <summary>Reads the values of a <c>preprocessor_config.json</c>.</summary>
    /// <exception cref="InvalidFileException">A value is out of range or asks for what Strata does not compute.</exception>
    public static ImagePreprocessor Read(ConfigReader config)
    {
        string processor = config.OptionalString("image_processor_type") ?? config.OptionalString("feature_extractor_type") ?? "";
        bool square = !processor.StartsWith("CLIP", StringComparison.Ordinal) && !processor.StartsWith("Bit", StringComparison.Ordinal);
        ImagePreprocessor settings = new() { Rescale = config.OptionalBool("do_rescale") == false ? null : Factor(config), Mean = null };
        if (config.OptionalBool("do_resize") ?? true) settings = WithSize(settings, config, processor, square);
        if (config.OptionalBool("do_center_crop") ?? config.Has("crop_size")) settings = settings with { Crop = Sides(config, "crop_size") };
        if (config.OptionalBool("do_normalize") ?? true)
            settings = settings with { Mean = Colours(config, "image_mean", positive: false), Deviation = Colours(config, "image_std", positive: true) };
        return settings;
    }

    private static double Factor(ConfigReader config) => config.Has("rescale_factor") ? config.Element.GetProperty("rescale_factor") switch
    {
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double factor) && double.IsFinite(factor) => factor,
        _ => throw config.Refuse("rescale_factor", "is not a number."),
    } : 1.0 / 255;

    private static ImagePreprocessor WithSize(ImagePreprocessor settings, ConfigReader config, string processor, bool square)
    {
        // All processors but that of ViT take the cubic filter where none is named.
        ResampleFilter absent = processor.Length == 0 || processor.StartsWith("ViT", StringComparison.Ordinal) ? ResampleFilter.Bilinear : ResampleFilter.Bicubic;
        settings = settings with { Filter = (ResampleFilter)(config.OptionalInt("resample", 0, 5) ?? (int)absent) };
        if (!config.Has("size")) throw config.Refuse("size", "is missing; expected height and width, or shortest_edge.");
        JsonElement size = config.Element.GetProperty("size");
        if (size.ValueKind == JsonValueKind.Number && !square) return settings with { ShortestEdge = config.RequiredInt("size", 1, MaxSide) };
        if (size.ValueKind == JsonValueKind.Object && size.TryGetProperty("shortest_edge", out _))
        {
            ConfigReader sides = config.Object("size");
            if (sides.Has("longest_edge")) throw sides.Refuse("longest_edge", "is given beside shortest_edge, which Strata does not compute.");
            return settings with { ShortestEdge = sides.RequiredInt("shortest_edge", 1, MaxSide) };
        }

        return settings with { Size = Sides(config, "size") };
    }

    private static (int Height, int Width) Sides(ConfigReader config, string name)
    {
        if (config.Has(name) && config.Element.GetProperty(name).ValueKind == JsonValueKind.Number) return (config.RequiredInt(name, 1, MaxSide), config.RequiredInt(name, 1, MaxSide));
        ConfigReader sides = config.Object(name);
        return (sides.RequiredInt("height", 1, MaxSide), sides.RequiredInt("width", 1, MaxSide));
    }

    private static ValueList<float> Colours(ConfigReader config, string name, bool positive)
    {
        float[] values = [.. config.Items(name).Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetSingle(out float value) && float.IsFinite(value) && (!positive || value > 0)
            ? value
            : throw config.Refuse(name, $"holds {Excerpt.Quote(item.ToString())}; expected three numbers{(positive ? " above 0" : "")}."))];
        return values.Length == 3 ? new ValueList<float>(values) : throw config.Refuse(name, $"holds {values.Length} numbers; expected three, for red, green and blue.");
    }
}
