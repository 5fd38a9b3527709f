using System.Globalization;
using System.Text.RegularExpressions;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>docs/measures says what the measures say. With STRATA_WRITE_TABLES=1 the pages are written; otherwise they are compared.</summary>
public partial class MeasurePageTests
{
    [Fact]
    public void PagesAreThoseOfTheMeasures()
    {
        TokenRows rows = RandomNetwork.Rows(48);
        string folder = Path.Combine(Repository.Root, "docs", "measures");
        Dictionary<string, string> pages = new() { ["README.md"] = MeasurePages.Index() };
        foreach (IGrouping<string, Measure> together in Research.Measures.All.GroupBy(m => RandomNetwork.PointsOf(m)[0]))
        {
            BatteryRequest request = new() { Points = [together.Key], Inputs = RandomNetwork.Inputs(rows), Control = false, Options = new MeasureOptions { Bootstrap = 0, FitFrom = 4, FitTo = 24 } };
            MeasureTable table = MeasureBattery.Run(RandomNetwork.Model, rows, together.Select(m => m.Name).ToArray(), request);
            foreach (Measure measure in together)
                pages[$"{measure.Name}.md"] = MeasurePages.Of(measure, RandomNetwork.Words + (measure.Name == "alpha-req" ? " Fitted from 4 to 24." : ""), table.Values[measure.Name].Select(v => (v.Key, v.Value.Value)).ToArray());
        }

        if (Environment.GetEnvironmentVariable("STRATA_WRITE_TABLES") is "1")
        {
            Directory.CreateDirectory(folder);
            foreach (string old in Directory.EnumerateFiles(folder)) File.Delete(old);
            foreach ((string name, string text) in pages) File.WriteAllText(Path.Combine(folder, name), text);
        }

        Assert.Equal(pages.Keys.Order(), Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).Order());
        foreach ((string name, string text) in pages) Same(File.ReadAllText(Path.Combine(folder, name)).ReplaceLineEndings("\n"), text, name);
    }

    /// <summary>Words are equal; values may differ by what another order of summation does to them.</summary>
    private static void Same(string recorded, string actual, string name)
    {
        Assert.True(Values().Replace(recorded, "#") == Values().Replace(actual, "#"), $"docs/measures/{name} does not say what the measure says; write the pages anew with STRATA_WRITE_TABLES=1.");
        double[] Numbers(string text) => Values().Matches(text).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray();
        foreach ((double a, double b) in Numbers(recorded).Zip(Numbers(actual))) Assert.True(Math.Abs(a - b) <= 0.02 * Math.Max(Math.Abs(a), 0.01) || a.Equals(b), $"{name}: {a} is recorded, {b} was measured");
    }

    [GeneratedRegex(@"(?<=^\| `blocks[^|]*\| )([-+.0-9eENa]+)(?= \|)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Values();
}
