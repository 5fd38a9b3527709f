using System.Text;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Tasks read from MTEB's layouts and from descriptions, and files that are broken.</summary>
public sealed class TaskFileTests
{
    [Fact]
    public void TheTypeFollowsFromTheFields()
    {
        Assert.Equal((TaskKind.Classification, 4), Read(("train.jsonl", Rows("{'text': 'a', 'label': 0}", "{'text': 'b', 'label': 1}")), ("test.jsonl", Rows("{'text': 'c', 'label': 1, 'label_text': 'x'}", "{'text': 'd', 'label': 0}"))));
        Assert.Equal((TaskKind.Clustering, 3), Read(("test.jsonl", Rows("{'sentences': 'a', 'labels': 'x'}", "{'sentences': 'b', 'labels': ['x', 'fine']}", "{'sentences': 'c', 'labels': 'y'}"))));
        Assert.Equal((TaskKind.Clustering, 3), Read(("test.jsonl", Rows("{'sentences': ['a', 'b'], 'labels': ['x', 'y']}", "{'sentences': ['c'], 'labels': [3]}"))));
        Assert.Equal((TaskKind.PairClassification, 3), Read(("test.jsonl", Rows("{'sentence1': 'a', 'sentence2': 'b', 'labels': 1}", "{'sentence1': 'a', 'sentence2': 'c', 'labels': 0}"))));
        Assert.Equal((TaskKind.PairClassification, 3), Read(("test.jsonl", Rows("{'sentence1': ['a', 'a'], 'sentence2': ['b', 'c'], 'labels': [1, 0]}"))));
        Assert.Equal((TaskKind.Sts, 3), Read(("test.jsonl", Rows("{'sentence1': 'a', 'sentence2': 'b', 'score': 4.5}", "", "{'sentence1': 'a', 'sentence2': 'c', 'score': '1'}"))));
        Assert.Equal((TaskKind.Reranking, 3), Read(("test.jsonl", Rows("{'query': 'a', 'positive': ['b'], 'negative': ['c']}"))));
        Assert.Equal((TaskKind.Summarization, 3), Read(("test.jsonl", Rows("{'text': 'long', 'human_summaries': ['a'], 'machine_summaries': ['b', 'c'], 'relevance': [1, 2.5]}"))));
        Assert.Equal((TaskKind.Retrieval, 3), Read(Corpus, Queries, ("qrels/test.tsv", "query-id\tcorpus-id\tscore\r\nq1\td1\t1\r\n")));
        Assert.Equal((TaskKind.Retrieval, 3), Read(Corpus, Queries, ("qrels.jsonl", Rows("{'query-id': 'q1', 'corpus-id': 'd2', 'score': 2}"))));
    }

    [Fact]
    public void ADescriptionNamesFilesFieldsAndNumbers()
    {
        (string, string)[] files =
        [
            ("task.yaml", "# intents\nname: intents\ntype: Classification\nsplit: dev\nlanguages: [eng-Latn, deu-Latn]\nrevision: r1\nfiles: {train: known.jsonl}\nfields:\n  text: utterance\n  label: intent\nexperiments: 3\nsamples-per-label: 2\n"),
            ("known.jsonl", Rows("{'utterance': 'a', 'intent': 'x'}", "{'utterance': 'b', 'intent': 'y'}", "{'utterance': 'c', 'intent': 'y'}")),
            ("dev.jsonl", Rows("{'utterance': 'd', 'intent': 'x'}", "{'utterance': 'e', 'intent': 'y'}")),
        ];
        EmbeddingTask task = In(files, EmbeddingTasks.Read);
        Assert.Equal(("intents", "dev", "r1", 5), (task.Name, task.Split, task.Revision, task.Texts.Count));
        Assert.Equal(["eng-Latn", "deu-Latn"], task.Languages);
        TaskScores scores = task.Score(new FloatMatrix([9, 0, 0, 9, 0, 9, 9, 0, 0, 9], 5, 2));
        Assert.Equal(3, scores.Runs.Count);
        Assert.Equal(1, scores.Scores["accuracy"]);
        Assert.Equal(1, scores.Scores["ap"]);
    }

    [Fact]
    public void TitleAndTextOfADocumentAreJoined()
    {
        EmbeddingTask task = In([Corpus, Queries, ("qrels/test.tsv", "q1\td2\t1\n")], EmbeddingTasks.Read);
        Assert.Contains("On b b", task.Texts);
        Assert.Equal(1, task.Score(new FloatMatrix([1, 0, 0, 1, 0, 1], 3, 2)).Scores["ndcg_at_1"]);
        Assert.Equal(12, task.Revision.Length);
    }

