using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Strata.Models;

namespace Strata.Research;

/// <summary><c>coding-rate-heads</c>: how many nats the tokens of a prompt need in the subspaces of the heads.</summary>
public sealed partial class HeadCodingRate : Measure
{
    /// <inheritdoc/>
    public override string Name => "coding-rate-heads";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Tokens;

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How many nats it takes to code the tokens of a prompt head by head, each in the subspace of its own columns: at blocks.i.attn.q, k, v and z. The curve is the mean of each head.",
        Formula = "Σ_k ½ log det(I + d / (T·ε²) · Z_kᵀZ_k), rows of Z the tokens at length 1 over all heads, not centred, Z_k the d columns of head k, ε = Epsilon; mean over prompts.",
        Samples = "Prompts; those with a zero token are left out.",
        References = [new("mcr2", "d / (T·ε) in place of d / (T·ε²): the codes of MCR² and CRATE divide by their eps once.")],
        Parameters = ["Epsilon", "Heads", "Bootstrap"],
        Cost = "O(T·D·min(T, d)) per prompt; one number per head is kept.",
        Traps = "In CRATE the subspaces are orthogonal parts of one stream, and coding-rate less this is what its attention lowers; in other transformers the columns of a head are what its map makes of the stream. Depends on T, d and ε: compare equal lengths.",
        Source = "Yu et al. 2023 (CRATE).",
    };

    /// <inheritdoc/>
    public override bool AppliesTo(string point) => Heads().IsMatch(point);

    internal override MeasureAccumulator Start(MeasureContext context)
    {
        int heads = context.Options.Heads;
        if (heads < 1 || context.Columns % heads != 0)
            throw new StrataException($"\"{Name}\" divides the {context.Columns} columns at \"{context.Point}\" into heads, and {(heads < 1 ? "captured activations do not say how many there are: give heads=N" : $"{heads} heads do not divide them")}.");
        return new Accumulator(context, heads);
    }

    [GeneratedRegex(@"^blocks\.[0-9]+\.attn\.((rot_|norm_)?[qk]|v|z)(#[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Heads();

    private sealed class Accumulator(MeasureContext context, int heads) : MeasureAccumulator
    {
        private readonly MeanAccumulator _total = new(context, _ => default, samplesAreTokens: false);
        private readonly double[] _sums = new double[heads];
        private int _prompts;

        public override long Bytes => _total.Bytes + 8L * heads;

        public override int SamplesOf(PromptRows prompt) => 1;

        public override void LeaveOut(int samples, string why) => _total.LeaveOut(samples, why);

        public override PromptResult Map(PromptRows prompt)
        {
            if (prompt.Squares.Contains(0)) return PromptResult.None("a token is zero");
            int width = prompt.Columns / heads;
            double[] rates = new double[heads];
            RealMatrix part = new(prompt.Count, width);
            for (int k = 0; k < heads; k++)
            {
                for (int t = 0; t < prompt.Count; t++) prompt.Unit.Row(t).Slice(k * width, width).CopyTo(part.Row(t));
                rates[k] = CodingRate.Of(part, context);
            }

            return new PromptResult(TensorPrimitives.Sum<double>(rates), rates, 0, null);
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            if (mapped.Why is null)
            {
                TensorPrimitives.Add(_sums, mapped.Values, _sums);
                _prompts++;
            }

            _total.Fold(prompt, mapped.Why is null ? PromptResult.Of(mapped.Single) : mapped);
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            MeasureValue value = _total.Finish(cancellation);
            return _prompts == 0 ? value : value with { Curve = new MeasureCurve("head", "coding rate", Enumerable.Range(0, heads).Select(k => (double)k).ToArray(), _sums.Select(s => s / _prompts).ToArray()) };
        }
    }
}
