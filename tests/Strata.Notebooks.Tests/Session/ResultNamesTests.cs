using Strata.Models;
using Xunit;

namespace Strata.Notebooks.Tests;

public sealed class ResultNamesTests
{
    [Theory]
    [InlineData("acts")]
    [InlineData("_x1")]
    [InlineData("var")]
    public void Names_of_variables_pass(string name) => Assert.Equal(name, ResultNames.Check(name));

    [Theory]
    [InlineData("")]
    [InlineData("1x")]
    [InlineData("a b")]
    [InlineData("a-b")]
    [InlineData("a;System.IO.File.Delete(\"x\")")]
    [InlineData("class")]
    [InlineData("é")]
    public void Other_names_are_refused(string name) => Assert.Contains("cannot name a result", Assert.Throws<StrataException>(() => ResultNames.Check(name)).Message);
}
