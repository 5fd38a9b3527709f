using System.Text.Json;
using Strata.Cli.Commands;

namespace Strata.Cli.Tests.Commands;

/// <summary>What a command line did.</summary>
internal sealed record ToolResult(int Code, string Output, string Error)
{
    /// <summary>The one JSON document on standard output: anything else there makes this fail.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The command was refused: this code, nothing on standard output, a message that names the command and has these parts, and no stack trace.</summary>
    public void IsRefused(int code, params string[] parts)
    {
        Assert.True(code == Code, $"exit code {Code}, expected {code}: {Error}");
        Assert.Equal("", Output);
        Assert.StartsWith("strata", Error);
        foreach (string part in parts) Assert.Contains(part, Error);
        Assert.DoesNotContain("   at ", Error);
        Assert.True(Error.TrimEnd().Split('\n').Length <= 2, $"More than a message and a pointer to the help: {Error}");
    }
}

/// <summary>Runs command lines in this process.</summary>
internal static class Tool
{
    public static async Task<ToolResult> Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await CliProgram.RunAsync(arguments, output, error);
        return new ToolResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a verb on the Othello network and its first games.</summary>
    public static Task<ToolResult> OnGames(string verb, int rows, params string[] more) => Run([verb, Repository.Othello, "--data", Repository.Games, "--take", $"{rows}", .. more]);
}

/// <summary>A folder of a test, removed with it.</summary>
public abstract class FolderTest : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-cli-");

    protected string Folder => _folder.FullName;

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string At(string name) => Path.Combine(Folder, name);

    /// <summary>A file with this text.</summary>
    protected string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <summary>A copy of the Othello checkpoint that a test may break.</summary>
    protected string CopyOfModel()
    {
        string copy = At("model");
        Directory.CreateDirectory(copy);
        foreach (string name in new[] { "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json" }) File.Copy(Path.Combine(Repository.Othello, name), Path.Combine(copy, name));
        return copy;
    }
}
