using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Continues the name of a hook point, or a glob: globs over all blocks first, the points of one block once its number is typed.</summary>
public static class HookPointCompletion
{
    private const string Blocks = "blocks.";

    /// <summary>The names and globs of a model that continue a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="typed">What stands before the cursor, as in <c>blocks.3.attn.</c>.</param>
    public static CompletionList Of(Model model, string typed)
    {
        IReadOnlyList<HookPoint> points = new HookCatalog(model.Spec, model.Plans.Identity()).Points;
        IEnumerable<string> names = points.Where(point => point.Block < 0).Select(point => point.Name);
        names = names.Concat(OfBlocks(points, "*"));
        if (BlockTyped(typed) is { } block) names = names.Concat(OfBlocks(points, block));
        else if (typed.StartsWith(Blocks, StringComparison.Ordinal)) names = names.Concat(Enumerable.Range(0, model.Spec.Blocks).Select(number => $"{Blocks}{number}."));
        return CompletionList.Continuing(typed, 0, names.Distinct().Select(name => new CompletionCandidate(name, "value")));
    }

    /// <summary>The points of a block, or of all blocks that <c>*</c> or <c>?</c> stand for.</summary>
    private static IEnumerable<string> OfBlocks(IReadOnlyList<HookPoint> points, string block)
    {
        bool exists = block.AsSpan().IndexOfAny('*', '?') >= 0 || points.Any(point => point.Block >= 0 && BlockTyped(point.Name) == block);
        return exists ? points.Where(point => point.Block == 0).Select(point => $"{Blocks}{block}.{point.Name[(Blocks.Length + 2)..]}") : [];
    }

    /// <summary>What stands between <c>blocks.</c> and the next dot; null where there is no such dot yet.</summary>
    private static string? BlockTyped(string text)
    {
        int dot = text.StartsWith(Blocks, StringComparison.Ordinal) ? text.IndexOf('.', Blocks.Length) : -1;
        return dot < 0 ? null : text[Blocks.Length..dot];
    }
}
