using System.Text.Json;
using Strata.Cli.Commands;

namespace Strata.Cli.Tests.Commands;

public sealed class JupyterVerbTests : FolderTest
{
    private string Spec => Path.Combine(Folder, "share", "jupyter", "kernels", "strata", "kernel.json");

    [Fact]
    public async Task InstallWritesAnEntryThatStartsThisToolAndUninstallRemovesIt()
    {
        Assert.Equal(ExitCode.Done, (await Tool.Run("jupyter", "install", "--prefix", Folder)).Code);
        JsonElement spec = JsonDocument.Parse(File.ReadAllText(Spec)).RootElement;
        string[] argv = spec.GetProperty("argv").EnumerateArray().Select(word => word.GetString()!).ToArray();
        Assert.True(File.Exists(argv[0]), argv[0]);
        Assert.Equal(["jupyter", "run", "-f", "{connection_file}"], argv[^4..]);
        Assert.Equal("message", spec.GetProperty("interrupt_mode").GetString());
        Assert.Equal(ExitCode.Done, (await Tool.Run("jupyter", "uninstall", "--prefix", Folder)).Code);
        Assert.False(File.Exists(Spec));
        Assert.Contains("There is no kernel", (await Tool.Run("jupyter", "uninstall", "--prefix", Folder)).Error);
    }

    [Fact]
    public async Task PlacesExcludeEachOther() => (await Tool.Run("jupyter", "install", "--user", "--prefix", Folder)).IsRefused(ExitCode.Usage, "exclude each other");

    [Theory]
    [InlineData("{", "no connection file")]
    [InlineData("{\"key\":\"k\",\"signature_scheme\":\"hmac-md5\",\"transport\":\"tcp\",\"ip\":\"127.0.0.1\"}", "hmac-sha256")]
    [InlineData("{\"key\":\"k\",\"signature_scheme\":\"hmac-sha256\",\"transport\":\"tcp\",\"ip\":\"*\",\"shell_port\":1}", "an IP address")]
    [InlineData("{\"key\":\"k\",\"signature_scheme\":\"hmac-sha256\",\"transport\":\"tcp\",\"ip\":\"127.0.0.1\",\"shell_port\":0}", "an IP address")]
    public async Task ABadConnectionFileIsRefused(string text, string why) =>
        (await Tool.Run("jupyter", "run", "-f", Write("connection.json", text))).IsRefused(ExitCode.BadFile, why);
}
