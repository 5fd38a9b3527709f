using System.Text.Json.Nodes;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Data;

public class ToyTaskTests
{
    public static TheoryData<string, Func<long, ToyTask>> Tasks => new()
    {
        { "modular addition", seed => ModularAddition.Create(13, 0.5, seed).Train },
        { "digit addition", seed => DigitAddition.Create(3, 40, seed) },
        { "brackets", seed => Brackets.Create(3, 4, 20, 40, seed, 0.5) },
        { "repeated half", seed => Induction.RepeatedHalf(30, 16, 40, seed) },
        { "repeated pair", seed => Induction.RepeatedPair(30, 16, 40, seed) },
        { "othello", seed => Othello.Games(40, seed) },
    };

    [Theory]
    [MemberData(nameof(Tasks))]
    public void RowsDependOnTheSeedAlone(string name, Func<long, ToyTask> make)
    {
        Assert.True(make(1).Data.Hash == make(1).Data.Hash, name);
        Assert.True(make(1).Data.Hash != make(2).Data.Hash, name);
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void LabelsHaveTheShapeOfTheTokens(string name, Func<long, ToyTask> make)
    {
        ToyTask task = make(1);
        foreach ((string label, int[][] values) in task.Labels)
        {
            Assert.True(values.Length == task.Data.Count, $"{name} {label}");
            for (int row = 0; row < values.Length; row++) Assert.Equal(task.Data[row].Tokens!.Length, values[row].Length);
            Assert.All(values.SelectMany(v => v), v => Assert.True(v >= -1));
            Assert.Contains(values, v => v.Any(x => x > 0));
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void TextIsTheTokensInWords(string name, Func<long, ToyTask> make)
    {
        ToyTask task = make(1);
        Dictionary<string, int> ids = task.Vocabulary.Select((word, id) => (word, id)).ToDictionary(p => p.word, p => p.id);
        foreach (DataRow row in task.Data.Rows)
        {
            IEnumerable<int> read = (task.BosId is int bos ? [bos] : Array.Empty<int>()).Concat(row.Text!.Split(' ').Select(word => ids[word]));
            Assert.Equal(row.Tokens!.Where(token => token != task.PadId), read);
        }

        Assert.True(task.MaxLength == task.Data.Rows.Max(row => row.Tokens!.Length), name);
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void WrittenLabelsReadBack(string name, Func<long, ToyTask> make)
    {
        ToyTask task = make(1);
        string label = task.Labels.Keys.First();
        DataSet back = Files.InFolder(folder =>
        {
            string path = Path.Combine(folder, "labelled.jsonl");
            task.LabelledData(label).Write(path);
            return DataSet.Read(path);
        });
        Assert.Equal(task.Labels[label], back.Labels(label));
        Assert.True(new DataSet("bare", back.Rows.Select(row => new DataRow(row.Tokens, row.Text))).Hash == task.Data.Hash, name);
    }

    [Fact]
    public void SplitKeepsLabelsWithTheirRows()
    {
        ToyTask task = DigitAddition.Create(2, 50, 4);
        Dictionary<string, int[]> answers = task.Data.Rows.Zip(task.Labels["answer"]).DistinctBy(p => p.First.Text).ToDictionary(p => p.First.Text!, p => p.Second);
        (ToyTask train, ToyTask test) = task.Split(0.8, 1);
        Assert.Equal(40, train.Data.Count);
        Assert.Equal(10, test.Data.Count);
        foreach (ToyTask part in new[] { train, test })
            for (int row = 0; row < part.Data.Count; row++) Assert.Equal(answers[part.Data[row].Text!], part.Labels["answer"][row]);
    }

    [Fact]
    public void TokenizerHasTheVocabularyAndNoBeginningWhereThereIsNone()
    {
        ToyTask task = ModularAddition.Create(5, 0.5, 1).Train;
        JsonNode json = Files.InFolder(folder =>
        {
            task.WriteTokenizer(folder);
            return JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")))!;
        });
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        Assert.Equal(task.Vocabulary, vocabulary.OrderBy(p => (int)p.Value!).Select(p => p.Key));
        Assert.Null(json["post_processor"]);
        Assert.Equal("<pad>", (string?)json["model"]!["unk_token"]);
        Assert.Throws<InvalidFileException>(() => task.WriteTokenizer("/no/such/folder"));
    }

    [Fact]
    public void InconsistentTasksAreRefused()
    {
        Dictionary<string, int[][]> none = [];
        DataSet data = DataSet.FromTokens("d", [[0, 2]]);
        Assert.Contains("token 2", Assert.Throws<StrataException>(() => new ToyTask(data, ["a", "b"], none, 0, null)).Message);
        Assert.Contains("twice", Assert.Throws<StrataException>(() => new ToyTask(data, ["a", "a", "b"], none, 0, null)).Message);
        Assert.Contains("white space", Assert.Throws<StrataException>(() => new ToyTask(data, ["a", "b c", "b"], none, 0, null)).Message);
        Assert.Contains("outside", Assert.Throws<StrataException>(() => new ToyTask(data, ["a", "b", "c"], none, 3, null)).Message);
        Assert.Contains("no tokens", Assert.Throws<StrataException>(() => new ToyTask(DataSet.FromTexts("d", ["a"]), ["a"], none, 0, null)).Message);
    }
}
