namespace Strata.Research;

/// <summary><c>seq-vcr</c>: the variance and covariance terms that tell a collapse.</summary>
public sealed class SeqVcr : Measure
{
    /// <summary>η of the paper: keeps the square root from an infinite slope at 0.</summary>
    private const double Eta = 0.001;

    /// <inheritdoc/>
    public override string Name => "seq-vcr";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Tokens;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Collapse of the states over prompts, position by position: variances below 1 and covariances other than 0.",
        Formula = "1/(T·D) Σ_t Σ_k [ VarianceWeight · max(0, 1 − √(C_kk + 0.001)) + CovarianceWeight · Σ_{k'≠k} C_{kk'}² ], C the covariance over prompts at position t (divisor n − 1).",
        Samples = "Prompts; those shorter than the first are left out.",
        Parameters = ["Positions", "VarianceWeight", "CovarianceWeight"],
        Cost = "O(P·D²) per prompt and P·D² numbers kept, at P = min(T, Positions) positions spread evenly over the first prompt.",
        Traps = "Not scale-free: a stream of large norm has no variance term and a huge covariance term. Needs more prompts than D for covariances that are not noise.",
        Source = "Arefin et al. 2025.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : MeasureAccumulator
    {
        private int[]? _positions;
        private Moments[] _moments = [];

        public override long Bytes => _moments.Sum(m => m.Bytes);

        public override int SamplesOf(PromptRows prompt) => 1;

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            if (_positions is null)
            {
                int count = Math.Min(context.Options.Positions, prompt.Count);
                _positions = Enumerable.Range(0, count).Select(i => count == 1 ? 0 : (int)((long)i * (prompt.Count - 1) / (count - 1))).ToArray();
                _moments = _positions.Select(_ => new Moments(context.Columns)).ToArray();
            }

            if (_positions.Length == 0 || prompt.Count <= _positions[^1])
            {
                LeaveOut(1, "prompt shorter than the first");
                return;
            }

            for (int p = 0; p < _positions.Length; p++) _moments[p].Add(prompt.Real.Row(_positions[p]));
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            if (_moments.Length == 0 || _moments[0].Count < 2) return Undefined(_moments.Length == 0 ? 0 : _moments[0].Count, "fewer than 2 prompts");
            double sum = 0;
            foreach (Moments moments in _moments)
            {
                cancellation.ThrowIfCancellationRequested();
                sum += AtPosition(moments.Gram(centred: true), moments.Count - 1);
            }

            return One(sum / (_moments.Length * context.Columns), _moments[0].Count);
        }

        private double AtPosition(RealMatrix scatter, double divisor)
        {
            double variance = 0, diagonal = 0;
            for (int k = 0; k < scatter.Rows; k++)
            {
                double c = scatter[k, k] / divisor;
                variance += Math.Max(0, 1 - Math.Sqrt(c + Eta));
                diagonal += c * c;
            }

            double squares = System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(scatter.Values) / (divisor * divisor);
            return context.Options.VarianceWeight * variance + context.Options.CovarianceWeight * (squares - diagonal);
        }
    }
}
