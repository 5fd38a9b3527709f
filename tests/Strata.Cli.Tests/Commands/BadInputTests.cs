using System.Text.Json.Nodes;
using Strata.Cli.Commands;

namespace Strata.Cli.Tests.Commands;

/// <summary>Everything that can be wrong with a command line and with files: one clear message, the right exit code, nothing half written.</summary>
public sealed class BadInputTests : FolderTest
{
    [Theory]
    [InlineData("Did you mean \"eval\"?", "evl")]
    [InlineData("a verb is missing. Valid are: run, report, info, capture")]
    [InlineData("--data", "eval", "MODEL")]
    [InlineData("Did you mean \"--json\"?", "eval", "MODEL", "--data", "GAMES", "--jsn")]
    [InlineData("Did you mean \"--json\"?", "info", "--jsn", "MODEL")]
    [InlineData("one argument too many", "info", "MODEL", "more")]
    [InlineData("--take 0: expected a whole number, 1 or more", "eval", "MODEL", "--data", "GAMES", "--take", "0")]
    [InlineData("--take x", "eval", "MODEL", "--data", "GAMES", "--take", "x")]
    [InlineData("names block 9, and the network has blocks 0..8", "eval", "MODEL", "--data", "GAMES", "--plan", "0..4, 9")]
    [InlineData("Did you mean \"reverse\"?", "eval", "MODEL", "--data", "GAMES", "--plan", "revers(0..4)")]
    [InlineData("Give the plans once", "sweep", "MODEL", "--data", "GAMES")]
    [InlineData("Give the plans once", "sweep", "MODEL", "--data", "GAMES", "--windows", "--drop-each")]
    [InlineData("--array needs --results", "sweep", "MODEL", "--data", "GAMES", "--windows", "--array", "0/2")]
    [InlineData("write K/N", "sweep", "MODEL", "--data", "GAMES", "--windows", "--results", "r", "--array", "2")]
    [InlineData("--merge needs --results", "sweep", "MODEL", "--data", "GAMES", "--windows", "--merge")]
    [InlineData("give one of them", "sweep", "MODEL", "--data", "GAMES", "--windows", "--results", "r", "--array", "0/2", "--merge")]
    [InlineData("is no range of blocks", "sweep", "MODEL", "--data", "GAMES", "--painters", "4, 2")]
    [InlineData("Did you mean \"blocks.0.resid_post\"", "measure", "MODEL", "--data", "GAMES", "--measure", "norm", "--points", "blocks.0.resid_pos")]
    [InlineData("Did you mean \"curvature\"?", "measure", "MODEL", "--data", "GAMES", "--measure", "norm,curvatur")]
    [InlineData("a captured point", "measure", "MODEL", "--data", "GAMES", "--take", "1", "--measure", "block-influence", "--points", "embed")]
    [InlineData("Did you mean \"reference\"?", "measure", "MODEL", "--data", "GAMES", "--measure", "norm", "--form", "referenc")]
    [InlineData("Did you mean \"log-n\"", "measure", "MODEL", "--data", "GAMES", "--measure", "norm", "--normalize", "logn")]
    [InlineData("--data FILE", "measure", "MODEL", "--measure", "norm")]
    [InlineData("was pooled", "measure", "MODEL", "--data", "GAMES", "--take", "1", "--measure", "prompt-entropy", "--pool", "mean")]
    [InlineData("Did you mean \"cka\"", "compare", "MODEL", "--data", "GAMES", "--with", "ckaa")]
    [InlineData("--data FILE", "compare", "MODEL", "--with", "cka")]
    [InlineData("Did you mean \"mean\"?", "capture", "MODEL", "--data", "GAMES", "--points", "embed", "--pool", "meen", "--out", "OUT")]
    [InlineData("ends in .safetensors", "capture", "MODEL", "--data", "GAMES", "--points", "embed", "--out", "out.json")]
    [InlineData("cannot be pooled", "capture", "MODEL", "--data", "GAMES", "--points", "blocks.0.attn.pattern", "--pool", "mean", "--out", "OUT")]
    [InlineData("Give the prompt once", "lens", "MODEL")]
    [InlineData("Give the prompt once", "lens", "MODEL", "--text", "c4", "--tokens", "1")]
    [InlineData("\"x\" is no token id", "lens", "MODEL", "--tokens", "61,x")]
    [InlineData("Token id 62 at position 1 is outside the vocabulary", "lens", "MODEL", "--tokens", "61,62")]
    [InlineData("61 positions", "generate", "MODEL", "--tokens", "61", "--max-new", "61")]
    [InlineData("--max-new", "generate", "MODEL", "--tokens", "61")]
    public async Task WhatWasTypedWrongEndsWith2(string part, params string[] arguments)
    {
        ToolResult result = await Tool.Run([.. arguments.Select(Named)]);
        if (part is "was pooled" or "a captured point" or "cannot be pooled") IsRefusedAfterWork(result, part);
        else result.IsRefused(2, part);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder));
    }

    [Fact]
    public async Task ATokenTooManyForThePositionsIsRefused()
    {
        string ids = string.Join(',', Enumerable.Repeat("1", 62));
        (await Tool.Run("lens", Repository.Othello, "--tokens", ids)).IsRefused(2, "62 tokens is longer than the 61 positions");
    }

    [Fact]
    public async Task MissingModelsAndDataEndWith3()
    {
        (await Tool.Run("info", At("nothing"))).IsRefused(3, At("nothing"));
        (await Tool.Run("eval", Repository.Othello, "--data", At("nothing.jsonl"))).IsRefused(3, At("nothing.jsonl"));
        (await Tool.Run("measure", At("nothing.safetensors"), "--measure", "norm")).IsRefused(3, At("nothing.safetensors"));
        (await Tool.Run("sweep", Repository.Othello, "--data", Repository.Games, "--plans", At("nothing.txt"))).IsRefused(3, At("nothing.txt"));
        (await Tool.Run("run", At("nothing.ipynb"))).IsRefused(3, At("nothing.ipynb"));
    }

    [Theory]
    [InlineData("no rows", "")]
    [InlineData("no rows", "\n\n")]
    [InlineData("line 2, column", "{\"tokens\": [61, 2]}\n{\"tokens\": [61, }\n")]
    [InlineData("line 1", "[1, 2]\n")]
    [InlineData("Row 1 of \"data\": Token id 62 at position 1", "{\"tokens\": [61, 2]}\n{\"tokens\": [61, 62]}\n")]
    [InlineData("no row has a second token", "{\"tokens\": [61]}\n")]
    [InlineData("Row 0 of \"data\": A sequence of 62 tokens is longer than the 61 positions", "LONG")]
    public async Task DataThatAreWrongEndWith3(string part, string text)
    {
        string data = Write("data.jsonl", text == "LONG" ? $"{{\"tokens\": [{string.Join(',', Enumerable.Repeat("1", 62))}]}}\n" : text);
        (await Tool.Run("eval", Repository.Othello, "--data", data)).IsRefused(3, data, part);
    }

    [Theory]
    [InlineData("line 3", "0..8\n# good so far\n0..4, 9..12\n")]
    [InlineData("has no plan", "# nothing\n")]
    public async Task PlanFilesThatAreWrongEndWith3(string part, string text)
    {
        string plans = Write("plans.txt", text);
        (await Tool.Run("sweep", Repository.Othello, "--data", Repository.Games, "--plans", plans)).IsRefused(3, plans, part);
    }

    [Fact]
    public async Task ACutCheckpointEndsWith3()
    {
        string model = CopyOfModel(), weights = Path.Combine(model, "model.safetensors");
        using (FileStream stream = File.OpenWrite(weights)) stream.SetLength(stream.Length / 2);
        (await Tool.Run("info", model)).IsRefused(3, "model.safetensors");
        File.WriteAllText(weights, "no tensors at all");
        (await Tool.Run("info", model)).IsRefused(3, "model.safetensors");
        File.WriteAllText(Path.Combine(model, "config.json"), "{");
        (await Tool.Run("info", model)).IsRefused(3, "config.json");
    }

    [Fact]
    public async Task ATokenizerOfAnotherNetworkEndsWith3()
    {
        string model = CopyOfModel(), path = Path.Combine(model, "tokenizer.json");
        JsonNode tokenizer = JsonNode.Parse(File.ReadAllText(path))!;
        JsonNode vocabulary = tokenizer["model"]!["vocab"]!;
        for (int id = 62; id < 70; id++) vocabulary[$"x{id}"] = id;
        File.WriteAllText(path, tokenizer.ToJsonString());
        (await Tool.Run("info", model)).IsRefused(3, model, "tokenizer", "61");
    }

    [Fact]
    public async Task ActivationsThatAreNoneEndWith3()
    {
        (await Tool.Run("measure", Write("a.safetensors", "no tensors at all"), "--measure", "norm")).IsRefused(3, "a.safetensors");
    }

    [Fact]
    public async Task OptionsOfAModelAreRefusedForFiles()
    {
        string path = At("a.safetensors");
        await Tool.OnGames("capture", 2, "--points", "embed", "--out", path);
        (await Tool.Run("measure", path, "--measure", "norm", "--data", Repository.Games)).IsRefused(2, "--data is for a model");
        (await Tool.Run("compare", path, "--with", "cka", "--pool", "mean")).IsRefused(2, "--pool is for a model");
        (await Tool.Run("measure", path, "--measure", "norm", "--points", "embd")).IsRefused(2, "Did you mean \"embed\"?");
    }

    [Fact]
    public async Task CapturesThatCannotBeWrittenLeaveNothing()
    {
        string[] capture = ["capture", Repository.Othello, "--data", Repository.Games, "--take", "1", "--points", "embed", "--out"];
        (await Tool.Run([.. capture, At("missing/a.safetensors")])).IsRefused(3, "missing", "does not exist");
        Directory.CreateDirectory(At("folder.safetensors"));
        (await Tool.Run([.. capture, At("folder.safetensors")])).IsRefused(3, "is a folder");
        Assert.Equal([At("folder.safetensors")], Directory.GetFileSystemEntries(Folder));

        string model = CopyOfModel();
        byte[] before = File.ReadAllBytes(Path.Combine(model, "config.json"));
        (await Tool.Run("capture", model, "--data", Repository.Games, "--points", "embed", "--out", Path.Combine(model, "config.safetensors"))).IsRefused(2, "the model's own folder");
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(model, "config.json")));
    }

    [SkippableFact]
    public async Task AFullStandardOutputEndsWith3()
    {
        Skip.IfNot(File.Exists("/dev/full"), "This system has no /dev/full.");
        using StringWriter error = new();
        StreamWriter full = new(new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.Write, 0)) { AutoFlush = true };
        int code = await CliProgram.RunAsync(["info", Repository.Othello, "--json"], full, error);
        new ToolResult(code, "", error.ToString()).IsRefused(3, "standard output: cannot be written");
    }

    [Fact]
    public async Task CancellingEndsWith130AndWritesNothing()
    {
        using StringWriter output = new(), error = new();
        int code = await CliProgram.RunAsync(["capture", Repository.Othello, "--data", Repository.Games, "--points", "*", "--out", At("a.safetensors")], output, error, new CancellationToken(canceled: true));
        Assert.Equal(130, code);
        Assert.Contains("cancelled", error.ToString());
        Assert.Equal("", output.ToString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder));
    }

    [Fact]
    public async Task VerboseShowsTheStackTrace()
    {
        ToolResult result = await Tool.Run("info", At("nothing"), "--verbose");
        Assert.Equal(3, result.Code);
        Assert.Contains("   at ", result.Error);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("eval", "--help")]
    public async Task HelpIsNoError(params string[] arguments)
    {
        ToolResult result = await Tool.Run(arguments);
        Assert.Equal(0, result.Code);
        Assert.Contains("Usage:", result.Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public async Task ControlCharactersOfVocabulariesDoNotReachTheTerminal()
    {
        string model = CopyOfModel(), path = Path.Combine(model, "tokenizer.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"c4\"", "\"[red]\\u001b[2J\""));
        ToolResult lens = await Tool.Run("lens", model, "--tokens", "61,26");
        Assert.Equal(0, lens.Code);
        Assert.Contains("1: [red]<U+001B>[2J", lens.Output);
        Assert.DoesNotContain('\u001b', lens.Output);
    }

    /// <summary>Refused by the computation, after the line with the bytes.</summary>
    private static void IsRefusedAfterWork(ToolResult result, string part)
    {
        string message = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        new ToolResult(result.Code, result.Output, message).IsRefused(2, part == "was pooled" ? "were pooled" : part == "a captured point" ? "has no value at any captured point" : part);
    }

    private string Named(string argument) => argument switch
    {
        "MODEL" => Repository.Othello,
        "GAMES" => Repository.Games,
        "OUT" => At("out.safetensors"),
        _ => argument,
    };
}
