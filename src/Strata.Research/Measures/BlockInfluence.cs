using System.Text.RegularExpressions;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>block-influence</c>: how far a block turns the residual stream.</summary>
public sealed partial class BlockInfluence : Measure
{
    /// <inheritdoc/>
    public override string Name => "block-influence";

    /// <inheritdoc/>
    public override string? Unit => null;

    /// <inheritdoc/>
    public override string Summary =>
        "1 − mean over all tokens of cos(x, y), x the residual stream that enters block i (blocks.i.resid_pre) and y what leaves it (blocks.i.resid_post, before any final norm). Reported at blocks.i.resid_post; the samples are tokens; "
        + "tokens with a zero state are left out. Reference (ShortGPT): a cosine that is not defined counts as 0.5. Men et al. 2024.";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.TokenPairs;

    /// <inheritdoc/>
    public override bool AppliesTo(string point) => ResidPost().IsMatch(point);

    private protected override MeasureValue ComputeAt(Activations activations, string point, MeasureOptions options, CancellationToken cancellation)
    {
        Match match = ResidPost().Match(point);
        if (!match.Success) throw new StrataException($"\"{Name}\" is a number per block: give \"blocks.<i>.resid_post\", not \"{point}\".");
        string before = $"blocks.{match.Groups[1].Value}.resid_pre";
        if (!activations.Points.Contains(before))
        {
            throw new StrataException(
                $"\"{Name}\" at \"{point}\" compares it with \"{before}\", which was not captured. Capture both: blocks.*.resid_pre and blocks.*.resid_post.");
        }

        List<double> influences = [];
        int leftOut = 0;
        foreach ((FloatMatrix x, FloatMatrix y) in activations.Samples(before).Zip(activations.Samples(point)))
        {
            cancellation.ThrowIfCancellationRequested();
            for (int t = 0; t < x.Rows; t++)
            {
                double cosine = Cosine.Of(x.Row(t), y.Row(t));
                if (double.IsNaN(cosine) && options.Form == MeasureForm.Reference) cosine = 0.5;
                if (double.IsNaN(cosine)) leftOut++;
                else influences.Add(1 - cosine);
            }
        }

        return MeasureValue.Over([.. influences], leftOut, $"{leftOut} x token with a zero or not finite state");
    }

    [GeneratedRegex(@"^blocks\.([0-9]+)\.resid_post$", RegexOptions.CultureInvariant)]
    private static partial Regex ResidPost();
}
