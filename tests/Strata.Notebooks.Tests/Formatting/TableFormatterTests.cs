using System.Text;
using System.Text.RegularExpressions;
using Strata.Models;
using Strata.Notebooks;
using Strata.Research;
using Strata.Tensors;
using Xunit;

namespace Strata.Notebooks.Tests;

public class TableFormatterTests
{
    private static readonly Provenance Origin = new() { Model = "gpt2", Settings = new Dictionary<string, string> { ["pooling"] = "mean" } };

    [Fact]
    public void ColumnsHaveUnitsAlignmentAndCommonDecimals()
    {
        Table table = new("Loss", Origin,
            Column.Text("plan", ["0..12", "0..4, 8..12"]), Column.Real("loss", [3.14159, 12.5], "nats"), Column.Integer("parameters", [124439808, 7]));
        MimeBundle bundle = Formatters.Format(table);
        string html = bundle.Renderings[MimeBundle.Html];
        Assert.Contains("<th>plan</th>", html);
        Assert.Contains("<th class=\"strata-number\">loss <span class=\"strata-unit\">(nats)</span></th>", html);
        Assert.Contains("<td class=\"strata-number\">3.14</td>", html);
        Assert.Contains("<td class=\"strata-number\">12.50</td>", html);
        Assert.Contains("<td class=\"strata-number\">124,439,808</td>", html);
        Assert.Matches("<details[^>]*>.*<dt>pooling</dt><dd>mean</dd>.*</details>", html);
        Assert.Contains("| plan | loss \\(nats\\) | parameters |\n| --- | ---: | ---: |", bundle.Renderings[MimeBundle.Markdown]);
        string[] lines = bundle.Renderings[MimeBundle.PlainText].Split('\n');
        Assert.Equal("plan         loss (nats)   parameters", lines[1]);
        Assert.Equal("0..12               3.14  124,439,808", lines[2]);
    }

    [Theory]
    [InlineData(new[] { 0.5, double.NaN }, "0.5000 –")]
    [InlineData(new[] { 1e-9, 0.3 }, "1e-9 0.3")]
    [InlineData(new[] { 2.0, 100.0 }, "2 100")]
    [InlineData(new[] { 1234567.0, 2.5 }, "1.235e6 2.5")]
    [InlineData(new[] { double.PositiveInfinity, -1.25 }, "∞ -1.250")]
    public void RealNumbers(double[] values, string expected)
    {
        string html = Formatters.Format(new Table("t", Origin, Column.Real("v", values))).Renderings[MimeBundle.Html];
        Assert.Equal(expected, string.Join(' ', Regex.Matches(html, "<td[^>]*>(.*?)</td>").Select(m => m.Groups[1].Value)));
    }

    [Fact]
    public void LongTablesShowTheirFirstRowsAndSayHowManyAreHidden()
    {
        Table table = new("t", Origin, Column.Integer("n", Enumerable.Range(0, 1234).Select(i => (long)i)));
        MimeBundle bundle = Formatters.Format(table);
        Assert.Equal(201, Regex.Matches(bundle.Renderings[MimeBundle.Html], "<tr>").Count);
        Assert.All(bundle.Renderings.Values, r => Assert.Contains("1,034 rows not shown", r.Replace("\\", "")));
    }

    [Fact]
    public void WideTablesOfLongTextsStaySmall()
    {
        Column[] columns = Enumerable.Range(0, 500).Select(i => Column.Text($"c{i}", Enumerable.Repeat(new string('<', 1000), 300))).ToArray();
        MimeBundle bundle = Formatters.Format(new Table("t", Origin, columns));
        Assert.All(bundle.Renderings.Values, r => Assert.InRange(Encoding.UTF8.GetByteCount(r), 1, 300_000));
        Assert.Contains("First 100 of 500 columns", bundle.Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void AnEmptyTableIsShown()
    {
        Assert.Contains("<th>a</th>", Formatters.Format(new Table("t", Origin, Column.Text("a", []))).Renderings[MimeBundle.Html]);
        Assert.Contains("nothing", Formatters.Format(new Table("nothing", Origin)).Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void ActivationsListTheirPoints()
    {
        FloatMatrix[] samples = [new(new float[3 * 8], 3, 8), new(new float[5 * 8], 5, 8)];
        Activations activations = new(Pooling.None, ["blocks.0.resid_post"], new Dictionary<string, IReadOnlyList<FloatMatrix>> { ["blocks.0.resid_post"] = samples }, Origin);
        string text = Formatters.Format(activations).Renderings[MimeBundle.PlainText];
        Assert.StartsWith("Activations: 1 point, 2 sequences, 256 B", text);
        Assert.Contains("blocks.0.resid_post", text);
        Assert.Contains("[3 to 5, 8]", text);
        Assert.Contains("every position is a row", text);
    }
}
