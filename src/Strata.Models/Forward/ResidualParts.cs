using System.Globalization;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>What the last residual stream of one position is the sum of: the embedding, and what each attention (or state space) and MLP adds.</summary>
public sealed class ResidualParts
{
    private ResidualParts(IReadOnlyList<string> names, FloatMatrix rows, float[] stream)
    {
        Names = names;
        Rows = rows;
        Stream = stream;
    }

    /// <summary>The parts in execution order: hook points, and with more detail <c>blocks.3.attn.head.2</c>, <c>blocks.3.mlp.neurons.0..64</c>, and <c>blocks.3.attn.bias</c> where there is one.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>[parts, width].</summary>
    public FloatMatrix Rows { get; }

    /// <summary>The stream after the last block, of which the parts are the sum.</summary>
    public float[] Stream { get; }

    /// <summary>Runs one sequence and keeps the parts of one position.</summary>
    /// <param name="model">The network.</param>
    /// <param name="ids">The sequence.</param>
    /// <param name="position">The position.</param>
    /// <param name="plan">Whole blocks in any order; null for all in order.</param>
    /// <param name="detail">Heads and neurons as parts of their own; null for attention and MLP as wholes.</param>
    /// <exception cref="StrataException">The stream is normalised after every addition, so that it is no sum; or the plan runs blocks in parallel or by halves, or the position does not exist.</exception>
    public static ResidualParts Capture(Model model, int[] ids, int position, LayerPlan? plan = null, ResidualDetail? detail = null)
    {
        ModelSpec spec = model.Spec;
        plan = model.CheckPlan(plan);
        detail ??= ResidualDetail.Sublayers;
        Check(model, plan, detail, ids, position);
        HookPoint[] points = [.. new HookCatalog(spec, plan).Points];
        HashSet<HookKind> wanted = [HookKind.AttentionOut, HookKind.SsmOut, HookKind.MlpOut, HookKind.ResidPost, .. spec.EmbeddingNorm ? [HookKind.EmbedNorm] : (HookKind[])[HookKind.Embed, HookKind.PositionEmbed, HookKind.TypeEmbed]];
        if (detail.Heads) wanted.Add(HookKind.Mixed);
        if (detail.NeuronsPerPart > 0) wanted.Add(HookKind.MlpPost);
        HookPoint[] read = [.. points.Where(p => wanted.Contains(p.Kind))];
        Activations all = model.Capture(new TokenRows("sequence", [ids]), new CaptureRequest
        {
            Points = [.. read.Select(p => p.Name)],
            Positions = PositionSelection.Parse(position.ToString(CultureInfo.InvariantCulture)),
            Plan = plan,
            Announce = _ => { },
        });
        List<string> names = [];
        List<float[]> rows = [];
        foreach (HookPoint point in read.Where(p => p.Kind is not (HookKind.ResidPost or HookKind.Mixed or HookKind.MlpPost)))
        {
            HookPoint? inside = read.FirstOrDefault(p => p.Execution == point.Execution && p.Kind == Inside(point.Kind));
            if (inside is not null)
            {
                Split(model, inside, all.Rows(inside.Name).Row(0), detail, names, rows);
                continue;
            }

            names.Add(point.Name);
            rows.Add(all.Rows(point.Name).Row(0).ToArray());
        }

        return new ResidualParts(names, new FloatMatrix([.. rows.SelectMany(r => r)], rows.Count, spec.Width), all.Rows(all.Points[^1]).Values);
    }

    private static void Check(Model model, LayerPlan plan, ResidualDetail detail, int[] ids, int position)
    {
        ModelSpec spec = model.Spec;
        if (spec.NormPlacement == NormPlacement.Stream || spec.EmbeddingProjectionLast)
            throw new StrataException($"The stream of {model.Name} ({spec.Family}) is normalised or mapped after parts were added to it, so it is no sum of parts.");
        if (plan.Steps.Length == 0 || plan.Steps.Any(step => step is not BlockStep)) throw new StrataException($"Along \"{plan}\" the stream is no sum of what whole blocks add; give a plan of blocks one after another.");
        if (position < 0 || position >= ids.Length) throw new StrataException($"The sequence has positions 0 to {ids.Length - 1}; {position} was given.");
        if (detail.NeuronsPerPart < 0) throw new StrataException($"{detail.NeuronsPerPart} neurons per part were asked for; give 1 or more, or 0 to leave MLPs whole.");
    }

    /// <summary>What the last map of a sublayer reads, of which its parts are slices.</summary>
    private static HookKind? Inside(HookKind written) => written switch
    {
        HookKind.AttentionOut => HookKind.Mixed,
        HookKind.MlpOut => HookKind.MlpPost,
        _ => null,
    };

    private static void Split(Model model, HookPoint inside, ReadOnlySpan<float> input, ResidualDetail detail, List<string> names, List<float[]> rows)
    {
        using BlockStore.Held held = model.Weights.Blocks.Hold(inside.Block);
        BlockWeights weights = model.Weights.Blocks[inside.Block];
        bool heads = inside.Kind == HookKind.Mixed;
        int slice = heads ? inside.HeadWidth : Math.Min(detail.NeuronsPerPart, input.Length);
        LinearWeight map = heads ? weights.Output! : weights.Mlp!.Out;
        FloatMatrix parts = SublayerParts.Of(model, input, slice, map, heads ? weights.AttentionOutputNorm : weights.MlpOutputNorm, heads ? weights.AttentionScale : weights.MlpScale);
        string again = inside.Name.Contains('#') ? inside.Name[inside.Name.IndexOf('#')..] : "";
        string place = FormattableString.Invariant($"blocks.{inside.Block}.{(heads ? "attn" : "mlp")}");
        for (int i = 0; i < parts.Rows; i++)
        {
            ReadOnlySpan<float> part = parts.Row(i);
            bool bias = i == parts.Rows - 1;
            if (bias && !part.ContainsAnyExcept(0f)) continue;
            string slot = bias ? "bias" : heads ? FormattableString.Invariant($"head.{i}") : FormattableString.Invariant($"neurons.{i * slice}..{Math.Min(input.Length, (i + 1) * slice)}");
            names.Add($"{place}.{slot}{again}");
            rows.Add(part.ToArray());
        }
    }
}
