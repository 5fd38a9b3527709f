using System.Text;
using System.Text.Json;
using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>Configurations of state spaces: what absent keys mean, how infinities are read and written, and what the spec counts.</summary>
[Collection(PytorchCollection.Name)]
public sealed class StateSpaceConfigTests(PytorchSuite suite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AbsentKeysMeanWhatTheFamiliesCodeTakesThemFor()
    {
        ModelSpec mamba = Read("'model_type':'mamba'"), second = Read("'model_type':'mamba2'"), jamba = Read("'model_type':'jamba'");
        Assert.Equal((768, 32, 50280, true, 0.1f, 1e-5f), (mamba.Width, mamba.Blocks, mamba.Vocabulary, mamba.TiedUnembedding, mamba.InitializerRange, mamba.NormEpsilon));
        Assert.Equal(new StateSpaceSpec { Channels = 1536, Heads = 1536, StateSize = 16, Taps = 4, StepRank = 48, ProjectionBias = true }, mamba.StateSpace);
        Assert.Equal((4096, 64, 32768, false, 0.1f), (second.Width, second.Blocks, second.Vocabulary, second.TiedUnembedding, second.InitializerRange));
        Assert.Equal(new StateSpaceSpec { Channels = 8192, Heads = 128, StateSize = 128, Taps = 4, Groups = 8, OutputNormWidth = 8192 }, second.StateSpace);
        Assert.Equal((4096, 32, 65536, 32, 8, 14336, 1e-6f), (jamba.Width, jamba.Blocks, jamba.Vocabulary, jamba.Heads, jamba.KeyValueHeads, jamba.MlpWidth, jamba.NormEpsilon));
        Assert.Equal(new StateSpaceSpec { Channels = 8192, Heads = 8192, StateSize = 16, Taps = 4, StepRank = 256, NormalisedParameters = true }, jamba.StateSpace);
        Assert.Equal([4, 12, 20, 28], Enumerable.Range(0, 32).Where(i => jamba.Block(i).HasAttention));
        Assert.Equal(new ExpertSpec(16, 2, false), jamba.Block(1).Experts);
        Assert.All(Enumerable.Range(0, 32), i => Assert.Equal(i % 2 == 1, jamba.Block(i).Experts is not null));
    }

    [Fact]
    public void TheMakersLayoutAndNemotronHaveTheirOwnDefaults()
    {
        ModelSpec first = Read("'d_model':2560,'n_layer':64,'vocab_size':50277,'ssm_cfg':{},'rms_norm':true,'residual_in_fp32':true,'fused_add_norm':true,'pad_vocab_size_multiple':8");
        ModelSpec second = Read("'d_model':768,'n_layer':24,'vocab_size':50277,'ssm_cfg':{'layer':'Mamba2'},'attn_layer_idx':[],'d_intermediate':0,'rms_norm':true,'pad_vocab_size_multiple':16,'tie_embeddings':true");
        ModelSpec nemotron = Read("'model_type':'nemotron_h','hybrid_override_pattern':'M-M*'");
        Assert.Equal(("mamba_ssm", 50280, true, 160, 5120, false), (first.Family, first.Vocabulary, first.TiedUnembedding, first.StateSpace!.StepRank, first.StateSpace.Channels, first.StateSpace.ProjectionBias));
        Assert.Equal((50288, 24, 64, 1, 128, 1536), (second.Vocabulary, second.StateSpace!.Heads, second.StateSpace.HeadWidth, second.StateSpace.Groups, second.StateSpace.StateSize, second.StateSpace.OutputNormWidth));
        Assert.Equal((4096, 131072, 32, 8, 128, 21504), (nemotron.Width, nemotron.Vocabulary, nemotron.Heads, nemotron.KeyValueHeads, nemotron.HeadWidth, nemotron.MlpWidth));
        Assert.Equal((Activation.SquaredRelu, 8192, 128, 1024), (nemotron.Activation, nemotron.StateSpace!.Channels, nemotron.StateSpace.Heads, nemotron.StateSpace.OutputNormWidth));
        Assert.Equal([(true, false, false), (false, false, true), (true, false, false), (false, true, false)],
            Enumerable.Range(0, 4).Select(i => (nemotron.Block(i).StateSpace is not null, nemotron.Block(i).HasAttention, nemotron.Block(i).HasMlp)));
    }

    [Theory]
    [InlineData("[0.0, Infinity]", 0f, float.PositiveInfinity)]
    [InlineData("[0.5, {'__float__':'Infinity'}]", 0.5f, float.PositiveInfinity)]
    [InlineData("[0.001, 100.0]", 0.001f, 100f)]
    public void StepLimitsMayBeInfinite(string limits, float min, float max)
    {
        StateSpaceSpec spec = Read($"'model_type':'mamba2','time_step_limit':{limits}").StateSpace!;
        Assert.Equal((min, max), (spec.MinStep, spec.MaxStep));
    }

    [Fact]
    public void PythonsBareWordsAreReadOutsideOfStringsOnly()
    {
        byte[] text = Encoding.UTF8.GetBytes("{\"a\":[Infinity,-Infinity,NaN],\"say Infinity \\\"NaN\\\\\":\"-Infinity, NaN\",\"b\":Infinity}");
        using JsonDocument json = JsonFile.ParseObject(text, "config.json");
        Assert.Equal(["Infinity", "-Infinity", "NaN"], json.RootElement.GetProperty("a").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal("-Infinity, NaN", json.RootElement.GetProperty("say Infinity \"NaN\\").GetString());
        Assert.Equal("Infinity", json.RootElement.GetProperty("b").GetString());
        foreach (string broken in new[] { "{\"a\":Infinit}", "{\"a\":InfinityInfinity}", "{\"a\":NaN", "{\"a\":\"Infinity", "{NaN:1}x" })
            Assert.Throws<InvalidFileException>(() => JsonFile.ParseObject(Encoding.UTF8.GetBytes(broken), "config.json"));
        ConfigReader config = new(json.RootElement, "config.json");
        Assert.Contains("\"Infinity\"", Assert.Throws<InvalidFileException>(() => config.OptionalFloat("b")).Message);
    }

    [SkippableFact]
    public void SavedConfigurationsKeepInfinitiesAndTheOrderOfParts()
    {
        Model second = suite.Load("mamba2-base"), nemotron = suite.Load("nemotron_h-base");
        second.Save(_folder.File("second"));
        Assert.Matches(@"""time_step_limit"": \[\s*0(\.0)?,\s*Infinity\s*\]", File.ReadAllText(_folder.File("second/config.json")));
        nemotron.Save(_folder.File("nemotron"), LayerPlan.Parse("4, 0, 0, 2", 5));
        using JsonDocument saved = JsonDocument.Parse(File.ReadAllText(_folder.File("nemotron/config.json")));
        Assert.Equal("-MM*", saved.RootElement.GetProperty("hybrid_override_pattern").GetString());
        Assert.Equal(4, Model.Load(_folder.File("nemotron")).Spec.Blocks);
    }

    [SkippableTheory]
    [InlineData("mamba-base")]
    [InlineData("mamba2-switches")]
    [InlineData("jamba-base")]
    [InlineData("nemotron_h-base")]
    public void WeightsPerTokenAreThoseOfTheMaps(string variant)
    {
        Model model = suite.Load(variant);
        WeightMap map = ModelFamily.Of(model.Spec).Map(model.Spec, _ => false);
        for (int block = 0; block < model.Spec.Blocks; block++)
        {
            BlockMap entries = map.Blocks[block];
            IEnumerable<LinearEntry?> maps = [entries.Query, entries.Key, entries.Value, entries.Output, .. entries.StateSpace is { } space ? new[] { space.Input, space.Gate, space.Step, space.Delta, space.B, space.C, space.Output } : []];
            Assert.Equal(maps.OfType<LinearEntry>().Sum(linear => (long)linear.Outputs * linear.Weight.Shape[1]), model.Spec.MixerWeightsPerToken(block));
        }
    }

    private ModelSpec Read(string values)
    {
        string path = _folder.File($"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, $"{{{values}}}".Replace('\'', '"'));
        using JsonDocument json = JsonFile.ReadObject(path, 1 << 20);
        ConfigReader config = new(json.RootElement, path);
        return ModelFamily.Of(config).ReadSpec(config);
    }
}
