using Xunit;

namespace Strata.Models.Tests;

/// <summary>References, and the settings of the environment.</summary>
public sealed class HubReferenceTests
{
    [Theory]
    [InlineData("hf:gpt2", HubKind.Model, "gpt2", "main", null)]
    [InlineData("hf:EleutherAI/pythia-70m@step3000", HubKind.Model, "EleutherAI/pythia-70m", "step3000", null)]
    [InlineData("hf:org/name/sub/file.gguf@refs/pr/7", HubKind.Model, "org/name", "refs/pr/7", "sub/file.gguf")]
    [InlineData("hf:datasets/org/name", HubKind.DataSet, "org/name", "main", null)]
    public void References_are_read(string text, HubKind kind, string id, string revision, string? file)
    {
        HubReference reference = HubReference.Parse(text);
        Assert.Equal((kind, id, revision, file), (reference.Kind, reference.Id, reference.Revision, reference.File));
        Assert.Equal(reference, HubReference.Parse(reference.ToString()));
    }

    [Theory]
    [InlineData("hf:")]
    [InlineData("hf:../name")]
    [InlineData("hf:org/..")]
    [InlineData("hf:org/a--b")]
    [InlineData("hf:org/name@")]
    [InlineData("hf:org/name@../../x")]
    [InlineData("hf:org/name@a..b")]
    [InlineData("hf:org/name@/abs")]
    [InlineData("hf:org/name@x.lock")]
    [InlineData("hf:org/name/../x")]
    [InlineData("hf:org/na me")]
    [InlineData("hf:-org/name")]
    [InlineData("hf:org/name?x=1")]
    [InlineData("org/name")]
    public void What_is_no_reference_is_refused(string text) => Assert.Contains("Expected is hf:org/name", Assert.Throws<StrataException>(() => HubReference.Parse(text)).Message);

    [Fact]
    public void The_environment_is_read_as_other_clients_read_it()
    {
        using TemporaryFolder folder = new();
        folder.WriteText("token", " hf_FromFile\n");
        HubSettings Of(params (string Name, string Value)[] variables) => HubSettings.From(name => variables.FirstOrDefault(variable => variable.Name == name).Value);

        Assert.Equal(Path.Combine(folder.Path, "hub"), Of(("HF_HOME", folder.Path)).CacheFolder);
        Assert.Equal("hf_FromFile", Of(("HF_HOME", folder.Path)).Token);
        Assert.Equal("hf_Mine", Of(("HF_HOME", folder.Path), ("HF_TOKEN", "hf_Mine")).Token);
        Assert.Equal("/elsewhere", Of(("HF_HOME", folder.Path), ("HF_HUB_CACHE", "/elsewhere")).CacheFolder);
        Assert.Equal("/xdg/huggingface/hub", Of(("XDG_CACHE_HOME", "/xdg")).CacheFolder);
        Assert.EndsWith(".cache/huggingface/hub", Of().CacheFolder);
        Assert.Equal("https://huggingface.co/", Of().Endpoint.AbsoluteUri);
        Assert.Equal("https://mirror.example/hub", Of(("HF_ENDPOINT", "https://mirror.example/hub/")).Endpoint.AbsoluteUri);
        Assert.True(Of(("HF_HUB_OFFLINE", "1")).Offline);
        Assert.False(Of(("HF_HUB_OFFLINE", "0")).Offline);
        Assert.Throws<StrataException>(() => Of(("HF_ENDPOINT", "not an address")));
        Assert.DoesNotContain("secret", Assert.Throws<StrataException>(() => Of(("HF_TOKEN", "secret\nsecret"))).Message);
    }
}
