using Strata.Models;

namespace Strata.Research;

/// <summary>A network with some values changed, as one entry of a <see cref="VariantSweep"/>.</summary>
/// <param name="Name">For people: <c>head 3 of block 2</c>.</param>
/// <param name="Interventions">The changes.</param>
public sealed record Variant(string Name, IReadOnlyList<Intervention> Interventions)
{
    /// <summary>The block that it changes, where variants form a grid of blocks and parts.</summary>
    public int? Block { get; init; }

    /// <summary>The part of the block, such as a head or a group of neurons.</summary>
    public int? Part { get; init; }

    /// <summary>One variant per attention head: what the head mixes is replaced by 0, or by its mean.</summary>
    /// <param name="model">The network. Blocks without attention heads have no variant.</param>
    /// <param name="reference">Activations of <c>blocks.*.attn.z</c>, whose mean replaces the values; null replaces them by 0.</param>
    /// <exception cref="StrataException">The network has no attention, or the reference lacks a point.</exception>
    public static IReadOnlyList<Variant> Heads(Model model, Activations? reference = null)
    {
        int[] blocks = [.. Enumerable.Range(0, model.Spec.Blocks).Where(block => model.Spec.Block(block).HasAttention)];
        if (blocks.Length == 0) throw new StrataException($"{model.Name} ({model.Spec.Family}) has no attention, so no heads of it.");
        return
        [
            .. blocks.SelectMany(block => Enumerable.Range(0, model.Spec.Heads).Select(head =>
                new Variant($"block {block}, head {head}", [Change($"blocks.{block}.attn.z", reference).OnHead(head)]) { Block = block, Part = head })),
        ];
    }

    /// <summary>One variant per group of neighbouring columns of a point in each block: neurons of <c>mlp.post</c>, directions of the stream's basis.</summary>
    /// <param name="model">The network.</param>
    /// <param name="place">A place of blocks whose values are rows: <c>mlp.post</c>. Blocks without it have no variant.</param>
    /// <param name="size">Columns of a group; the last group of a block may be smaller.</param>
    /// <param name="reference">Activations of the place in all blocks, whose mean replaces the values; null replaces them by 0.</param>
    /// <exception cref="StrataException">No block has the place, or the size is not within 1 and its columns.</exception>
    public static IReadOnlyList<Variant> Groups(Model model, string place, int size, Activations? reference = null)
    {
        HookPoint[] points = [.. new HookCatalog(model.Spec, model.Plans.Identity()).Select([$"blocks.*.{place}"]).Where(point => BlockPoint.Of(point.Name)!.Value.Place == place)];
        if (points.Length == 0 || points.Any(point => point.IsAttentionMatrix)) throw new StrataException($"\"{place}\" is no place of blocks with columns, such as mlp.post.");
        if (size < 1 || size > points.Max(point => point.Columns)) throw new StrataException($"Groups of {size} columns were asked for; \"{place}\" has {points.Max(point => point.Columns)}.");
        return
        [
            .. points.SelectMany(point => Enumerable.Range(0, (point.Columns + size - 1) / size).Select(group =>
            {
                Range columns = (group * size)..Math.Min(point.Columns, (group + 1) * size);
                return new Variant($"block {point.Block}, {place} {columns}", [Change(point.Name, reference).OnColumns(columns)]) { Block = point.Block, Part = group };
            })),
        ];
    }

    private static Intervention Change(string point, Activations? reference) => reference is null ? Intervention.Zero(point) : Intervention.Mean(point, reference);
}
