using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using Strata.Models;
using Strata.Tensors;

namespace Strata;

/// <summary>A small ViT with random weights and a folder of images in three classes, made in a temporary folder.</summary>
internal sealed class ImageNetwork : IDisposable
{
    public static readonly string[] Classes = ["blue", "green", "red"];

    private const string Config = """
        {"model_type": "vit", "architectures": ["ViTForImageClassification"], "num_hidden_layers": 3, "hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 3,
         "image_size": 16, "patch_size": 4, "id2label": {"0": "blue", "1": "green", "2": "red"}}
        """;

    private const string Preprocessor = """
        {"image_processor_type": "ViTImageProcessor", "do_resize": true, "size": {"height": 16, "width": 16}, "resample": 2, "do_normalize": true,
         "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
        """;

    public ImageNetwork()
    {
        Root = Directory.CreateTempSubdirectory("strata-images-").FullName;
        Folder = Path.Combine(Root, "network");
        Images = Path.Combine(Root, "pictures");
        WriteNetwork();
        SeededRandom random = new(3);
        foreach (string name in Classes)
        {
            Directory.CreateDirectory(Path.Combine(Images, name));
            for (int i = 0; i < 2; i++) File.WriteAllBytes(Path.Combine(Images, name, $"{i}.png"), Png(20, 14 + i, random));
        }
    }

    public string Root { get; }

    /// <summary>The checkpoint.</summary>
    public string Folder { get; }

    /// <summary>Six images, two in each of three folders.</summary>
    public string Images { get; }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void WriteNetwork()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "config.json"), Config);
        File.WriteAllText(Path.Combine(Folder, "preprocessor_config.json"), Preprocessor);
        using JsonDocument config = JsonDocument.Parse(Config);
        ModelFamily family = ModelFamily.Of(new ConfigReader(config.RootElement, "config.json"));
        SeededRandom random = new(7);
        SafetensorsWriter.Write(Path.Combine(Folder, "model.safetensors"), family.Map(family.ReadSpec(new ConfigReader(config.RootElement, "config.json")), _ => false).Entries
            .Select(entry => new SafetensorsSource(entry.Name, entry.Shape.ToArray(), DType.Float32, () => Enumerable.Range(0, entry.Shape.Count).Select(_ => 0.3f * (float)random.NextGaussian()).ToArray())));
    }

    /// <summary>Random pixels, in the plainest form of the format.</summary>
    private static byte[] Png(int width, int height, SeededRandom random)
    {
        byte[] rows = new byte[height * (3 * width + 1)];
        for (int i = 0; i < rows.Length; i++) rows[i] = i % (3 * width + 1) == 0 ? (byte)0 : (byte)random.NextInt(256);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        using MemoryStream packed = new(), file = new();
        using (ZLibStream deflate = new(packed, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(rows);
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        foreach ((byte[] name, byte[] data) in new[] { ("IHDR"u8.ToArray(), header), ("IDAT"u8.ToArray(), packed.ToArray()), ("IEND"u8.ToArray(), []) })
        {
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
            file.Write([.. length, .. name, .. data, 0, 0, 0, 0]);
        }

        return file.ToArray();
    }
}
