using System.Text.Json;
using Strata.Models.Tests.Reference;
using Xunit;

namespace Strata.Models.Tests.Vision;

/// <summary>What goes into networks of images and pairs: names of towers, image files, texts; and what is refused.</summary>
[Collection(PytorchCollection.Name)]
public class ImageInputTests(VisionSuite suite)
{
    private const string Preprocessor = """{"image_processor_type": "ViTImageProcessor", "size": {"height": 16, "width": 16}, "resample": 3, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.6, 0.7]}""";

    [SkippableFact]
    public void A_tower_of_a_pair_is_named_behind_the_folder()
    {
        string pair = suite.Folder("clip_vision_model-pair");
        Model image = Model.Load(pair + "#image"), text = Model.Load(pair + "#text");
        Assert.Equal(("clip_vision_model", "clip_text_model"), (image.Spec.Family, text.Spec.Family));
        Assert.Equal(pair + "#image", image.Name);
        Assert.Equal(Model.Load(pair, new ModelOptions { Tower = Tower.Text }).Spec with { EosIds = text.Spec.EosIds }, text.Spec);
        Refused("pair of networks (clip)", () => Model.Load(pair));
        Refused("which has no tower of texts", () => Model.Load(suite.Folder("vit-base") + "#text"));
        Assert.Equal("clip_text_model", Model.Load(suite.Folder("clip_text_model-base") + "#text").Spec.Family);
        Refused("no tower", () => ImageTextPair.Load(suite.Folder("vit-base")));
    }

    [SkippableFact]
    public void Image_files_are_read_through_the_preprocessing_of_the_checkpoint_and_of_what_is_saved_of_it()
    {
        using TemporaryFolder folder = new();
        Model plain = suite.Load("vit-base");
        Refused("has no preprocessor_config.json", () => plain.ReadImages("x", [new PixelImage(1, 1, [1, 2, 3])]));
        Assert.Contains("no preprocessor_config.json was found", plain.Explain().ToString(), StringComparison.Ordinal);
        plain.Save(folder.File("network"));
        File.WriteAllText(Path.Combine(folder.File("network"), ImagePreprocessor.FileName), Preprocessor);
        Model model = Model.Load(folder.File("network"));
        PixelImage picture = new(20, 30, [.. Enumerable.Range(0, 1800).Select(i => (byte)(i * 7))]);
        TokenRows rows = model.ReadImages("one", [picture]);
        Assert.Equal(model.Preprocessor!.Apply(picture).Values, rows.Images![0].Values);
        Assert.Equal(model.Spec.Image!.Tokens(16, 16), rows.Sequences[0]);
        Assert.Equal(rows.Hash, model.RandomTwin(1).ReadImages("one", [picture]).Hash);
        model.Save(folder.File("saved"), model.Plans.Skip(1..2));
        Assert.Equal(rows.Hash, Model.Load(folder.File("saved")).ReadImages("one", [picture]).Hash);
        Assert.Equal(model.Classify(rows, model.Plans.Skip(1..2)).Values, Model.Load(folder.File("saved")).Classify(rows).Values);
    }

    [SkippableFact]
    public void What_a_network_does_not_read_is_refused_by_name()
    {
        Model image = suite.Load("dinov2-base"), text = suite.Load("clip_text_model-base");
        TokenRows images = suite.Rows("dinov2-base", image, "first"), ids = new("ids", [[1, 2, 3]]);
        Refused("reads images", () => image.Capture(ids, "embed"));
        Refused("reads texts", () => text.Capture(images, "embed"));
        Refused("their patches differ", () => image.Capture(suite.Rows("deit-base", suite.Load("deit-base"), "first"), "embed"));
        Refused("reads texts, not images", () => text.ReadImages("x", [new PixelImage(1, 1, [1, 2, 3])]));
        Refused("smaller than a patch", () => new TokenRows("x", image.Spec.Image!, [new ImagePixels(new float[27], 3, 3)]));
        Refused("side by side", () => new TokenRows("x", new ImageSpec(1, 1, 1), [new ImagePixels(new float[3 * 5000], 1, 5000)]));
        Refused("has no classes", () => suite.Load("dinov2-swiglu").Classify(images));
        Refused("its checkpoint holds no classifier", () => suite.Load("dinov2-swiglu").Unembed(new Strata.Tensors.FloatMatrix(new float[48], 1, 48)));
    }

    [SkippableTheory]
    [InlineData("vit-base")]
    [InlineData("deit-base")]
    [InlineData("dinov2-base")]
    public void One_row_is_read_by_the_classifier_as_if_every_token_were_it(string variant)
    {
        Model model = suite.Load(variant);
        if (model.Spec.SequenceHead?.Labels is null) throw new InvalidOperationException($"{variant} has no classes; choose another variant.");
        SeededRandom random = new(4);
        float[] row = [.. Enumerable.Range(0, model.Spec.Width).Select(_ => (float)random.NextGaussian())];
        float[] expected = model.Classify(suite.Rows(variant, model, "first"), null, [Intervention.Set($"blocks.{model.Spec.Blocks - 1}.resid_post", row)]).Row(0).ToArray();
        float[] read = model.Unembed(new Strata.Tensors.FloatMatrix(row, 1, row.Length)).Values;
        for (int c = 0; c < expected.Length; c++) Assert.Equal(expected[c], read[c], 1e-4);
    }

