using System.Text;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Data;

/// <summary>Tables, and the choice of the column that holds the text.</summary>
public class CsvRowsTests
{
    private static DataSet Read(string content, string name = "rows.csv", string column = "text") =>
        Files.With(name, Encoding.UTF8.GetBytes(content), path => DataSet.Read(path, new DataOptions { TextColumn = column }));

    private static string Refusal(string content, string name = "rows.csv", string column = "text") => Assert.Throws<InvalidFileException>(() => Read(content, name, column)).Message;

    [Fact]
    public void QuotedCellsKeepCommasQuotationMarksAndLineBreaks()
    {
        DataSet data = Read("\uFEFFlabel,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n0,grün 😀\r\n");
        Assert.Equal(["a, \"b\"\nc", "grün 😀"], Enumerable.Range(0, 2).Select(row => data[row].Text));
        Assert.Equal(["1", "0"], Enumerable.Range(0, 2).Select(row => data[row].Fields["label"].GetString()));
    }

    [Fact]
    public void AnotherColumnCanBeTheTextInEveryFormat()
    {
        Assert.Equal("a b", Read("sentence\tlabel\na b\t1", "rows.tsv", "sentence")[0].Text);
        DataSet lines = Read("{\"text\":\"long\",\"summary\":\"short\",\"id\":7}", "rows.jsonl", "summary");
        Assert.Equal("short", lines[0].Text);
        Assert.Equal(["id"], lines[0].Fields.Keys);
        Assert.Contains("--text-column or DataOptions.TextColumn: \"sentence\"", Refusal("{\"sentence\":\"x\",\"label\":1}", "rows.jsonl"));
        Assert.Throws<StrataException>(() => Read("{\"tokens\":[1]}", "rows.jsonl", "tokens"));
    }

    [Theory]
    [InlineData("label,texts\n1,a", "no column \"text\"", "\"texts\"")]
    [InlineData("text,a,a\nx,1,2", "line 1", "twice")]
    [InlineData("text,a\nx,1\ny", "line 3", "1 cells; the header has 2")]
    [InlineData("text,a\nx,1,2", "line 2", "3 cells; the header has 2")]
    [InlineData("text,a\nb\"c\",1", "line 2", "quotation mark")]
    [InlineData("text,a\n\"open,1\nmore,2\n", "line 2")]
    [InlineData("text\n", "no rows")]
    [InlineData("", "no rows")]
    public void BrokenTablesAreRefusedWithTheirLine(string content, params string[] parts) => Assert.All(parts, part => Assert.Contains(part, Refusal(content)));

    [Fact]
    public void OtherEncodingsAndMissingFilesAreRefused()
    {
        Assert.Contains("UTF-8", Assert.Throws<InvalidFileException>(() => Files.With("rows.csv", [.. "text\n"u8, 0xE4, 0x0A], DataSet.Read)).Message);
        Assert.Contains("cannot be read", Assert.Throws<InvalidFileException>(() => DataSet.Read("/no/such/rows.csv")).Message);
    }

    [Fact]
    public void RandomTablesAreReadBackCellByCell()
    {
        SeededRandom random = new(5);
        const string letters = "a,\"\n\r\té😀 ;'";
        Rune[] runes = [.. letters.EnumerateRunes()];
        for (int round = 0; round < 100; round++)
        {
            string[] texts = [.. Enumerable.Range(0, 20).Select(_ => string.Concat(Enumerable.Range(0, 1 + random.NextInt(12)).Select(_ => runes[random.NextInt(runes.Length)].ToString())))];
            string table = "text,n\n" + string.Concat(texts.Select((text, i) => $"\"{text.Replace("\"", "\"\"")}\",{i}\n"));
            DataSet data = Read(table);
            Assert.Equal(texts, Enumerable.Range(0, data.Count).Select(row => data[row].Text));
        }
    }

    [Fact]
    public void DamagedTablesAreReadOrRefusedAndNothingElse()
    {
        byte[] table = Encoding.UTF8.GetBytes("text,label\n\"a, b\",1\nc,2\n\"d\"\"e\",3\n");
        SeededRandom random = new(6);
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = [.. table];
            for (int i = 0; i < 3; i++) damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            try
            {
                Assert.Equal(64, Files.With("rows.csv", damaged, DataSet.Read).Hash.Length);
            }
            catch (StrataException)
            {
                // Refused with a message.
            }
        }
    }
}
