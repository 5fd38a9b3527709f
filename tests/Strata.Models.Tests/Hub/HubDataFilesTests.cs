using Xunit;

namespace Strata.Models.Tests;

/// <summary>Which files of a data set belong to which split.</summary>
public sealed class HubDataFilesTests
{
    private static readonly HubReference Asked = HubReference.Parse("hf:org/name", HubKind.DataSet);

    [Theory]
    [InlineData("train.csv", "train")]
    [InlineData("data/train-00000-of-00005.jsonl", "train")]
    [InlineData("my_dev_file.jsonl", "validation")]
    [InlineData("valid/0001.txt", "validation")]
    [InlineData("data/test-00000-of-00001.parquet", "test")]
    [InlineData("en/Test.jsonl", "test")]
    [InlineData("evaluation/rows.csv", "test")]
    [InlineData("contest.csv", "train")]
    [InlineData("rows.jsonl", "train")]
    public void The_split_stands_in_the_name_or_in_a_folder(string path, string split) => Assert.Equal(split, HubDataFiles.SplitOf(path));

    [Fact]
    public void Files_are_chosen_in_the_order_of_their_names_and_other_files_are_left_out()
    {
        string[] paths = ["README.md", "requirements.txt", "data/train-00001.csv", "data/train-00000.csv", "data/test.csv", "french.csv", ".gitattributes", "model.py"];
        Assert.Equal(["data/train-00000.csv", "data/train-00001.csv", "french.csv"], HubDataFiles.Of(Asked, paths, "train"));
        Assert.Equal(["french.csv"], HubDataFiles.Of(Asked, paths, "french"));
        Assert.Equal(4, HubDataFiles.Of(Asked, paths, null).Count);
        Assert.Equal(["train.jsonl"], HubDataFiles.Of(Asked, ["train.jsonl", "train.parquet"], null));
        Assert.Equal(["a/train-0.parquet", "a/train-1.parquet"], HubDataFiles.Of(Asked, ["a/train-1.parquet", "a/train-0.parquet", "a/test.parquet"], "train"));
        Assert.Equal(["data/test.csv"], HubDataFiles.Of(HubReference.Parse("hf:org/name/data/test.csv", HubKind.DataSet), paths, null));
    }

    [Fact]
    public void What_cannot_be_read_is_said()
    {
        Assert.Contains("Did you mean \"train\"", Refusal(["train.csv"], "trian"));
        Assert.Contains("no files that are read", Refusal(["data/train-00000-of-00001.arrow"], null));
    }

    private static string Refusal(string[] paths, string? split) => Assert.Throws<HubException>(() => HubDataFiles.Of(Asked, paths, split)).Message;
}
