namespace Strata.Models;

/// <summary>How to save a network.</summary>
public sealed record SaveOptions
{
    /// <summary>
    /// Groups of blocks that become one: its weights are their averages, it stands where the first of the group stands, and the others are left out. Of numbers that are no floats
    /// (masks) those of the first are kept.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> Merge { get; init; } = [];

    /// <summary>Most bytes of numbers in one weight file, where a single tensor is not larger.</summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary>Told after each tensor.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }

    /// <summary>The group that a text names as a plan does: <c>4..6</c>, or <c>3, 5</c>.</summary>
    /// <exception cref="StrataException">The text is no plan of whole blocks, or names fewer than two.</exception>
    public static IReadOnlyList<int> Group(LayerPlans plans, string text)
    {
        LayerPlan plan = plans.Parse(text);
        int[] blocks = [.. plan.Steps.OfType<BlockStep>().Select(step => step.Block).Distinct()];
        return blocks.Length >= 2 && blocks.Length == plan.Steps.Length ? blocks : throw new StrataException($"\"{text}\" names no blocks to merge; expected two or more, each once, such as 4..6.");
    }
}

/// <summary>A network that was saved.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Model">What it was made from.</param>
/// <param name="Plan">The plan's text.</param>
/// <param name="Blocks">Blocks of the new network.</param>
/// <param name="Bytes">Bytes of its weights.</param>
public sealed record SavedModel(string Folder, string Model, string Plan, int Blocks, long Bytes)
{
    /// <summary>Folder, number of blocks and size.</summary>
    public override string ToString() => $"{Folder}: {Blocks} blocks of {Model}, {new WorkProgress("", 0, 0, "bytes").Amount(Bytes)}.";
}