    [Fact]
    public void DataSetsOfTheHubAreReadAsTheyAreCloned()
    {
        (string, string) train = ("data/train-00000-of-00001.jsonl", Rows("{'text': 'a', 'label': 0}", "{'text': 'b', 'label': 1}")), first = ("data/test-00000-of-00002.jsonl", Rows("{'text': 'c', 'label': 1}")), second = ("data/test-00001-of-00002.jsonl", Rows("{'text': 'd', 'label': 0}"));
        Assert.Equal((TaskKind.Classification, 4), Read(train, first, second));
        IsRefused([train, second], "test-00001-of-00002.jsonl", "all of those");
        IsRefused([train, first, ("data/test-00001-of-00003.jsonl", second.Item2)], "test-00001-of-00003.jsonl", "all of those");
        Assert.Equal((TaskKind.Retrieval, 3), Read(("corpus/corpus-00000-of-00001.jsonl", Corpus.Item2), ("queries/queries-00000-of-00001.jsonl", Queries.Item2), ("default/test-00000-of-00001.jsonl", Rows("{'query-id': 'q1', 'corpus-id': 'd2', 'score': 2}"))));
        Assert.Equal((TaskKind.Retrieval, 3), Read(("corpus/test.jsonl", Corpus.Item2), ("queries/test.jsonl", Queries.Item2), ("qrels/test.jsonl", Rows("{'query-id': 'q1', 'corpus-id': 'd2', 'score': 2}"))));
    }

    [Theory]
    [InlineData("{'text': 'a'}", "line 2", "no type of task")]
    [InlineData("{'text': 'a', 'lable': 1}", "line 2", "no type of task")]
    [InlineData("{'sentence1': 'a', 'sentence2': 'b', 'score': NaN}", "line 2", "broken JSON")]
    [InlineData("{'sentence1': 'a', 'sentence2': 'b', 'score': 'NaN'}", "line 2", "finite number")]
    [InlineData("{'sentence1': 'a', 'sentence2': 'b', 'score': 1e999}", "line 2", "finite number")]
    [InlineData("{'sentence1': 'a', 'sentence2': '  ', 'score': 1}", "line 2", "blank")]
    [InlineData("{'sentence1': 'a', 'sentence2': 3, 'score': 1}", "line 2", "expected text")]
    [InlineData("{'sentence1': 'a', 'sentence2': 'b', 'labels': 2}", "line 2", "1 (they belong together) or 0")]
    [InlineData("{'sentence1': ['a'], 'sentence2': ['b', 'c'], 'labels': [1]}", "line 2", "as many of each")]
    [InlineData("{'sentences': ['a'], 'labels': ['x', 'y']}", "line 2", "one label per sentence")]
    [InlineData("{'sentences': 'a', 'labels': {'x': 1}}", "line 2", "an object")]
    [InlineData("{'query': 'a', 'positive': 'b', 'negative': ['c']}", "line 2", "expected a list")]
    [InlineData("{'human_summaries': [], 'machine_summaries': ['b'], 'relevance': [1]}", "line 2", "0 human summaries")]
    [InlineData("{'human_summaries': ['a'], 'machine_summaries': ['b'], 'relevance': [1, 2]}", "line 2", "2 judgements")]
    [InlineData("{'query': 'a', 'positive': ['b'], 'negative': []}", "1 queries", "both positive and negative")]
    [InlineData("{'sentence1': 'a', 'sentence2': '\\ud800', 'score': 1}", "line 2", "surrogate")]
    [InlineData("[1, 2]", "line 2", "a list")]
    [InlineData("{'text': 'a'} {}", "line 2", "broken JSON")]
    [InlineData("{'text': 'a', 'label': 1.5}", "train.jsonl", "trained on")]
    public void BrokenRowsAreRefusedWithTheirLine(string row, string where, string advice) => IsRefused([("test.jsonl", "\n" + Rows(row))], where, advice);

    [Theory]
    [InlineData("q1\td9\t1", "line 1", "\"d9\"")]
    [InlineData("q9\td1\t1", "line 1", "\"q9\"")]
    [InlineData("q1\td1\tnan", "line 1", "whole number")]
    [InlineData("q1\td1\t0.5", "line 1", "whole number")]
    [InlineData("q1 d1 1", "line 1", "tabs")]
    [InlineData("q1\td1\t1\nq1\td1\t0", "two judgements", "\"d1\"")]
    [InlineData("", "no judgements", "query-id")]
    public void JudgementsThatNameNothingAreRefused(string qrels, string where, string advice) => IsRefused([Corpus, Queries, ("qrels/test.tsv", qrels)], where, advice);

