using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>A network with some values changed, as one entry of a <see cref="VariantSweep"/>.</summary>
/// <param name="Name">For people: <c>blocks.2.attn.z, head 3</c>.</param>
/// <param name="Interventions">The changes.</param>
public sealed record Variant(string Name, IReadOnlyList<Intervention> Interventions)
{
    /// <summary>The block that it changes, where variants form a grid of blocks and parts.</summary>
    public int? Block { get; init; }

    /// <summary>The part of the block, such as a head or a group of neurons.</summary>
    public int? Part { get; init; }

    /// <summary>One variant per attention head: what the head mixes is replaced by 0, or by its mean.</summary>
    /// <param name="model">The network. Blocks without attention have no variant.</param>
    /// <param name="reference">Activations of <c>blocks.*.attn.z</c>, whose mean replaces the values; null replaces them by 0.</param>
    /// <exception cref="StrataException">The network has no attention, or the reference lacks a point.</exception>
    public static IReadOnlyList<Variant> Heads(Model model, Activations? reference = null)
    {
        const string heads = "blocks.*.attn.z";
        return Each(model, reference is null ? Intervention.Zero(heads) : Intervention.Mean(heads, reference), VariantParts.Heads);
    }

    /// <summary>One variant per part of each point that a change selects: <c>Each(model, Intervention.Zero("blocks.*.mlp.post"), VariantParts.Columns(64))</c>.</summary>
    /// <param name="model">The network.</param>
    /// <param name="change">What happens to each part in turn.</param>
    /// <param name="parts">What a part is.</param>
    /// <param name="plan">The plan that will run; null for all blocks in order.</param>
    /// <exception cref="StrataException">The change selects no point, or a point has no such parts.</exception>
    public static IReadOnlyList<Variant> Each(Model model, Intervention change, VariantParts parts, LayerPlan? plan = null)
    {
        HookCatalog catalog = new(model.Spec, model.CheckPlan(plan));
        HashSet<string> names = [.. catalog.Points.Select(point => point.Name)];
        IReadOnlyList<HookPoint> points = catalog.Select([change.Point]);
        bool grid = points.All(point => point.Block >= 0) && points.Select(point => point.Block).Distinct().Count() == points.Count;
        return
        [
            .. points.SelectMany(point => parts.Of(point).Select((part, i) => new Variant(part.Name is null ? point.Name : $"{point.Name}, {part.Name}", [part.Narrow(change.On(OneRun(point.Name, names)))])
            {
                Block = grid ? point.Block : null,
                Part = grid ? i : null,
            })),
        ];
    }

    /// <summary>A name means the later runs of a block too, unless it says which.</summary>
    private static string OneRun(string name, HashSet<string> names) => names.Contains($"{name}#1") ? $"{name}#0" : name;
}

/// <summary>What the parts of a point are that are changed in turn: the whole point, its heads, or groups of its columns.</summary>
public readonly record struct VariantParts
{
    private readonly bool _heads;
    private readonly int _columns;

    private VariantParts(bool heads, int columns) => (_heads, _columns) = (heads, columns);

    /// <summary>Each point as a whole.</summary>
    public static VariantParts Points { get; }

    /// <summary>Each head of each point.</summary>
    public static VariantParts Heads { get; } = new(true, 0);

    /// <summary>Each group of neighbouring columns, such as neurons of <c>mlp.post</c>; the last group of a point may be smaller.</summary>
    /// <exception cref="StrataException">The size is not 1 or more.</exception>
    public static VariantParts Columns(int size) => size > 0 ? new(false, size) : throw new StrataException($"Groups of {size} columns were asked for; give 1 or more.");

    /// <summary>Reads <c>point</c>, <c>head</c> or the number of columns of a group.</summary>
    /// <exception cref="StrataException">The text is something else.</exception>
    public static VariantParts Parse(string text) => text switch
    {
        "point" => Points,
        "head" => Heads,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) => Columns(size),
        _ => throw new StrataException($"\"{text}\" is no part that can be changed in turn; write point, head, or how many columns (neurons) a group has, such as 64."),
    };

    internal IEnumerable<(string? Name, Func<Intervention, Intervention> Narrow)> Of(HookPoint point)
    {
        if (_heads)
        {
            if (!point.HasHeads) throw new StrataException($"\"{point.Name}\" has no heads; attn.z, q, k, v, scores and pattern have.");
            return Enumerable.Range(0, point.Heads).Select(head => ((string?)$"head {head}", (Func<Intervention, Intervention>)(change => change.OnHead(head))));
        }

        if (_columns == 0) return [(null, change => change)];
        if (point.IsAttentionMatrix) throw new StrataException($"\"{point.Name}\" is a matrix of positions and has no columns; its parts are heads.");
        int size = _columns;
        return Enumerable.Range(0, (point.Columns + size - 1) / size).Select(group =>
        {
            Range columns = (group * size)..Math.Min(point.Columns, (group + 1) * size);
            return ((string?)$"columns {columns}", (Func<Intervention, Intervention>)(change => change.OnColumns(columns)));
        });
    }
}
