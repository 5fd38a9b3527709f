using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Data;

/// <summary>Parquet files by two writers that are not ours (tests/data/parquet/make.mjs) hold the rows that stand beside them as JSON Lines.</summary>
public sealed class ParquetTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/data/parquet");

    [Theory]
    [InlineData("snappy.parquet")]
    [InlineData("plain.parquet")]
    [InlineData("gzip-v2.parquet")]
    [InlineData("brotli-v2-deltas.parquet")]
    public void RowsAreThoseOfTheSameFileAsJsonLines(string name)
    {
        DataSet expected = DataSet.Read(Path.Combine(Folder, "rows.jsonl")), read = DataSet.Read(Path.Combine(Folder, name));
        Assert.Equal(expected.Rows.Select(Text), read.Rows.Select(Text));
        Assert.Equal(expected.Hash, read.Hash);
    }

    [Fact]
    public void FlatColumnsOfAnotherWriterAreRead()
    {
        DataSet expected = DataSet.Read(Path.Combine(Folder, "rows.jsonl")), read = DataSet.Read(Path.Combine(Folder, "flat.parquet"));
        Assert.Equal(expected.Rows.Select(row => Text(Only(row, "label", "score", "sure"))), read.Rows.Select(Text));
    }

    [Fact]
    public void DatesDecimalsHalvesBytesMapsAndListsOfListsAreReadAsJsonHasThem()
    {
        DataSet expected = DataSet.Read(Path.Combine(Folder, "types.jsonl")), read = DataSet.Read(Path.Combine(Folder, "types.parquet"));
        Assert.Equal(expected.Rows.Select(Text), read.Rows.Select(Text));
    }

    [Theory]
    [InlineData(2, "14 00", "0 0 0 0 0 0 0 0 0 0")]
    [InlineData(3, "03 88 c6 fa", "0 1 2 3 4 5 6 7")]
    [InlineData(9, "08 2c 01 03 ff 01 00 00 00 00 00 00 00", "300 300 300 300 511 0 0 0")]
    public void RunsAndPackedBitsAreThoseOfTheFormatsText(int width, string bytes, string expected)
    {
        int[] wanted = [.. expected.Split(' ').Select(int.Parse)], numbers = new int[wanted.Length];
        ByteCursor cursor = new(Convert.FromHexString(bytes.Replace(" ", "")));
        PackedNumbers.ReadRuns(ref cursor, width, numbers);
        Assert.Equal(wanted, numbers);
    }

    [Theory]
    [InlineData("81808080808080802001")]
    [InlineData("ffffffffffffffffff01")]
    [InlineData("0000")]
    [InlineData("03")]
    public void CountsThatCannotBeAreRefused(string bytes) => Assert.Throws<InvalidDataException>(() =>
    {
        ByteCursor cursor = new(Convert.FromHexString(bytes));
        PackedNumbers.ReadRuns(ref cursor, 16, new int[100]);
    });

    [Fact]
    public void CopiesOfSnappyMayReachIntoWhatTheyWrite()
    {
        // "ab", then six bytes from two back, then one of the far copies.
        byte[] packed = [12, 4, (byte)'a', (byte)'b', 1 | (2 << 2), 2, 3 | (3 << 2), 8, 0, 0, 0];
        Assert.Equal("abababababab", System.Text.Encoding.ASCII.GetString(Snappy.Unpack(packed, 12)));
        foreach (byte[] broken in (byte[][])[[12, 4, 97, 98], [200, 1, 0, 97], [3, 1, 1, 97], [2, 4, 97, 98, 99], [2, 252, 255, 255, 255, 255, 97]])
            Assert.Throws<InvalidDataException>(() => Snappy.Unpack(broken, broken[0]));
    }

    [Fact]
    public void AnyColumnCanBeTheText()
    {
        string path = Path.Combine(Folder, "flat.parquet");
        Assert.Contains("row 1", Assert.Throws<InvalidFileException>(() => DataSet.Read(path, new DataOptions { TextColumn = "label" })).Message);
        Assert.Equal(200, DataSet.Read(path, new DataOptions { TextColumn = "text" }).Count);
    }

    [Fact]
    public void TasksAreReadFromParquet() => Files.InFolder(folder =>
    {
        foreach (string part in (string[])["train.parquet", "test.parquet"]) File.Copy(Path.Combine(Folder, "snappy.parquet"), Path.Combine(folder, part));
        ClassificationTask task = Assert.IsType<ClassificationTask>(EmbeddingTasks.Read(folder));
        Assert.Equal(["0", "1", "2", "3", "4"], task.Classes);
        Assert.Equal(DataSet.Read(Path.Combine(Folder, "rows.jsonl")).Rows.Select(row => row.Text).Distinct(), task.Texts);
        return 0;
    });

    [Fact]
    public void WhatIsNotReadIsSaidWithAWayOut()
    {
        string message = Assert.Throws<InvalidFileException>(() => DataSet.Read(Path.Combine(Folder, "zstd.parquet"))).Message;
        Assert.Contains("column \"text\" of row group 0: it is compressed with Zstandard", message);
        Assert.Contains("pandas.read_parquet(\"zstd.parquet\")", message);
        Assert.Contains("does not end as a Parquet file does", Files.With("a.parquet", [.. "PAR1"u8, .. new byte[20]], Refusal));
        Assert.Contains("encrypted", Files.With("a.parquet", [.. new byte[20], .. "PARE"u8], Refusal));
        Assert.Contains("too short", Files.With("a.parquet", [], Refusal));
    }

    /// <summary>Whatever a file is damaged into, it is read or refused, and nothing else is thrown.</summary>
    [Theory]
    [InlineData("snappy.parquet")]
    [InlineData("gzip-v2.parquet")]
    [InlineData("brotli-v2-deltas.parquet")]
    [InlineData("flat.parquet")]
    public void DamagedFilesAreReadOrRefused(string name)
    {
        Random random = new(name.Length);
        byte[] sound = File.ReadAllBytes(Path.Combine(Folder, name));
        int refused = Files.InFolder(folder =>
        {
            int count = 0;
            string path = Path.Combine(folder, "rows.parquet");
            for (int round = 0; round < 300; round++)
            {
                byte[] damaged = (byte[])sound.Clone();
                for (int change = 0; change < 1 + random.Next(3); change++) damaged[Place(damaged.Length)] = (byte)random.Next(256);
                if (round % 10 == 0) damaged = damaged[..random.Next(damaged.Length)];
                File.WriteAllBytes(path, damaged);
                try
                {
                    DataSet.Read(path);
                }
                catch (InvalidFileException)
                {
                    count++;
                }
            }

            return count;
        });
        Assert.InRange(refused, 60, 299);

        // Half of the changes meet the metadata, where they do most.
        int Place(int length) => random.Next(2) == 0 ? random.Next(length) : length - 1 - random.Next(Math.Min(length, 3000));
    }

    private static string Refusal(string path) => Assert.Throws<InvalidFileException>(() => DataSet.Read(path)).Message;

    private static DataRow Only(DataRow row, params string[] fields) => new(row.Tokens, row.Text, fields.ToDictionary(name => name, name => row.Fields[name]));

    private static string Text(DataRow row) => $"{row.Text} {string.Join(", ", row.Fields.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}: {f.Value.GetRawText()}"))}";
}