    [Theory]
    [InlineData("typ: sts", "line 1", "\"type\"")]
    [InlineData("type: stss", "stss", "\"sts\"")]
    [InlineData("type: sts\ntype: sts", "type", "twice")]
    [InlineData("fields: {txt: a}", "line 1", "\"text\"")]
    [InlineData("fields: text", "line 1", "map")]
    [InlineData("files: {test: ../gone.jsonl}", "gone.jsonl", "does not exist")]
    [InlineData("name: [a, b]", "line 1", "one value")]
    [InlineData("experiments: many", "experiments", "whole number")]
    [InlineData("split: a/b", "split", "part")]
    [InlineData("a: &x [*x]", "line 1", "not known")]
    [InlineData("- a", "map", "docs/tasks.md")]
    [InlineData("name: 'a", "line", "YAML")]
    [InlineData("", "map", "docs/tasks.md")]
    public void BrokenDescriptionsAreRefused(string yaml, string where, string advice) =>
        IsRefused([("task.yaml", yaml), ("train.jsonl", Rows("{'text': 'a', 'label': 0}", "{'text': 'b', 'label': 1}")), ("test.jsonl", Rows("{'text': 'c', 'label': 1}"))], where, advice);

    [Fact]
    public void WhatIsMissingOrInAnotherFormatIsRefused()
    {
        IsRefused([("train.jsonl", Rows("{'text': 'a', 'label': 0}"))], "test.jsonl", "docs/tasks.md");
        IsRefused([("test.parquet", "PAR1")], "test.parquet", "too short");
        IsRefused([("test.jsonl", "")], "test.jsonl", "no rows");
        IsRefused([Corpus, ("qrels/test.tsv", "q1\td1\t1")], "queries.jsonl", "docs/tasks.md");
        IsRefused([Corpus, ("queries.jsonl", Rows("{'_id': 'q1', 'text': 'a'}", "{'_id': 'q1', 'text': 'b'}")), ("qrels/test.tsv", "q1\td1\t1")], "line 2", "\"q1\"");
        IsRefused([("train.jsonl", Rows("{'text': 'a', 'label': 'cat'}", "{'text': 'b', 'label': 'dog'}")), ("test.jsonl", Rows("{'text': 'c', 'label': 'dgo'}"))], "line 1", "\"dog\"");
        Assert.Contains("does not exist", Assert.Throws<InvalidFileException>(() => EmbeddingTasks.Read("/gone/task.yaml")).Message);
    }

    /// <summary>Whatever a description or a file of rows is damaged into, it is read or refused, and nothing else is thrown.</summary>
    [Fact]
    public void DamagedFilesAreReadOrRefused()
    {
        Random random = new(11);
        byte[][] sound = [Encoding.UTF8.GetBytes("name: x\ntype: sts\nfiles: {test: test.jsonl}\nfields: {score: score}\nlanguages: [a, b]\n"), Encoding.UTF8.GetBytes(Rows("{'sentence1': 'a', 'sentence2': 'b', 'score': 1}", "{'sentence1': 'a', 'sentence2': 'c', 'score': 2}"))];
        Data.Files.InFolder(folder =>
        {
            for (int round = 0; round < 600; round++)
            {
                byte[][] files = sound.Select(f => (byte[])f.Clone()).ToArray();
                for (int change = 0; change < 1 + random.Next(4); change++) files[round % 2][random.Next(files[round % 2].Length)] = "\n:[]{}&*!|>'\"#-?@%\t, a0\0\xff"u8[random.Next(26)];
                File.WriteAllBytes(Path.Combine(folder, "task.yaml"), files[0]);
                File.WriteAllBytes(Path.Combine(folder, "test.jsonl"), files[1]);
                try
                {
                    Assert.NotEmpty(EmbeddingTasks.Read(folder).Texts);
                }
                catch (InvalidFileException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            }

            File.WriteAllText(Path.Combine(folder, "task.yaml"), "name: " + new string('[', 100_000));
            Assert.Throws<InvalidFileException>(() => EmbeddingTasks.Read(folder));
            return 0;
        });
    }

    private static readonly (string, string) Corpus = ("corpus.jsonl", "{\"_id\": \"d1\", \"title\": \"\", \"text\": \"a\"}\n{\"_id\": \"d2\", \"title\": \"On b\", \"text\": \"b\"}\n");

    private static readonly (string, string) Queries = ("queries.jsonl", "{\"_id\": \"q1\", \"text\": \"which\"}\n");

    private static string Rows(params string[] rows) => string.Join('\n', rows).Replace('\'', '"') + "\n";

    private static (TaskKind, int) Read(params (string, string)[] files)
    {
        EmbeddingTask task = In(files, EmbeddingTasks.Read);
        return (task.Kind, task.Texts.Count);
    }

    private static void IsRefused((string, string)[] files, params string[] parts)
    {
        string message = In(files, folder => Assert.Throws<InvalidFileException>(() => EmbeddingTasks.Read(folder))).Message;
        foreach (string part in parts) Assert.Contains(part, message);
    }

    private static T In<T>((string Name, string Text)[] files, Func<string, T> use) => Data.Files.InFolder(folder =>
    {
        foreach ((string name, string text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllText(Path.Combine(folder, name), text);
        }

        return use(folder);
    });
}
