using System.Text.Json;
using Xunit;

namespace Strata.Models.Tests;

public sealed class ConfigReaderTests
{
    private static ConfigReader Reader(string json) => new(JsonDocument.Parse(json).RootElement, "config.json");

    [Fact]
    public void Reads_values()
    {
        ConfigReader config = Reader("""{"i":7,"f":1e-5,"b":true,"s":"gelu","none":null,"rope":{"factor":8},"list":[{"a":1},{"a":2}]}""");
        Assert.Equal(7, config.RequiredInt("i", 0, 10));
        Assert.Equal(1e-5f, config.OptionalFloat("f"));
        Assert.True(config.OptionalBool("b"));
        Assert.Equal("gelu", config.OptionalString("s"));
        Assert.Null(config.OptionalInt("none", 0, 1));
        Assert.Null(config.OptionalBool("absent"));
        Assert.False(config.Has("none"));
        Assert.Equal(8, config.Object("rope").RequiredInt("factor", 1, 100));
        Assert.Null(config.OptionalObject("absent"));
        Assert.Equal([1, 2], config.Objects("list").Select(item => item.RequiredInt("a", 0, 9)));
    }

    [Theory]
    [InlineData("""{"n_layer":0}""", "0")]
    [InlineData("""{"n_layer":101}""", "101")]
    [InlineData("""{"n_layer":8.0}""", "8.0")]
    [InlineData("""{"n_layer":1e1}""", "1e1")]
    [InlineData("""{"n_layer":"8"}""", "\"8\"")]
    [InlineData("""{"n_layer":true}""", "true")]
    [InlineData("""{"n_layer":{}}""", "an object")]
    [InlineData("""{"n_layer":99999999999999999999999}""", "99999999999999999999999")]
    [InlineData("""{}""", "is missing")]
    public void Refuses_what_is_no_integer_in_range(string json, string given)
    {
        string message = Assert.Throws<InvalidFileException>(() => Reader(json).RequiredInt("n_layer", 1, 100)).Message;
        Assert.Contains("config.json", message);
        Assert.Contains("\"n_layer\"", message);
        Assert.Contains(given, message);
        Assert.Contains("an integer from 1 to 100", message);
    }

    [Fact]
    public void Names_the_place_inside_an_object()
    {
        ConfigReader config = Reader("""{"rope":{"factor":"x"},"list":[{},{"a":0}]}""");
        Assert.Contains("\"rope.factor\" is \"x\"", Assert.Throws<InvalidFileException>(() => config.Object("rope").OptionalFloat("factor")).Message);
        Assert.Contains("\"list[1].a\"", Assert.Throws<InvalidFileException>(() => config.Objects("list").Last().RequiredInt("a", 1, 2)).Message);
        Assert.Throws<InvalidFileException>(() => Reader("""{"f":1e999}""").OptionalFloat("f"));
        Assert.Throws<InvalidFileException>(() => Reader("""{"f":1}""").OptionalBool("f"));
        Assert.Throws<InvalidFileException>(() => Reader("""{"f":1}""").OptionalString("f"));
        Assert.Throws<InvalidFileException>(() => Reader("""{"f":1}""").Object("f"));
        Assert.Throws<InvalidFileException>(() => Reader("""{"f":1}""").Items("f"));
    }
}
