using System.Diagnostics;
using System.Text.Json;
using Strata.Models.Tests;

namespace Strata.Cli.Tests.Commands;

/// <summary>Models of the hub on the command line, each command in a process of its own, against a server on this machine that holds the Othello network.</summary>
public sealed class HubVerbTests : FolderTest, IAsyncLifetime
{
    private static readonly string[] ModelFiles = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

    private readonly FakeHub _hub = FakeHub.Start();

    public Task InitializeAsync()
    {
        _hub.Repositories["models/strata/othello"] = ModelFiles.ToDictionary(name => name, name => new ServedFile(File.ReadAllBytes(Path.Combine(Repository.Othello, name)), name == "model.safetensors"));
        _hub.Repositories["models/strata/othello"]["pytorch_model.bin"] = new ServedFile(new byte[100], true);
        return Task.CompletedTask;
    }

    Task IAsyncLifetime.DisposeAsync() => _hub.DisposeAsync().AsTask();

    [Fact]
    public async Task Fetch_says_the_plan_downloads_and_prints_the_folder()
    {
        ToolResult planned = await Strata("fetch", "hf:strata/othello", "--dry-run");
        Assert.Equal(0, planned.Code);
        Assert.Contains("model.safetensors (", planned.Error);
        Assert.Contains("bytes to download", planned.Error);
        Assert.Empty(_hub.Stored);

        ToolResult fetched = await Strata("fetch", "hf:strata/othello", "--json");
        Assert.Equal(0, fetched.Code);
        JsonElement document = fetched.Json.GetProperty("fetched")[0];
        Assert.Equal(FakeHub.Commit, document.GetProperty("commit").GetString());
        string folder = document.GetProperty("folder").GetString()!;
        Assert.Equal(ModelFiles.Order(), Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
        foreach (string name in ModelFiles) Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.Othello, name)), File.ReadAllBytes(Path.Combine(folder, name)));
    }

    [Fact]
    public async Task A_model_of_the_hub_stands_wherever_a_folder_does_and_its_provenance_has_commit_and_hash()
    {
        string local = (await Tool.Run("info", Repository.Othello, "--json")).Json.GetProperty("hash").GetString()!;
        ToolResult info = await Strata("info", "hf:strata/othello", "--json");
        Assert.Equal(0, info.Code);
        Assert.Contains("hf:strata/othello@main, commit", info.Error);
        Assert.Equal(local, info.Json.GetProperty("hash").GetString());
        Assert.Contains($"hf:strata/othello (", info.Json.GetProperty("provenance").GetProperty("model").GetString());
        Assert.EndsWith($"commit {FakeHub.Commit}", info.Json.GetProperty("provenance").GetProperty("model").GetString());

        ToolResult again = await Strata("generate", "hf:strata/othello", "--tokens", "60,19", "--max-new", "2");
        Assert.Equal((0, ""), (again.Code, again.Error));
        Assert.Single(_hub.Stored);
    }

    [Fact]
    public async Task A_data_set_of_the_hub_is_a_task_whose_revision_is_the_commit()
    {
        string[] games = [.. File.ReadLines(Repository.Games).Take(8).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!)];
        ServedFile Part(int from, int count) => new(System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(from, count).Select(i => JsonSerializer.Serialize(new { text = games[i], label = i % 2 }) + "\n"))), false);
        _hub.Repositories["datasets/mteb/openings"] = new()
        {
            ["README.md"] = new("# Openings"u8.ToArray(), false),
            ["data/train-00000-of-00001.jsonl"] = Part(0, 4),
            ["data/test-00000-of-00002.jsonl"] = Part(4, 2),
            ["data/test-00001-of-00002.jsonl"] = Part(6, 2),
            ["notes.tsv"] = new("a\tb\n"u8.ToArray(), false),
        };
        ToolResult scored = await Strata("tasks", Repository.Othello, "--task", "hf:mteb/openings", "--points", "blocks.7.resid_post", "--no-controls", "--mteb-json", Path.Combine(Folder, "results"));
        Assert.True(scored.Code == 0, scored.Error);
        Assert.Contains("4 files", scored.Error);
        string file = Assert.Single(Directory.EnumerateFiles(Path.Combine(Folder, "results"), "openings.json", SearchOption.AllDirectories));
        Assert.Equal(FakeHub.Commit, JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("dataset_revision").GetString());
        (await Strata("eval", Repository.Othello, "--data", "hf:mteb/openings", "--split", "train")).IsRefused(2, "several formats (.jsonl, .tsv)", "hf:mteb/openings/data/train-00000-of-00001.jsonl");
    }

    [Fact]
    public async Task A_data_set_of_the_hub_is_read_split_by_split()
    {
        string[] games = [.. File.ReadLines(Repository.Games).Take(9)];
        ServedFile Part(int from, int count, bool large) => new(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', games.Skip(from).Take(count)) + "\n"), large);
        _hub.Repositories["datasets/strata/games"] = new()
        {
            ["README.md"] = new("# Games"u8.ToArray(), false),
            ["data/train-00000-of-00002.jsonl"] = Part(0, 2, true),
            ["data/train-00001-of-00002.jsonl"] = Part(2, 3, true),
            ["data/test.jsonl"] = Part(5, 4, false),
        };
        (await Strata("eval", Repository.Othello, "--data", "hf:strata/games")).IsRefused(2, "has the splits test, train", "--split");
        (await Strata("eval", Repository.Othello, "--data", "hf:strata/games", "--split", "tests")).IsRefused(3, "no split \"tests\"", "\"test\"");

        ToolResult train = await Strata("eval", Repository.Othello, "--data", "hf:strata/games", "--split", "train", "--json");
        Assert.Equal(0, train.Code);
        JsonElement provenance = train.Json.GetProperty("provenance");
        Assert.Contains($"hf:strata/games@{FakeHub.Commit} train", provenance.GetProperty("data").GetString());
        JsonElement local = (await Tool.Run("eval", Repository.Othello, "--data", Write("five.jsonl", string.Join('\n', games.Take(5))), "--json")).Json.GetProperty("provenance");
        Assert.Equal(local.GetProperty("data_hash").GetString(), provenance.GetProperty("data_hash").GetString());

        ToolResult named = await Strata("eval", Repository.Othello, "--data", "hf:strata/games/data/test.jsonl", "--json");
        Assert.Equal(0, named.Code);
        ToolResult fetched = await Strata("fetch", "hf:datasets/strata/games", "--json");
        Assert.Equal(3, fetched.Json.GetProperty("fetched")[0].GetProperty("files").GetArrayLength());
        Assert.Equal(0, fetched.Json.GetProperty("fetched")[0].GetProperty("missing_bytes").GetInt64());
    }

    [Fact]
    public async Task Failures_have_a_message_and_a_code_and_never_the_token()
    {
        ToolResult missing = await Strata("info", "hf:strata/none");
        missing.IsRefused(3, "strata/none was not found", "HF_TOKEN");
        Assert.DoesNotContain("hf_Secret", missing.Error);
        (await Strata("fetch", "strata/othello")).IsRefused(2, "does not begin with hf:");
        (await Tool.Run("info", "gpt2")).IsRefused(3, "is not a folder", "write hf:gpt2");
        (await Tool.Run("fetch", "hf:a/b", "--split", "train")).IsRefused(2, "--split");
    }

    [Fact]
    public async Task Processes_at_the_same_time_download_each_file_once()
    {
        ToolResult[] results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Strata("fetch", "hf:strata/othello")));

        Assert.All(results, result => Assert.Equal(0, result.Code));
        Assert.Single(_hub.Stored);
        CacheHoldsCompleteFilesAlone();
    }

    [Fact]
    public async Task A_process_that_is_killed_leaves_a_part_from_which_the_next_goes_on()
    {
        byte[] weights = _hub.Repositories["models/strata/othello"]["model.safetensors"].Bytes;
        TaskCompletionSource sent = new();
        _hub.Instead = async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/repos") || sent.Task.IsCompleted) return false;
            context.Response.ContentLength = weights.Length;
            await context.Response.Body.WriteAsync(weights.AsMemory(0, 200_000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(2000);
            sent.SetResult();
            await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using (Process process = Start("fetch", "hf:strata/othello"))
        {
            await sent.Task;
            process.Kill();
            await process.WaitForExitAsync();
        }

        string repository = Path.Combine(At("cache"), "models--strata--othello");
        Assert.False(Directory.Exists(Path.Combine(repository, "snapshots")));
        Assert.Equal(200_000, new FileInfo(Assert.Single(Directory.EnumerateFiles(Path.Combine(repository, "blobs"), "*.incomplete"))).Length);
        Assert.Equal(0, (await Strata("fetch", "hf:strata/othello")).Code);
        Assert.Equal(200_000, _hub.Stored[^1].From);
        CacheHoldsCompleteFilesAlone();
    }

    private void CacheHoldsCompleteFilesAlone()
    {
        string repository = Path.Combine(At("cache"), "models--strata--othello");
        Assert.All(Directory.EnumerateFiles(Path.Combine(repository, "blobs")), path => Assert.Equal(Path.GetFileName(path), new ServedFile(File.ReadAllBytes(path), Path.GetFileName(path).Length == 64).Hash));
        Assert.Equal(ModelFiles.Order(), Directory.EnumerateFiles(Path.Combine(repository, "snapshots", FakeHub.Commit)).Select(Path.GetFileName).Order());
    }

    private Process Start(params string[] arguments)
    {
        ProcessStartInfo start = Programs.StartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "strata.dll"), .. arguments]);
        start.Environment["HF_ENDPOINT"] = _hub.Address.AbsoluteUri;
        start.Environment["HF_HUB_CACHE"] = At("cache");
        start.Environment["HF_HOME"] = At("home");
        start.Environment["HF_TOKEN"] = "hf_Secret";
        start.Environment.Remove("HF_HUB_OFFLINE");
        return Process.Start(start)!;
    }

    private async Task<ToolResult> Strata(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new ToolResult(process.ExitCode, await output, await error);
    }
}
