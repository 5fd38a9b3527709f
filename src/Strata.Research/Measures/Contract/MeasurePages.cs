using System.Globalization;
using System.Text;

namespace Strata.Research;

/// <summary>A page per measure in Markdown, made from what the measure says of itself.</summary>
public static class MeasurePages
{
    /// <summary>The page of a measure.</summary>
    /// <param name="measure">The measure.</param>
    /// <param name="ran">What was run, in words.</param>
    /// <param name="random">Values on a network with random weights: point and value.</param>
    public static string Of(Measure measure, string ran, IReadOnlyList<(string Point, double Value)> random)
    {
        MeasureAbout about = measure.About;
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"# {measure.Name}\n\n{about.What}\n\n");
        Section(page, "Formula (textbook)", about.Formula);
        foreach (ReferenceForm form in about.References) Section(page, $"Form reference:{form.Name}", form.Difference);
        Section(page, "Needs", NeedsText(measure));
        Section(page, "Samples", about.Samples);
        if (MeasureParameters.Of(measure) is { Count: > 0 } parameters)
            Section(page, "Parameters", "| name | default | what |\n| --- | --- | --- |\n" + string.Concat(parameters.Select(p => $"| `{p.Name}` | {p.Default} | {p.What} |\n")));
        Section(page, "Cost", about.Cost);
        Section(page, "Traps", about.Traps);
        Section(page, "Source", about.Source);
        Section(page, "On a random network", $"{ran}\n\n| point | value{(measure.Unit is null ? "" : $" ({measure.Unit})")} |\n| --- | --- |\n" + string.Concat(random.Select(r => $"| `{r.Point}` | {r.Value.ToString("G4", CultureInfo.InvariantCulture)} |\n")));
        return page.ToString().TrimEnd() + "\n";
    }

    /// <summary>The list of all measures with one line each.</summary>
    public static string Index() =>
        "# Measures\n\nMade from what each measure says of itself; do not edit by hand.\n\n| name | what it says | needs |\n| --- | --- | --- |\n"
        + string.Concat(Measures.All.Select(m => $"| [{m.Name}]({m.Name}.md) | {m.About.What} | {NeedsText(m)} |\n"));

    private static string NeedsText(Measure measure) => measure.Needs switch
    {
        MeasureInput.Tokens => "the tokens of prompts, not pooled",
        MeasureInput.Rows => "rows: tokens, or pooled prompts",
        MeasureInput.TokenPairs => "the same tokens at two points, not pooled",
        MeasureInput.Views => "two or more views of every sequence",
        MeasureInput.Labels => "rows with a class each",
        MeasureInput.Factors => "sequences with several labelled factors",
        _ => "tokens, not pooled, and their ids",
    };

    private static void Section(StringBuilder page, string title, string text) => page.Append(CultureInfo.InvariantCulture, $"## {title}\n\n{text.TrimEnd()}\n\n");
}
