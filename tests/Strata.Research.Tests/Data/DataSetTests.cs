using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Data;

public class DataSetTests
{
    private static DataSet Read(string content, string name = "rows.jsonl") => Files.With(name, Encoding.UTF8.GetBytes(content), DataSet.Read);

    private static string Refusal(string content, string name = "rows.jsonl") => Refusal(Encoding.UTF8.GetBytes(content), name);

    private static string Refusal(byte[] content, string name = "rows.jsonl") => Assert.Throws<InvalidFileException>(() => Files.With(name, content, DataSet.Read)).Message;

    [Fact]
    public void JsonLinesKeepTokensTextAndFurtherFields()
    {
        DataSet data = Read("{\"tokens\": [3, 0, 2147483647], \"text\": \"grün \\u00e9\", \"boards\": [\".x\", \"o.\"], \"label\": true}\r\n\n  \n{\"text\":\"\", \"n\":1e999}");
        Assert.Equal(2, data.Count);
        Assert.Equal("rows", data.Name);
        Assert.Equal([3, 0, int.MaxValue], data[0].Tokens!);
        Assert.Equal("grün é", data[0].Text);
        Assert.Equal(["o.", ".x"], data[0].Fields["boards"].EnumerateArray().Select(e => e.GetString()!).Reverse());
        Assert.True(data[0].Fields["label"].GetBoolean());
        Assert.Null(data[1].Tokens);
        Assert.Equal("", data[1].Text);
        Assert.Equal("1e999", data[1].Fields["n"].GetRawText());
    }

    [Fact]
    public void ByteOrderMarkIsSkippedAndLastLineNeedsNoEnd()
    {
        Assert.Equal([1, 2], Read("\uFEFF{\"tokens\":[1,2]}")[0].Tokens!);
        Assert.Equal("a b", Read("\uFEFFa b", "x.txt")[0].Text);
    }

    [Fact]
    public void TextHasOneRowPerLineThatIsNotBlank()
    {
        DataSet data = Read("first\r\n\n   \n second \nthird", "book.txt");
        Assert.Equal(["first", " second ", "third"], data.Rows.Select(r => r.Text!));
    }

    [Theory]
    [InlineData("{\"tokens\": [1, -2]}", "column 16", "token 1 is -2")]
    [InlineData("{\"tokens\": [1, 2.5]}", "column 16", "token 1 is 2.5")]
    [InlineData("{\"tokens\": [2.0]}", "column 13", "token 0 is 2.0")]
    [InlineData("{\"tokens\": [1e3]}", "column 13", "token 0 is 1e3")]
    [InlineData("{\"tokens\": [2147483648]}", "column 13", "token 0 is 2147483648")]
    [InlineData("{\"tokens\": [99999999999999999999999999999999999999999999999999]}", "column 13", "token 0 is 9999999999999999999999999999999999999999...")]
    [InlineData("{\"tokens\": [\"7\"]}", "column 13", "token 0 is a string")]
    [InlineData("{\"tokens\": [[7]]}", "column 13", "token 0 is an array")]
    [InlineData("{\"tokens\": []}", "column 13", "\"tokens\" is empty")]
    [InlineData("{\"tokens\": 5}", "column 12", "\"tokens\" is 5")]
    [InlineData("{\"tokens\": null}", "column 1", "neither \"tokens\" nor \"text\"")]
    [InlineData("{\"text\": [1]}", "column 10", "\"text\" is an array")]
    [InlineData("{\"text\": \"a\", \"text\": \"b\"}", "column 15", "\"text\" is given twice")]
    [InlineData("{\"text\": \"a\", \"x\": 1, \"x\": 2}", "column 23", "\"x\" is given twice")]
    [InlineData("{\"label\": 1}", "column 1", "neither \"tokens\" nor \"text\"")]
    [InlineData("[1, 2]", "column 1", "an array")]
    [InlineData("7", "column 1", "7; expected an object")]
    [InlineData("{\"tokens\": [1, 2", "column 17", "broken JSON")]
    [InlineData("{\"tokens\": [1, 2]} {\"tokens\": [1]}", "column 20", "broken JSON")]
    [InlineData("{\"tokens\": [01]}", "column 14", "broken JSON")]
    [InlineData("tokens: 1", "column 2", "broken JSON")]
    [InlineData("{\"text\": \"\\ud800\"}", "column 10", "half of a surrogate pair")]
    [InlineData("{\"text\": \"a\", \"x\": [\"\\udc00\"]}", "column 21", "half of a surrogate pair")]
    public void BrokenLineIsNamedByNumberAndColumn(string line, string column, string problem)
    {
        string message = Refusal($"{{\"tokens\": [1]}}\n\n{line}\n{{\"tokens\": [2]}}\n");
        Assert.Contains("rows.jsonl: line 3, " + column, message);
        Assert.Contains(problem, message);
        Assert.Contains("expected", message);
    }

