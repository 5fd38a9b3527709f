using Xunit;

namespace Strata.Models.Tests;

/// <summary>JSON nested 10,000 deep, in every file of a network's folder that holds JSON.</summary>
public sealed class DeepJsonTests : IDisposable
{
    private const int Depth = 10_000;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Nested => new()
    {
        { "objects", string.Concat(Enumerable.Repeat("{\"a\":", Depth)) + "1" + new string('}', Depth) },
        { "arrays", $$"""{"a":{{new string('[', Depth)}}{{new string(']', Depth)}}}""" },
        { "objects without an end", string.Concat(Enumerable.Repeat("{\"a\":", Depth)) },
        { "arrays in a known place", $$"""{"architectures":{{new string('[', Depth)}}{{new string(']', Depth)}}}""" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Nested))]
    public void Is_refused_wherever_it_stands(string what, string json)
    {
        WriteNetwork();
        foreach (string name in (string[])["config.json", "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json", "added_tokens.json"])
        {
            string? before = File.Exists(_folder.File(name)) ? File.ReadAllText(_folder.File(name)) : null;
            _folder.WriteText(name, json);
            if (name == "model.safetensors.index.json") File.Move(_folder.File("model.safetensors"), _folder.File("aside"));
            Refused($"{name}, {what}", name, () => Model.Load(_folder.Path));
            if (name == "model.safetensors.index.json") File.Move(_folder.File("aside"), _folder.File("model.safetensors"));
            if (before is null) File.Delete(_folder.File(name));
            else _folder.WriteText(name, before);
        }

        Assert.NotNull(Model.Load(_folder.Path).Tokenizer);
        _folder.WriteSafetensors("model.safetensors", json, 0);
        Refused($"header of safetensors, {what}", "model.safetensors", () => SafetensorsFile.Open(_folder.File("model.safetensors")));
        _folder.WriteSafetensors("model.safetensors", $"{{\"x\":{{\"dtype\":\"F32\",\"shape\":{json},\"data_offsets\":[0,0]}}}}", 0);
        Refused($"shape of safetensors, {what}", "model.safetensors", () => SafetensorsFile.Open(_folder.File("model.safetensors")));
    }

    [Theory]
    [MemberData(nameof(Nested))]
    public void Is_refused_in_a_chat_template(string what, string json)
    {
        WriteNetwork();
        _folder.WriteText("chat_template.jinja", $"{{{{ {json} }}}}");
        Tokenizer tokenizer = Tokenizer.LoadFolder(_folder.Path)!;
        StrataException refusal = RefusalCost.Of<StrataException>($"chat template, {what}", 64 << 20, () => tokenizer.ApplyChatTemplate([]));
        Assert.Contains(json.EndsWith('}') ? "deep" : "does not end", refusal.Message);
    }

    private void Refused(string what, string file, Action attempt)
    {
        InvalidFileException refusal = RefusalCost.Of<InvalidFileException>(what, 16 << 20, attempt);
        Assert.EndsWith(file, refusal.Path);
        Assert.InRange(refusal.Message.Length, 20, 1000);
    }

    private void WriteNetwork()
    {
        TestModels.Of("llama").Save(_folder.File("network"));
        foreach (string file in Directory.GetFiles(_folder.File("network"))) File.Move(file, _folder.File(Path.GetFileName(file)));
        _folder.WriteText("tokenizer.json", """{"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"a":1}}}""");
        _folder.WriteText("tokenizer_config.json", "{}");
    }
}
