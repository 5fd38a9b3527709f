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

    /// <summary>Hook points of the parts, in execution order.</summary>
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
    /// <exception cref="StrataException">The stream is normalised after every addition, so that it is no sum; or the plan runs blocks in parallel or by halves, or the position does not exist.</exception>
    public static ResidualParts Capture(Model model, int[] ids, int position, LayerPlan? plan = null)
    {
        ModelSpec spec = model.Spec;
        plan = model.CheckPlan(plan);
        if (spec.NormPlacement == NormPlacement.Stream || spec.EmbeddingProjectionLast)
            throw new StrataException($"The stream of {model.Name} ({spec.Family}) is normalised or mapped after parts were added to it, so it is no sum of parts.");
        if (plan.Steps.Length == 0 || plan.Steps.Any(step => step is not BlockStep)) throw new StrataException($"Along \"{plan}\" the stream is no sum of what whole blocks add; give a plan of blocks one after another.");
        if (position < 0 || position >= ids.Length) throw new StrataException($"The sequence has positions 0 to {ids.Length - 1}; {position} was given.");
        IReadOnlyList<HookPoint> points = new HookCatalog(spec, plan).Points;
        string[] start = spec.EmbeddingNorm ? ["ln_embed.normalized"] : ["embed", .. points.Where(p => p.Kind is HookKind.PositionEmbed or HookKind.TypeEmbed).Select(p => p.Name)];
        string[] added = [.. points.Where(p => p.Kind is HookKind.AttentionOut or HookKind.SsmOut or HookKind.MlpOut).Select(p => p.Name)];
        Activations all = model.Capture(new TokenRows("sequence", [ids]), new CaptureRequest
        {
            Points = [.. start, .. added, "blocks.*.resid_post"],
            Positions = PositionSelection.Parse(position.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Plan = plan,
            Announce = _ => { },
        });
        string[] names = all.Points.Where(p => !p.Contains("resid_post", StringComparison.Ordinal)).ToArray();
        return new ResidualParts(names, new FloatMatrix([.. names.SelectMany(n => all.Rows(n).Values)], names.Length, spec.Width), all.Rows(all.Points[^1]).Values);
    }
}
