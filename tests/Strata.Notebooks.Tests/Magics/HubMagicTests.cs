using Strata.Models;
using Strata.Models.Tests;
using Strata.Research;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>Models and data of the hub in magic commands, against a server on this machine.</summary>
public sealed class HubMagicTests : IAsyncLifetime
{
    private readonly FakeHub _hub = FakeHub.Start();
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("strata-hub-");
    private readonly Dictionary<string, string?> _before = [];
    private readonly StrataSession _session = new();

    public Task InitializeAsync()
    {
        foreach ((string name, string? value) in new (string, string?)[] { ("HF_ENDPOINT", _hub.Address.AbsoluteUri), ("HF_HOME", _home.FullName), ("HF_HUB_CACHE", null), ("HF_TOKEN", "hf_Secret"), ("HF_HUB_OFFLINE", null) })
        {
            _before[name] = Environment.GetEnvironmentVariable(name);
            Environment.SetEnvironmentVariable(name, value);
        }

        _hub.Repositories["models/strata/othello"] = new[] { "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json" }
            .ToDictionary(name => name, name => new ServedFile(File.ReadAllBytes(Path.Combine(OthelloFolder.Path, name)), name == "model.safetensors"));
        _hub.Repositories["datasets/strata/reviews"] = new() { ["train.csv"] = new("sentence,label\n\"good, <b>really</b>\",1\nbad,0\n"u8.ToArray(), false), ["test.csv"] = new("sentence,label\nso so,1\n"u8.ToArray(), false) };
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach ((string name, string? value) in _before) Environment.SetEnvironmentVariable(name, value);
        await _hub.DisposeAsync();
        _home.Delete(recursive: true);
    }

    [Fact]
    public void A_model_is_loaded_after_its_plan_is_shown_with_progress_in_bytes_and_then_completed()
    {
        FakeHost host = Run("#!model hf:strata/othello");

        Assert.Contains("4 files", host.Outputs[0].Renderings[MimeBundle.PlainText]);
        Assert.Contains("bytes to download", host.Outputs[0].Renderings[MimeBundle.PlainText]);
        Assert.Contains(_home.FullName, host.Outputs[0].Renderings[MimeBundle.PlainText]);
        Assert.Equal("bytes", host.Reports[0].Unit);
        Model model = Assert.IsType<Model>(host.Variables["model"]);
        Assert.Equal((FakeHub.Commit, Model.Load(OthelloFolder.Path).Hash), (model.Commit, model.Hash));
        Assert.Contains($"hf:strata/othello (", model.Provenance.Model);
        Assert.EndsWith(FakeHub.Commit, model.Provenance.Model);

        FakeHost again = Run("#!model hf:strata/othello --name second");
        Assert.Single(again.Outputs);
        Assert.DoesNotContain(again.Reports, report => report.Unit == "bytes");
        Assert.Equal(["hf:strata/othello"], new MagicCommands(_session).Complete("#!model hf:", 11).Candidates.Select(candidate => candidate.Text));
        Assert.Contains("hf:strata/othello", new MagicCommands(_session).Complete("#!model ", 8).Candidates.Select(candidate => candidate.Text));
    }

    [Fact]
    public void Interrupting_a_download_keeps_the_part_and_no_model()
    {
        FakeHost host = new() { CancelOnProgress = true };

        Assert.ThrowsAny<OperationCanceledException>(() => new MagicCommands(_session).ExecuteAsync("#!model hf:strata/othello", host).GetAwaiter().GetResult());
        Assert.Empty(host.Variables);
        Assert.False(Directory.Exists(Path.Combine(_home.FullName, "hub", "models--strata--othello", "snapshots")));
        Assert.IsType<Model>(Run("#!model hf:strata/othello").Variables["model"]);
    }

    [Fact]
    public void Data_are_read_from_the_column_and_the_split_that_the_line_names()
    {
        DataSet train = Assert.IsType<DataSet>(Run("#!data hf:strata/reviews --split train --text-column sentence").Variables["data"]);

        Assert.Equal(["good, <b>really</b>", "bad"], Enumerable.Range(0, train.Count).Select(row => train[row].Text));
        Assert.Equal($"hf:strata/reviews@{FakeHub.Commit} train", train.Name);
        Assert.Contains("splits test, train", Assert.Throws<StrataException>(() => Run("#!data hf:strata/reviews --text-column sentence")).Message);
        Assert.Contains("no column \"text\"", Assert.Throws<InvalidFileException>(() => Run("#!data hf:strata/reviews --split test")).Message);
    }

    [Fact]
    public void What_is_missing_is_explained()
    {
        Assert.Contains("write hf:gpt2", Assert.Throws<InvalidFileException>(() => Run("#!model gpt2")).Message);
        Assert.Contains("strata/none was not found", Assert.Throws<HubException>(() => Run("#!model hf:strata/none")).Message);
    }

    private FakeHost Run(string line)
    {
        FakeHost host = new();
        new MagicCommands(_session).ExecuteAsync(line, host).GetAwaiter().GetResult();
        return host;
    }
}
