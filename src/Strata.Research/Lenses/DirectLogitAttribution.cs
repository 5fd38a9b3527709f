using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Direct logit attribution: what each part of the last stream adds to the score of a token (or to its lead over another). The final norm divides by the scale of the
/// whole stream, held fixed, so that the parts and the constant add up to the score exactly, before a cap on the logits where the network has one.
/// </summary>
public sealed class DirectLogitAttribution
{
    private DirectLogitAttribution(IReadOnlyList<string> parts, IReadOnlyList<double> values, double logit, string title, Provenance provenance)
    {
        Parts = parts;
        Values = values;
        Logit = logit;
        Title = title;
        Provenance = provenance;
    }

    /// <summary>Hook points of the parts in execution order; last <c>constant</c>, what biases of the final norm and the unembedding add.</summary>
    public IReadOnlyList<string> Parts { get; }

    /// <summary>What each part adds.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>The sum of <see cref="Values"/>.</summary>
    public double Total => Values.Sum();

    /// <summary>The network's own score (or difference of scores), after a cap where there is one.</summary>
    public double Logit { get; }

    /// <summary>Which token, and where.</summary>
    public string Title { get; }

    /// <summary>Where the values came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Attributes the score of a token as the next after a position.</summary>
    /// <param name="model">The network.</param>
    /// <param name="ids">The sequence.</param>
    /// <param name="token">The token; null for the most likely.</param>
    /// <param name="against">A token whose score is subtracted; null for none.</param>
    /// <param name="position">The position whose stream is read; null for the last.</param>
    /// <param name="plan">Whole blocks in any order; null for all in order.</param>
    /// <param name="detail">Heads and groups of neurons as parts of their own; null for attention and MLP as wholes.</param>
    /// <exception cref="StrataException">The network's stream is no sum or its head not linear, or a token or the position does not exist.</exception>
    public static DirectLogitAttribution Of(Model model, int[] ids, int? token = null, int? against = null, int? position = null, LayerPlan? plan = null, ResidualDetail? detail = null)
    {
        int at = position ?? ids.Length - 1;
        ResidualParts parts = ResidualParts.Capture(model, ids, at, plan, detail);
        float[] logits = model.Unembed(new FloatMatrix(parts.Stream, 1, parts.Stream.Length)).Values;
        int chosen = token ?? System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);
        foreach (int id in new[] { chosen, against ?? 0 })
        {
            if ((uint)id >= (uint)logits.Length) throw new StrataException($"Token id {id} is outside the vocabulary of {model.Name}, 0 to {logits.Length - 1}.");
        }

        double Of(float[] row) => (double)row[chosen] - (against is int other ? row[other] : 0);
        double[] values = [.. Scores(model, parts, Of)];
        string title = $"score of \"{model.TokenLabel(chosen)}\"{(against is int b ? $" less that of \"{model.TokenLabel(b)}\"" : "")} after position {at}";
        Provenance provenance = (model.Provenance with { Data = $"{ids.Length} token ids", DataHash = new TokenRows("ids", [ids]).Hash, Plan = model.CheckPlan(plan).ToString() }).With("lens", $"direct logit attribution, {title}");
        return new DirectLogitAttribution([.. parts.Names, "constant"], values, Of(logits), title, provenance);
    }

    /// <summary>A number for each part and last for the constant; some parts at a time, because each has a score for every token.</summary>
    private static IEnumerable<double> Scores(Model model, ResidualParts parts, Func<float[], double> of)
    {
        const int panel = 64;
        for (int first = 0; first < parts.Rows.Rows; first += panel)
        {
            int count = Math.Min(panel, parts.Rows.Rows - first);
            (FloatMatrix scores, float[] constant) = model.UnembedParts(parts.Rows.Slice(first, count), parts.Stream);
            for (int i = 0; i < count; i++) yield return of(scores.Row(i).ToArray());
            if (first + count == parts.Rows.Rows) yield return of(constant);
        }
    }

    /// <summary>One row per part: <c>part</c>, <c>block</c> (-1 outside blocks), <c>adds</c>.</summary>
    /// <param name="largest">So many parts alone, from the largest size on, and in a last row what all others add; null for all parts in order.</param>
    public Table ToTable(int? largest = null)
    {
        int[] order = Enumerable.Range(0, Parts.Count).ToArray();
        if (largest is int count && count < order.Length) order = [.. order.OrderByDescending(i => Math.Abs(Values[i])).Take(count)];
        List<string> names = [.. order.Select(i => Parts[i])];
        List<double> adds = [.. order.Select(i => Values[i])];
        if (order.Length < Parts.Count)
        {
            names.Add($"the other {Parts.Count - order.Length} parts");
            adds.Add(Total - adds.Sum());
        }

        return new Table($"Parts of the {Title}", Provenance, Column.Text("part", names), Column.Integer("block", names.Select(p => BlockPoint.Of(p)?.Block ?? -1L)), Column.Real("adds", adds))
        {
            Notes = [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"They add up to {Total:0.####}; the network's own is {Logit:0.####}{(Math.Abs(Total - Logit) > 1e-2 ? ", after the cap on its logits" : "")}.")],
        };
    }
}
