using System.Globalization;
using System.Text.RegularExpressions;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Continues the text of a layer plan: whole plans at its beginning, then words and ranges that the network has.</summary>
public static partial class PlanCompletion
{
    private static readonly CompletionCandidate[] Words =
    [
        new("reverse(", "value", "these blocks in reverse"), new("parallel(", "value", "these blocks on the same input, outputs averaged"),
        new("attn(", "value", "only the attention of a block"), new("mlp(", "value", "only the MLP of a block"),
    ];

    /// <summary>What could follow a text in a plan.</summary>
    /// <param name="plans">Makes the plans of the network.</param>
    /// <param name="typed">What stands before the cursor, as in <c>0..4, rev</c>.</param>
    public static CompletionList Of(LayerPlans plans, string typed)
    {
        int start = typed.LastIndexOfAny([',', '(']) + 1;
        while (start < typed.Length && typed[start] == ' ') start++;
        string before = typed[..start], item = typed[start..];
        IEnumerable<CompletionCandidate> words = before.TrimEnd() is "" || !InBlockList(before) ? Words : [];
        IEnumerable<CompletionCandidate> blocks = item.Length > 0 ? Ranges(plans.Blocks, item) : before.Length > 0 ? Rest(plans.Blocks, before) : [];
        return CompletionList.Continuing(typed, start, before.Trim().Length == 0 ? [.. Whole(plans), .. words, .. blocks] : [.. blocks, .. words]);
    }

    /// <summary>Usual plans, with the middle half of the network changed.</summary>
    private static IEnumerable<CompletionCandidate> Whole(LayerPlans plans)
    {
        yield return new($"0..{plans.Blocks}", "value", "all blocks in order");
        int quarter = plans.Blocks / 4;
        Range middle = quarter..(plans.Blocks - quarter);
        if (plans.Blocks >= 3)
        {
            yield return new(plans.Skip(middle).ToString(), "value", "the middle left out");
            yield return new(plans.Reverse(middle).ToString(), "value", "the middle in reverse");
            yield return new(plans.Parallel(middle).ToString(), "value", "the middle in parallel");
            yield return new(plans.LoopedParallel(middle, 3).ToString(), "value", "the middle in parallel, three times");
        }

        yield return new("none", "value", "no block at all");
    }

    /// <summary>Ranges from where the text ends to the end of the network, and shorter ones: what goes on after a cut.</summary>
    private static IEnumerable<CompletionCandidate> Rest(int blocks, string before)
    {
        int from = LastNumber().Match(before) is { Success: true } last && int.TryParse(last.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        for (int first = Math.Min(from, blocks); first < blocks; first++) yield return Range(first, blocks);
    }

    /// <summary>Blocks and ranges whose text begins with what is typed.</summary>
    private static IEnumerable<CompletionCandidate> Ranges(int blocks, string item)
    {
        for (int first = 0; first < blocks; first++)
        {
            if (!$"{first}..".StartsWith(item, StringComparison.Ordinal) && !item.StartsWith($"{first}..", StringComparison.Ordinal)) continue;
            yield return new($"{first}", "value", $"block {first}");
            for (int end = blocks; end > first; end--) yield return Range(first, end);
        }

        for (int count = 1; item[0] == '^' && count <= blocks; count++) yield return new($"^{count}..", "value", $"the last {count}");
    }

    private static CompletionCandidate Range(int first, int end) => new($"{first}..{end}", "value", end - first == 1 ? $"block {first}" : $"blocks {first} to {end - 1}");

    /// <summary>Whether the text ends within <c>reverse(</c>, <c>attn(</c> or <c>mlp(</c>, which take blocks and ranges alone.</summary>
    private static bool InBlockList(string before)
    {
        int open = before.LastIndexOf('(');
        return open > before.LastIndexOf(')') && !before[..open].TrimEnd().EndsWith("parallel", StringComparison.Ordinal);
    }

    [GeneratedRegex("[0-9]+(?=[^0-9]*$)", RegexOptions.CultureInvariant)]
    private static partial Regex LastNumber();
}
