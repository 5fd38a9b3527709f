using System.Text.Json;

namespace Strata.Acceptance;

/// <summary>The tool as scripts use it, in a process of its own: JSON on standard output, messages on standard error, exit codes.</summary>
public sealed class CommandLineTests : IDisposable
{
    private const string Prompt = "61,26,18,19";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-acceptance-");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("info MODEL", "name family blocks width vocabulary max_positions facts hook_points limits hash provenance")]
    [InlineData("eval MODEL --data GAMES --take 4", "results provenance")]
    [InlineData("sweep MODEL --data GAMES --take 2 --drop-each", "results block_evaluations provenance")]
    [InlineData("measure MODEL --data GAMES --take 4 --measure prompt-entropy,curvature", "measures provenance")]
    [InlineData("compare MODEL --data GAMES --take 8 --with cka", "points points2 matrix provenance")]
    [InlineData("lens MODEL --tokens PROMPT", "points tokens top probability entropy kl loss provenance")]
    [InlineData("generate MODEL --tokens PROMPT --max-new 4", "tokens text provenance")]
    public async Task EveryVerbPrintsOneJsonDocument(string line, string keys)
    {
        Finished finished = await Run($"{line} --json");
        Assert.True(finished.Code == 0, finished.Error);
        foreach (string key in keys.Split(' ')) Assert.True(finished.Json.TryGetProperty(key, out _), $"no \"{key}\" in {finished.Output[..Math.Min(200, finished.Output.Length)]}");
        JsonElement provenance = finished.Json.GetProperty("provenance");
        Assert.Equal(64, provenance.GetProperty("model_hash").GetString()!.Length);
    }

    [Fact]
    public async Task ActivationsAreWrittenAndReadBack()
    {
        string file = Path.Combine(_folder.FullName, "acts.safetensors");
        Finished capture = await Run($"capture MODEL --data GAMES --take 8 --points blocks.*.resid_post --pool mean --out {file}");
        Assert.True(capture.Code == 0, capture.Error);
        Assert.Equal(["acts.safetensors", "acts.safetensors.json"], _folder.GetFiles().Select(f => f.Name).Order());
        Finished fromFile = await Run($"compare {file} --with cka --json"), fromModel = await Run("compare MODEL --data GAMES --take 8 --with cka --json");
        Assert.Equal(fromModel.Json.GetProperty("matrix").GetRawText(), fromFile.Json.GetProperty("matrix").GetRawText());
    }

    [Theory]
    [InlineData("paint MODEL", 2, "paint")]
    [InlineData("eval MODEL --data GAMES --plan 0..9", 2, "0..9")]
    [InlineData("measure MODEL --data GAMES --measure entropi", 2, "entropi")]
    [InlineData("capture MODEL --data GAMES --points blocks.9.resid_post --out OUT", 2, "blocks.9.resid_post")]
    [InlineData("lens MODEL --tokens 61,99", 2, "99")]
    [InlineData("info no-such-folder", 3, "no-such-folder")]
    [InlineData("eval MODEL --data no-such-file.jsonl", 3, "no-such-file.jsonl")]
    [InlineData("run no-such-notebook.ipynb", 3, "no-such-notebook.ipynb")]
    public async Task MistakesEndWithTheirCodeAndOneMessage(string line, int code, string named)
    {
        Finished finished = await Run(line);
        Assert.True(code == finished.Code, $"code {finished.Code}, expected {code}: {finished.Error}");
        Assert.Equal("", finished.Output);
        Assert.Contains(named, finished.Error);
        Assert.DoesNotContain("   at ", finished.Error);
    }

    [Fact]
    public async Task NotebookWithAFailingCellEndsWithOneAndStillHasAReport()
    {
        string notebook = Path.Combine(_folder.FullName, "fails.ipynb"), report = Path.Combine(_folder.FullName, "fails.html");
        await File.WriteAllTextAsync(notebook, """
            {"cells":[{"cell_type":"code","execution_count":null,"id":"a","metadata":{},"outputs":[],"source":"1 + 1"},
            {"cell_type":"code","execution_count":null,"id":"b","metadata":{},"outputs":[],"source":"throw new InvalidOperationException(\"broken on purpose\");"}],
            "metadata":{"language_info":{"name":"C#"}},"nbformat":4,"nbformat_minor":5}
            """);
        Finished finished = await Run($"run {notebook} --report {report}");
        Assert.Equal(1, finished.Code);
        Assert.Contains("broken on purpose", finished.Error);
        Assert.Contains("broken on purpose", await File.ReadAllTextAsync(report));
    }

    [SkippableTheory]
    [InlineData("DOTNET_EnableAVX512", "Vector256")]
    [InlineData("DOTNET_EnableAVX2", "Vector128")]
    public async Task NarrowerRegistersGiveTheSameNumbers(string switchedOff, string registers)
    {
        Skip.IfNot(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "These switches are those of x64 processors.");
        string[] evaluate = ["eval", Repository.Othello, "--data", Repository.Games, "--take", "4", "--json"];
        Finished widest = await Programs.Strata(evaluate);
        Finished narrow = await Programs.Run("dotnet", [Path.Combine(AppContext.BaseDirectory, "strata.dll"), .. evaluate], environment: new Dictionary<string, string> { [switchedOff] = "0" });
        Assert.True(narrow.Code == 0, narrow.Error);
        Assert.Contains(registers, narrow.Json.GetProperty("provenance").GetProperty("engine").GetString());
        double Loss(Finished finished) => finished.Json.GetProperty("results")[0].GetProperty("loss").GetDouble();
        Assert.Equal(Loss(widest), Loss(narrow), 1e-5);
    }

    private Task<Finished> Run(string line) => Programs.Strata(line.Split(' ').Select(word => word switch
    {
        "MODEL" => Repository.Othello,
        "GAMES" => Repository.Games,
        "PROMPT" => Prompt,
        "OUT" => Path.Combine(_folder.FullName, "out.safetensors"),
        _ => word,
    }).ToArray());
}