    /// <summary>A valid file with a few bytes changed is read, or refused with the line; nothing else happens.</summary>
    [Fact]
    public void DamagedFilesAreReadOrRefused()
    {
        byte[] valid = "\uFEFF{\"tokens\": [1, 22], \"text\": \"a\\u00e9\\ud83d\\ude00é\", \"x\": [true, {\"y\": null}]}\n{\"text\": \"b\"}\n"u8.ToArray();
        SeededRandom random = new(1);
        int refused = 0;
        for (int trial = 0; trial < 3000; trial++)
        {
            byte[] damaged = (byte[])valid.Clone();
            for (int i = random.NextInt(3); i >= 0; i--) damaged[random.NextInt(damaged.Length)] = random.NextInt(2) == 0 ? (byte)random.NextInt(256) : valid[random.NextInt(valid.Length)];
            try
            {
                Assert.Equal(64, Files.With("rows.jsonl", damaged, DataSet.Read).Hash.Length);
            }
            catch (InvalidFileException e)
            {
                Assert.Matches("rows.jsonl: line [123]", e.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 1500, 2999);
    }

    [Fact]
    public void DeeplyNestedLineIsRefused() => Assert.Contains("line 1", Refusal($"{{\"text\":\"a\",\"x\":{new string('[', 100_000)}"));

    [Theory]
    [InlineData("rows.jsonl", "")]
    [InlineData("rows.jsonl", "\n \n")]
    [InlineData("rows.jsonl", "\uFEFF")]
    [InlineData("rows.txt", " \n\t\n")]
    public void FileWithoutRowsIsRefused(string name, string content) => Assert.Contains("no rows", Refusal(content, name));

    [Theory]
    [InlineData("rows.jsonl")]
    [InlineData("rows.txt")]
    public void InvalidUtf8IsNamedByLineAndColumn(string name)
    {
        byte[] content = [.. "{\"text\": \"a\"}\n{\"text\": \""u8, 0xC3, (byte)'"', (byte)'}'];
        Assert.Contains("line 2, column 11: no valid UTF-8", Refusal(content, name));
    }

    [Fact]
    public void MissingFileAndUnknownExtensionAreRefused()
    {
        Assert.Contains("cannot be read", Assert.Throws<InvalidFileException>(() => DataSet.Read("/no/such/file.jsonl")).Message);
        Assert.Contains("expected JSON Lines", Refusal("ARROW1", "rows.arrow"));
        Assert.Contains(".jsonl", Assert.Throws<InvalidFileException>(() => DataSet.FromTexts("a", ["b"]).Write("a.txt")).Message);
    }

    [Fact]
    public void LinesLongerThanTheBufferAreReadAndOverlongOnesRefused()
    {
        string big = new('x', 300_000);
        DataSet data = Read($"a\n{big}\nb\n", "big.txt");
        Assert.Equal(["a", big, "b"], data.Rows.Select(r => r.Text!));

        byte[] limit = new byte[(64 << 20) + 3];
        limit.AsSpan().Fill((byte)'x');
        limit[0] = (byte)'\n';
        limit[^1] = (byte)'\n';
        Assert.Contains("line 2 is longer than 64 MiB", Refusal(limit, "big.txt"));
        limit[^2] = (byte)'\r';
        Assert.Equal(64 << 20, Files.With("big.txt", limit, DataSet.Read)[0].Text!.Length);
    }

    [Fact]
    public void WrittenDataReadBackTheSame()
    {
        Gen<DataRow> rows =
            from tokens in Gen.Choose(0, int.MaxValue).NonEmptyListOf()
            from text in ArbMap.Default.GeneratorFor<string>()
            from form in Gen.Choose(0, 2)
            let valid = new string((text ?? "").Where(c => !char.IsSurrogate(c)).ToArray()) + "😀<\"\\\n\u2028"
            let row = new DataRow(form == 0 ? null : tokens.ToArray(), form == 1 ? null : valid)
            select form == 2 ? row.With("a", JsonSerializer.SerializeToElement(new[] { 1.5, 2 })).With("B", JsonSerializer.SerializeToElement(valid)) : row;
        Prop.ForAll(Arb.From(rows.NonEmptyListOf()), list =>
        {
            DataSet data = new("made", list);
            DataSet back = Files.InFolder(folder =>
            {
                string path = Path.Combine(folder, "made.jsonl");
                data.Write(path);
                return DataSet.Read(path);
            });
            return back.Hash == data.Hash && back.Count == data.Count
                && back.Rows.Zip(data.Rows).All(p => p.First.Text == p.Second.Text && (p.First.Tokens ?? []).SequenceEqual(p.Second.Tokens ?? []) && (p.First.Tokens is null) == (p.Second.Tokens is null));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void HashIsThatOfTheAsciiJsonLines()
    {
        DataRow row = new DataRow([1, 20], "é+").With("b", JsonSerializer.SerializeToElement(2)).With("a", JsonSerializer.SerializeToElement("x"));
        byte[] expected = "{\"tokens\":[1,20],\"text\":\"\\u00E9\\u002B\",\"a\":\"x\",\"b\":2}\n{\"tokens\":[3]}\n"u8.ToArray();
        DataSet data = new("any", [row, new DataRow([3])]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(expected)), data.Hash);
        Assert.Equal(data.Hash, new DataSet("other name", data.Rows).Hash);
        Assert.NotEqual(data.Hash, data.Take(1).Hash);
    }

    [Fact]
    public void RowsThatCannotBeRunAreRefused()
    {
        Assert.Throws<StrataException>(() => new DataRow(null));
        Assert.Throws<StrataException>(() => new DataRow([]));
        Assert.Contains("Token 1", Assert.Throws<StrataException>(() => new DataRow([0, -1])).Message);
        Assert.Contains("character 1", Assert.Throws<StrataException>(() => new DataRow(null, "a\ud800b")).Message);
        Assert.Throws<StrataException>(() => new DataRow([1]).With("tokens", JsonSerializer.SerializeToElement(1)));
        Assert.Throws<StrataException>(() => new DataSet("none", []));
        Assert.Equal("😀", new DataRow(null, "😀").Text);
    }

    [Fact]
    public void TakeShuffleAndSplitKeepEveryRowOnce()
    {
        DataSet data = DataSet.FromTokens("n", Enumerable.Range(0, 100).Select(i => new[] { i }));
        int[] Ids(DataSet set) => set.Rows.Select(r => r.Tokens![0]).ToArray();

        Assert.Equal([0, 1, 2], Ids(data.Take(3)));
        Assert.Same(data, data.Take(100));
        Assert.Throws<StrataException>(() => data.Take(0));

        int[] shuffled = Ids(data.Shuffle(1));
        Assert.NotEqual(Ids(data), shuffled);
        Assert.Equal(Ids(data), shuffled.Order());
        Assert.Equal(shuffled, Ids(data.Shuffle(1)));
        Assert.NotEqual(shuffled, Ids(data.Shuffle(2)));

        (DataSet train, DataSet test) = data.Split(0.3, 1);
        Assert.Equal(30, train.Count);
        Assert.Equal(Ids(data), Ids(train).Concat(Ids(test)).Order());
        Assert.Contains("seed 1", train.Name);
        foreach (double fraction in new[] { 0, 1, 0.001, -1, double.NaN, double.PositiveInfinity }) Assert.Throws<StrataException>(() => data.Split(fraction, 1));
    }

    [Fact]
    public void LabelsComeFromAFieldOfWholeNumbers()
    {
        DataSet data = Read("{\"text\":\"a\",\"depth\":[0,1,-1],\"bad\":[0.5]}");
        Assert.Equal([[0, 1, -1]], data.Labels("depth"));
        Assert.Contains("\"depth\"", Assert.Throws<StrataException>(() => data.Labels("deph")).Message);
        Assert.Contains("whole numbers", Assert.Throws<StrataException>(() => data.Labels("bad")).Message);
    }
}
