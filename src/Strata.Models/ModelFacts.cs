using System.Globalization;

namespace Strata.Models;

/// <summary>The facts of an architecture for people: what every network has, and what this one does otherwise than most.</summary>
internal static class ModelFacts
{
    /// <summary>Name and value of each fact.</summary>
    public static IEnumerable<(string Name, string Value)> Of(ModelSpec spec)
    {
        BlockSpec[] blocks = [.. Enumerable.Range(0, spec.Blocks).Select(spec.Block)];
        yield return ("family", spec.Family);
        yield return ("blocks", spec.ParallelResidual ? $"{spec.Blocks}, attention and MLP on the same stream" : $"{spec.Blocks}{Sharing(blocks)}");
        if (!spec.Causal) yield return ("direction", "both: a token sees those before it and behind it");
        yield return ("width", spec.EmbeddingWidth is int embedding ? $"{spec.Width}, embeddings {embedding}" : $"{spec.Width}");
        if (blocks.Any(block => block.HasAttention))
        {
            yield return ("heads", $"{spec.Heads} of width {spec.HeadWidth}{In(Enumerable.Range(0, blocks.Length).Where(i => blocks[i].HasAttention), blocks.Length)}");
            yield return ("key/value heads", $"{spec.KeyValueHeads}");
        }

        foreach (IGrouping<StateSpaceSpec?, int> alike in Group(blocks, block => block.StateSpace).Where(group => group.Key is not null))
            yield return ("state space", $"{StateSpace(alike.Key!)}{In(alike, blocks.Length)}");
        if (spec.QueryKeyNorm != QueryKeyNorm.None) yield return ("queries and keys", spec.QueryKeyNorm == QueryKeyNorm.AllHeads ? "normalised over all heads" : "normalised per head");
        foreach (IGrouping<int?, int> alike in Group(blocks, block => block.Window).Where(group => group.Key is not null))
            yield return ("window", $"{alike.Key} positions{(spec.Causal ? "" : " to each side, its own included")}{In(alike, blocks.Length)}");
        if (blocks.Any(block => block.HasMlp))
            yield return ("MLP width", $"{string.Join(", ", Group(blocks, block => block.MlpWidth).Where(group => group.Key > 0).Select(alike => $"{alike.Key}{In(alike, blocks.Length)}"))}{(spec.GatedMlp ? "; gated" : "")}");
        foreach (IGrouping<ExpertSpec?, int> alike in Group(blocks, block => block.Experts).Where(group => group.Key is not null))
            yield return ("experts", $"{alike.Key!.Count}, {alike.Key.PerToken} per token{(alike.Key.SharedWidth is int shared ? $", and one of width {shared} for all tokens" : "")}{In(alike, blocks.Length)}");
        if (blocks.Any(block => block.HasMlp)) yield return ("activation", $"{spec.Activation}");
        yield return ("norm", $"{spec.Norm}, epsilon {Number(spec.NormEpsilon)}{Place(spec.NormPlacement)}");
        yield return ("positions", Positions(spec, blocks));
        if (spec.TokenTypes > 0) yield return ("token types", $"{spec.TokenTypes}");
        if (spec.Image is ImageSpec image) yield return ("images", Images(image));
        else yield return ("vocabulary", $"{spec.Vocabulary}{(!spec.HasUnembedding ? ", no unembedding" : spec.TiedUnembedding ? ", unembedding tied" : "")}");
        if (spec.SequenceHead is { } head) yield return ("sequences", Sequences(head));
        if (Adjustments(spec) is { Length: > 0 } adjustments) yield return ("factors and caps", adjustments);
    }

    /// <summary>Block numbers, runs of three and more as first to last.</summary>
    public static string Blocks(IReadOnlyList<int> blocks)
    {
        List<string> parts = [];
        for (int start = 0, end; start < blocks.Count; start = end)
        {
            end = start + 1;
            while (end < blocks.Count && blocks[end] == blocks[end - 1] + 1) end++;
            if (end - start < 3) parts.AddRange(blocks.Take(start..end).Select(block => $"{block}"));
            else parts.Add($"{blocks[start]} to {blocks[end - 1]}");
        }

        return string.Join(", ", parts);
    }

    private static IEnumerable<IGrouping<T, int>> Group<T>(BlockSpec[] blocks, Func<BlockSpec, T> fact) => Enumerable.Range(0, blocks.Length).GroupBy(i => fact(blocks[i]));

    private static string In(IEnumerable<int> alike, int all) => alike.Count() == all ? "" : $" in {(alike.Count() == 1 ? "block" : "blocks")} {Blocks([.. alike])}";

