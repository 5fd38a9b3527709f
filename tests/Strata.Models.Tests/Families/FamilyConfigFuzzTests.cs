using System.Text.Json;
using Strata.Models.Tests.Reference;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>Damaged configurations of every family are refused with a message or describe a network, in bounded time and memory.</summary>
[Collection(PytorchCollection.Name)]
public class FamilyConfigFuzzTests(PytorchSuite suite)
{
    [SkippableFact]
    public void DamagedConfigurationsAreRefusedOrRead()
    {
        byte[][] configs = [.. PytorchSuite.VariantNames.Select(variant => File.ReadAllBytes(Path.Combine(suite.Folder(variant), "config.json")))];
        using TemporaryFolder folder = new();
        int refused = FuzzRun.Run(configs, 2_000, seed: 41, (bytes, _) => Read(folder.File("config.json"), bytes), bytesPerByte: 0, fixedBytes: 160 << 20);
        Assert.InRange(refused, 500, 1_950);
    }

    private static void Read(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        using JsonDocument json = JsonFile.ReadObject(path, bytes.Length + 1);
        ConfigReader config = new(json.RootElement, path);
        ModelFamily family = ModelFamily.Of(config);
        ModelSpec spec = family.ReadSpec(config);
        try
        {
            Assert.NotEmpty(family.Map(spec, _ => false).Entries);
        }
        catch (ArgumentException)
        {
            // A weight that no tensor can hold: Model.Load refuses it as such.
        }

        for (int block = 0; block < Math.Min(spec.Blocks, 4); block++)
        {
            Assert.True(spec.AttentionHeads(block).Scale > 0 || float.IsPositiveInfinity(spec.AttentionHeads(block).Scale));
            if (spec.Block(block).Rotary is RotarySpec rotary) Assert.Equal((rotary.Width ?? spec.HeadWidth) / 2, rotary.Frequencies(spec.HeadWidth, 100).Length);
        }
    }
}
