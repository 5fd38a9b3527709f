using System.Text.Json;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Sentences;

/// <summary>Folders of sentence-transformers against a transcription of the library's pooling on padded batches.</summary>
public sealed class SentenceTests(SentenceSuite suite) : IClassFixture<SentenceSuite>
{
    [SkippableTheory]
    [InlineData("mean")]
    [InlineData("every-way")]
    [InlineData("dense")]
    [InlineData("dense-by-torch")]
    [InlineData("prompt")]
    [InlineData("prompt-left-out")]
    [InlineData("named-way")]
    public void Vectors_are_those_of_the_library(string name)
    {
        Model model = Model.Load(suite.Folder(name));
        (string[] texts, string? prompt, float[][] expected) = suite.Expected(name);
        FloatMatrix vectors = model.EmbedTexts(texts, new SentenceRequest { Prompt = prompt, TokensPerBatch = 30 });
        Assert.Equal((expected.Length, expected[0].Length, model.Sentences!.Width), (vectors.Rows, vectors.Columns, vectors.Columns));
        for (int text = 0; text < expected.Length; text++)
            for (int i = 0; i < vectors.Columns; i++) Assert.Equal(expected[text][i], vectors[text, i], 5e-5f);
        Assert.Equal(vectors.Values, model.EmbedTexts(texts, new SentenceRequest { Prompt = prompt }).Values);
    }

    [SkippableFact]
    public void Texts_are_cut_behind_their_words_and_before_the_closing_token()
    {
        Model model = Model.Load(suite.Folder("mean"));
        Assert.Equal(12, model.Sentences!.MaxTokens);
        int[] ids = model.Sentences.Tokens(model.Tokenizer!, string.Join(' ', Enumerable.Range(0, 30).Select(i => $"W{i}")));
        Assert.Equal([2, .. Enumerable.Range(5, 10), 3], ids);
    }

    [SkippableFact]
    public void Plans_and_interventions_change_vectors_and_a_saved_folder_gives_the_same()
    {
        Model model = Model.Load(suite.Folder("dense"));
        string[] texts = ["w1 w2 w3", "w4"];
        float[] plain = model.EmbedTexts(texts).Values, skipped = model.EmbedTexts(texts, new SentenceRequest { Plan = model.Plans.Skip(1..3) }).Values;
        Assert.NotEqual(plain, skipped);
        Assert.NotEqual(plain, model.EmbedTexts(texts, new SentenceRequest { Interventions = [Intervention.Zero("blocks.1.mlp_out")] }).Values);
        using TemporaryFolder folder = new();
        model.Save(folder.File("skipped"), model.Plans.Skip(1..3));
        Assert.Equal(skipped, Model.Load(folder.File("skipped")).EmbedTexts(texts).Values);
        Assert.NotEqual(plain, model.RandomTwin(3).EmbedTexts(texts).Values);
    }

    [SkippableFact]
    public void What_is_missing_is_said()
    {
        Model model = Model.Load(suite.Folder("prompt"));
        Assert.Contains("query", Assert.Throws<StrataException>(() => model.EmbedTexts(["w1"], new SentenceRequest { Prompt = "querry" })).Message);
        Assert.Contains("this folder has none", Assert.Throws<StrataException>(() => Model.Load(suite.Folder("mean")).EmbedTexts(["w1"], new SentenceRequest { Prompt = "query" })).Message);
        Assert.Contains("modules.json", Assert.Throws<StrataException>(() => TestModels.Of("gpt2").EmbedTexts(["text"])).Message);
        Assert.Equal(0, model.EmbedTexts([]).Rows);
    }

    [SkippableTheory]
    [InlineData("modules.json", "{}", "array")]
    [InlineData("modules.json", "[]", "must begin with a Transformer")]
    [InlineData("modules.json", "[{'type':'a.Transformer','path':''}]", "no Pooling")]
    [InlineData("modules.json", "[{'type':'a.Transformer','path':''},{'type':'a.WordWeights','path':'1_Pooling'}]", "a.WordWeights")]
    [InlineData("modules.json", "[{'type':'a.Transformer','path':''},{'type':'a.Normalize','path':''},{'type':'a.Pooling','path':'1_Pooling'}]", "stands where it cannot")]
    [InlineData("modules.json", "[{'type':'a.Transformer','path':''},{'type':'a.Pooling','path':'../dense/1_Pooling'}]", "name of a folder in this folder")]
    [InlineData("modules.json", "[{'type':'a.Transformer','path':''},{'type':'a.Pooling','path':'/etc'}]", "name of a folder in this folder")]
    [InlineData("1_Pooling/config.json", "{'word_embedding_dimension':47}", "48 columns")]
    [InlineData("1_Pooling/config.json", "{'pooling_mode_mean_tokens':false}", "every way of pooling")]
    [InlineData("1_Pooling/config.json", "{'pooling_mode':'means'}", "mean")]
    [InlineData("2_Dense/config.json", "{'in_features':47,'out_features':30}", "48 columns")]
    [InlineData("2_Dense/config.json", "{'in_features':48,'out_features':31}", "[31, 48]")]
    [InlineData("2_Dense/config.json", "{'in_features':48,'out_features':30,'activation_function':'os.system'}", "os.system")]
    [InlineData("config_sentence_transformers.json", "{'prompts':{'a':'b'},'default_prompt_name':'c'}", "default_prompt_name")]
    public void Damaged_folders_are_refused_in_a_sentence(string file, string content, string reason)
    {
        using TemporaryFolder folder = new();
        foreach (string path in Directory.EnumerateFiles(suite.Folder("dense"), "*", SearchOption.AllDirectories))
        {
            string copy = folder.File(Path.GetRelativePath(suite.Folder("dense"), path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        File.WriteAllText(folder.File(file), content.Replace('\'', '"'));
        string message = Assert.Throws<InvalidFileException>(() => Model.Load(folder.Path)).Message;
        Assert.Contains(reason, message);
        Assert.DoesNotContain('\n', message);
    }
}

/// <summary>The folders that <c>tests/reference/sentences.py</c> writes, made once.</summary>
public sealed class SentenceSuite : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<bool> _written;

    public SentenceSuite() => _written = new Lazy<bool>(Write);

    public string Folder(string name)
    {
        Assert.True(_written.Value);
        return _folder.File(name);
    }

    public (string[] Texts, string? Prompt, float[][] Vectors) Expected(string name)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Folder(name) + ".json"));
        string prompt = json.RootElement.GetProperty("prompt").GetString()!;
        return ([.. json.RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)], prompt.Length == 0 ? null : prompt,
            [.. json.RootElement.GetProperty("vectors").EnumerateArray().Select(row => row.EnumerateArray().Select(number => (float)number.GetDouble()).ToArray())]);
    }

    public void Dispose() => _folder.Dispose();

    private bool Write()
    {
        Python.Require("torch", "python3-torch libopenblas0-openmp");
        Python.RunReference("sentences.py", _folder.Path);
        return true;
    }
}
