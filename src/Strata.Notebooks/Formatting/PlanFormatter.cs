using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Shows a plan: its text, and a diagram of what runs in which order.</summary>
internal static class PlanFormatter
{
    private const int MaxText = 2000;

    public static MimeBundle Format(LayerPlan plan)
    {
        string text = Escape.Clip(plan.ToString(), MaxText), caption = Caption(plan), svg = PlanDiagram.Draw(plan, text, caption);
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = $"{StrataStyle.Element}<div class=\"strata-figure\">{SvgImage.Html(svg, $"Layer plan {text}")}</div>",
            [MimeBundle.Svg] = svg,
            [MimeBundle.Markdown] = $"`{text.Replace("`", "", StringComparison.Ordinal)}`\n\n{Escape.Markdown(caption)}",
            [MimeBundle.PlainText] = text,
        });
    }

    private static string Caption(LayerPlan plan)
    {
        int[] skipped = Enumerable.Range(0, plan.Blocks).Except(plan.Executions.Select(LayerPlan.BlockOf)).ToArray();
        string left = skipped.Length == 0 ? "" : $" Never run (dashed): {(skipped.Length <= 24 ? string.Join(", ", skipped) : $"{skipped.Length} blocks")}.";
        string runs = $"Runs {plan.BlocksRun.ToString("0.#", System.Globalization.CultureInfo.InvariantCulture)} blocks; the network has {plan.Blocks} (0 to {plan.Blocks - 1}).";
        return $"{runs}{left} Ranges exclude their end: 0..{plan.Blocks} is all blocks.";
    }
}