    /// <summary>Blocks that share their weights, group by group.</summary>
    private static string Sharing(BlockSpec[] blocks) => blocks.Length > 0 && blocks[0].Group is not null
        ? $", sharing weights: {string.Join("; ", Group(blocks, block => block.Group).Select(group => Blocks([.. group])))}"
        : "";

    private static string Place(NormPlacement placement) => placement switch
    {
        NormPlacement.Output => ", behind attention and MLP",
        NormPlacement.InputAndOutput => ", before and behind attention and MLP",
        NormPlacement.Stream => ", of the stream behind attention and MLP",
        _ => "",
    };

    private static string Images(ImageSpec image) =>
        $"{image.Width} x {image.Height} pixels, {image.Grid.Columns} x {image.Grid.Rows} patches of {image.Patch} x {image.Patch}{(image.Prefix.Count > 0 ? $", behind {string.Join(", ", image.Prefix)}" : "")}";

    private static string Sequences(SequenceHead head)
    {
        string pooled = head.Rows switch
        {
            PooledRows.First => "pooled",
            PooledRows.FirstTwo => "first two tokens",
            PooledRows.FirstAndMean => "first token and mean of the patches",
            PooledRows.Mean => "mean of the patches",
            PooledRows.Last => "last token",
            PooledRows.End => "token at the end of the text",
            _ => "attention of a learned query, and an MLP",
        };
        if (head.Projection is int columns) return $"{pooled}, projected to {columns}";
        return head.Labels is { } labels ? $"{labels.Count} classes: {string.Join(", ", labels.Take(20).Select(label => Excerpt.Cut(label)))}{(labels.Count > 20 ? ", ..." : "")}" : pooled;
    }

    private static string Positions(ModelSpec spec, BlockSpec[] blocks) => spec.Positions switch
    {
        PositionKind.Learned when spec.Image is ImageSpec image => $"learned, {image.Positions}; interpolated for images of another size",
        PositionKind.Learned => $"learned{Distances(spec)}, {spec.MaxPositions}",
        PositionKind.Relative => $"{Distances(spec).TrimStart(',', ' ')}, {spec.MaxPositions}",
        PositionKind.None => "none",
        PositionKind.Bias => $"biases of the scores, {spec.MaxPositions}",
        _ => $"rotary ({string.Join("; ", Group(blocks, block => block.Rotary).Select(alike => Rotary(alike.Key, spec.HeadWidth) + In(alike, blocks.Length)))}), {spec.MaxPositions}",
    };

    private static string StateSpace(StateSpaceSpec space)
    {
        string channels = space.HasHeads ? $"{space.Channels} channels in {space.Heads} heads and {space.Groups} {(space.Groups == 1 ? "group" : "groups")}" : $"{space.Channels} channels";
        return $"{channels}, {space.StateSize} states each, convolution of {space.Taps} tokens";
    }

    private static string Distances(ModelSpec spec) => spec switch
    {
        { RelativeBias: { } bias } => $", biases of the scores by distance ({bias.Buckets} buckets up to {bias.MaxDistance})",
        { Disentangled: { } distances } => $", products of {(distances.QueryTerm ? distances.KeyTerm ? "queries and keys" : "queries" : "keys")} with distances ({2 * distances.Span} rows up to {distances.MaxDistance})",
        _ => "",
    };

    private static string Rotary(RotarySpec? rotary, int headWidth)
    {
        if (rotary is null) return "none";
        string part = rotary.Width is int width ? $", {width} of {headWidth} columns" : "";
        return $"theta {Number(rotary.Theta)}, {rotary.Scaling.ToString().ToLowerInvariant()}{part}";
    }

    private static string Adjustments(ModelSpec spec)
    {
        (string Name, double Value, bool Shown)[] all =
        [
            ("embeddings times", spec.EmbeddingScale, spec.EmbeddingScale != 1),
            ("scores times", spec.AttentionScale ?? 0, spec.AttentionScale is not null),
            ("scores capped at", spec.AttentionSoftCap ?? 0, spec.AttentionSoftCap is not null),
            ("queries, keys and values within", spec.QueryKeyValueLimit ?? 0, spec.QueryKeyValueLimit is not null),
            ("attention and MLP times", spec.ResidualScale, spec.ResidualScale != 1),
            ("logits times", spec.LogitScale, spec.LogitScale != 1),
            ("logits capped at", spec.LogitSoftCap ?? 0, spec.LogitSoftCap is not null),
        ];
        return string.Join(", ", all.Where(adjustment => adjustment.Shown).Select(adjustment => $"{adjustment.Name} {Number(adjustment.Value)}"));
    }

    private static string Number(double value) => ((float)value).ToString("R", CultureInfo.InvariantCulture);
}