    [Fact]
    public void An_image_is_shown_as_it_was_and_written_as_a_file_that_reads_back()
    {
        PixelImage picture = new(20, 30, [.. Enumerable.Range(0, 1800).Select(i => (byte)(i * 7))]);
        Assert.Equal(picture.Rgb, PixelImage.Decode(picture.ToPng(), "written").Rgb);
        ImagePreprocessor preprocessor = new() { Mean = new ValueList<float>([0.4f, 0.5f, 0.6f]), Deviation = new ValueList<float>([0.2f, 0.3f, 0.1f]) };
        Assert.Equal(picture.Rgb, preprocessor.Shown((preprocessor with { Size = (30, 20) }).Apply(picture)).Rgb);
    }

    [SkippableFact]
    public void Texts_of_SigLIP_are_filled_up_and_those_of_CLIP_are_not()
    {
        foreach ((string name, int length, int last) in new[] { ("siglip", 12, 1), ("clip", 3, 12) })
        {
            using TemporaryFolder folder = new();
            suite.Load($"{name}_text_model-pair").Save(folder.File("pair"));
            File.WriteAllText(Path.Combine(folder.File("pair"), "tokenizer.json"), Words());
            ImageTextPair pair = ImageTextPair.Load(folder.File("pair"));
            TokenRows texts = pair.ReadTexts("texts", ["w10 w11 w12", string.Join(' ', Enumerable.Range(20, 60).Select(i => $"w{i % 97}"))]);
            Assert.Equal([10, 11, 12], texts.Sequences[0][..3]);
            Assert.Equal((length, last), (texts.Sequences[0].Length, texts.Sequences[0][^1]));
            Assert.Equal((pair.Text.Spec.MaxPositions, 79), (texts.Sequences[1].Length, texts.Sequences[1][^1]));
            Strata.Tensors.FloatMatrix similarity = pair.Similarity(suite.Rows($"{name}_vision_model-pair", pair.Image, "first", "larger"), texts, pair.Image.Plans.Skip(1..2), pair.Text.Plans.Parse("3, 0"));
            Assert.Equal((2, 2), (similarity.Rows, similarity.Columns));
        }
    }

    [SkippableFact]
    public void Tokens_of_images_name_their_place()
    {
        Model model = suite.Load("dinov2_with_registers-base");
        int[] ids = suite.Rows("dinov2_with_registers-base", model, "larger").Sequences[0];
        Assert.Equal(["cls", "register 0", "register 1", "register 2", "0,0", "0,1"], ids[..6].Select(model.TokenLabel));
        Assert.Equal(new PatchPlace(4, 8), model.PatchOf(ids[^1]));
        Assert.Equal(4 + 5 * 9, ids.Distinct().Count());
        Assert.Contains("16 x 16 pixels, 4 x 4 patches of 4 x 4, behind cls, register 0, register 1, register 2", model.Explain().ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vit", """{"num_channels": 1}""", "num_channels")]
    [InlineData("vit", """{"patch_size": [4, 8]}""", "patch_size")]
    [InlineData("vit", """{"image_size": 8, "patch_size": 16}""", "image_size")]
    [InlineData("vit", """{"image_size": 16000, "patch_size": 1}""", "image_size")]
    [InlineData("vit", """{"image_size": [1, 2, 3]}""", "image_size")]
    [InlineData("vit", """{"hidden_size": 50}""", "hidden_size")]
    [InlineData("clip_vision_model", """{"vision_config": {"image_size": -1}}""", "image_size")]
    [InlineData("siglip_text_model", """{"text_config": {"pad_token_id": 50000}}""", "pad_token_id")]
    [InlineData("dinov2", """{"mlp_ratio": 2.5}""", "mlp_ratio")]
    public void Configurations_that_cannot_be_followed_are_refused_by_key(string family, string json, string key)
    {
        using JsonDocument config = JsonDocument.Parse(json);
        Refused(key, () => ModelFamily.All.Single(f => f.Name == family).ReadSpec(new ConfigReader(config.RootElement, "config.json")));
    }

    private static void Refused(string reason, Action action) => Assert.Contains(reason, Assert.ThrowsAny<StrataException>(action).Message, StringComparison.Ordinal);

    private static string Words() => JsonSerializer.Serialize(new
    {
        version = "1.0",
        pre_tokenizer = new { type = "Whitespace" },
        model = new { type = "WordLevel", unk_token = "w0", vocab = Enumerable.Range(0, 97).ToDictionary(i => $"w{i}", i => i) },
    });
}
