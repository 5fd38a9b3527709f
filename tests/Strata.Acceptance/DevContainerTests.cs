using System.Text.Json;

namespace Strata.Acceptance;

/// <summary>What editors read: it parses, and what it names is there. That setup.sh does its work in a fresh clone is checked by <c>.ci/fresh-clone</c>.</summary>
public sealed class DevContainerTests
{
    [Fact]
    public void TheContainerNamesFilesThatExist()
    {
        JsonElement container = Read(".devcontainer/devcontainer.json");
        Assert.True(File.Exists(InRepository(".devcontainer", container.GetProperty("build").GetProperty("dockerfile").GetString()!)));
        string setup = InRepository(container.GetProperty("postCreateCommand").GetString()!);
        Assert.True(File.Exists(setup));
        if (!OperatingSystem.IsWindows()) Assert.True(File.GetUnixFileMode(setup).HasFlag(UnixFileMode.UserExecute));
        JsonElement[] opened = [.. container.GetProperty("customizations").GetProperty("codespaces").GetProperty("openFiles").EnumerateArray()];
        Assert.NotEmpty(opened);
        Assert.All(opened, file => Assert.True(File.Exists(InRepository(file.GetString()!)), file.GetString()));
    }

    [Fact]
    public void ContainerAndWorkspaceWantTheSameExtensions()
    {
        JsonElement container = Read(".devcontainer/devcontainer.json").GetProperty("customizations").GetProperty("vscode").GetProperty("extensions");
        Assert.Equal(Texts(container), Texts(Read(".vscode/extensions.json").GetProperty("recommendations")));
        Assert.Contains("ms-toolsai.jupyter", Texts(container));
    }

    [Fact]
    public void TasksBuildTestAndReportWithWhatIsThere()
    {
        JsonElement[] tasks = [.. Read(".vscode/tasks.json").GetProperty("tasks").EnumerateArray()];
        Assert.Equal(3, tasks.Select(task => task.GetProperty("label").GetString()).Distinct().Count());
        foreach (JsonElement task in tasks)
        {
            string command = task.GetProperty("command").GetString()!;
            Assert.True(command == "dotnet" || File.Exists(InRepository(command)), command);
            IEnumerable<string> paths = (task.TryGetProperty("args", out JsonElement arguments) ? Texts(arguments) : []).Where(word => word.EndsWith(".sln", StringComparison.Ordinal) || word.StartsWith("src/", StringComparison.Ordinal));
            Assert.All(paths, path => Assert.True(Path.Exists(InRepository(path)), path));
        }
    }

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllBytes(InRepository(file))).RootElement;

    private static string InRepository(params string[] parts) => Path.Combine([Repository.Root, .. parts]);
}
