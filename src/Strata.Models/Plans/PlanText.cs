namespace Strata.Models;

/// <summary>Writes plan steps as text: runs of blocks become ranges, equal neighbours become <c>*n</c>.</summary>
internal static class PlanText
{
    public static string Write(IReadOnlyList<PlanStep> steps) => steps.Count == 0 ? "none" : WriteList(steps);

    private static string WriteList(IReadOnlyList<PlanStep> steps)
    {
        List<string> items = [];
        for (int i = 0; i < steps.Count;)
        {
            int equal = CountWhile(steps, i, (first, step, _) => step == first);
            int up = CountWhile(steps, i, (first, step, k) => IsBlock(first, step, k));
            int down = CountWhile(steps, i, (first, step, k) => IsBlock(first, step, -k));
            if (equal > 1)
            {
                items.Add($"{WriteStep(steps[i])}*{equal}");
                i += equal;
            }
            else if (up > 1)
            {
                // The block before a repetition belongs to the repetition, so that 0, 1, 1, 1 reads 0, 1*3.
                if (i + up < steps.Count && steps[i + up] == steps[i + up - 1]) up--;
                int first = LayerPlan.BlockOf(steps[i]);
                items.Add(up == 1 ? $"{first}" : $"{first}..{first + up}");
                i += up;
            }
            else if (down > 1)
            {
                if (i + down < steps.Count && steps[i + down] == steps[i + down - 1]) down--;
                int first = LayerPlan.BlockOf(steps[i]);
                items.Add(down == 1 ? $"{first}" : $"reverse({first - down + 1}..{first + 1})");
                i += down;
            }
            else
            {
                items.Add(WriteStep(steps[i++]));
            }
        }

        return string.Join(", ", items);
    }

    private static string WriteStep(PlanStep step) => step switch
    {
        BlockStep s => $"{s.Block}",
        AttentionStep s => $"attn({s.Block})",
        MlpStep s => $"mlp({s.Block})",
        ParallelStep s => $"parallel({WriteList(s.Members)})",
        _ => throw new InvalidOperationException(step.GetType().Name),
    };

    private static bool IsBlock(PlanStep first, PlanStep step, int offset) => first is BlockStep a && step is BlockStep b && b.Block == a.Block + offset;

    private static int CountWhile(IReadOnlyList<PlanStep> steps, int start, Func<PlanStep, PlanStep, int, bool> holds)
    {
        int count = 1;
        while (start + count < steps.Count && holds(steps[start], steps[start + count], count)) count++;
        return count;
    }
}
