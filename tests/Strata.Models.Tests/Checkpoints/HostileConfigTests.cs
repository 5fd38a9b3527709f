using Xunit;

namespace Strata.Models.Tests;

/// <summary>Configurations that no network has are refused as what they are: an invalid file.</summary>
public sealed class HostileConfigTests
{
    private const string Llama = "'model_type':'llama','num_hidden_layers':1,'vocab_size':9";

    [Theory]
    [InlineData("'hidden_size':8,'num_attention_heads':2,'intermediate_size':8,'rope_theta':0", "rope_theta")]
    [InlineData("'hidden_size':8,'num_attention_heads':2,'intermediate_size':8,'rms_norm_eps':-1", "rms_norm_eps")]
    [InlineData("'hidden_size':8,'num_attention_heads':2,'intermediate_size':8,'rope_scaling':{'rope_type':'linear','factor':0}", "rope_scaling.factor")]
    [InlineData("'hidden_size':8,'num_attention_heads':2,'intermediate_size':8,'rope_scaling':{'rope_type':'llama3','factor':8,'low_freq_factor':4,'high_freq_factor':4}", "high_freq_factor")]
    [InlineData("'hidden_size':8,'num_attention_heads':65536,'head_dim':65536,'intermediate_size':8", "heads of width")]
    [InlineData("'hidden_size':1048576,'num_attention_heads':1,'head_dim':2,'intermediate_size':16777216", "no tensor can hold")]
    public void IsAnInvalidFile(string values, string named)
    {
        using TemporaryFolder folder = new();
        folder.WriteText("config.json", $"{{{Llama},{values}}}".Replace('\'', '"'));
        folder.WriteSafetensors("model.safetensors", "{}", 0);
        InvalidFileException refusal = Assert.Throws<InvalidFileException>(() => Model.Load(folder.Path));
        Assert.EndsWith("config.json", refusal.Path);
        Assert.Contains(named, refusal.Message);
    }
}
