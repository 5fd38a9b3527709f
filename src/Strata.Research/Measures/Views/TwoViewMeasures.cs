using System.Numerics.Tensors;
using Strata.Models;

namespace Strata.Research;

/// <summary>A measure of several views of every sequence: the data, and texts or tokens that mean the same or were perturbed.</summary>
public abstract class ViewMeasure : Measure
{
    private protected const string Vectors = "One vector per sequence and view: the mean of its tokens after centring them within the prompt and bringing each to length 1 (pooled rows as they are).";

    /// <inheritdoc/>
    public sealed override MeasureInput Needs => MeasureInput.Views;
}

/// <summary><c>infonce</c>: how well a sequence is told from all others by its other view.</summary>
public sealed class InfoNce : ViewMeasure
{
    /// <inheritdoc/>
    public override string Name => "infonce";

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Loss of telling a sequence's other view from all other sequences: low means that views of one sequence stay together.",
        Formula = Vectors + " −mean_i log( s_{ii'} / Σ_{j≠i} s_ij ) over the 2N vectors of the first two views, s = exp(cos / Temperature), i' the other view of i. Log N less the loss bounds the mutual information from below.",
        Samples = "The 2N vectors; sequences beyond MaxObjects, and those with a zero vector, are left out. Chance is log(2N − 1).",
        References = [new("information_flow", "Inner products of the vectors as they are, not cosines; these vectors are short, so the loss lies near chance.")],
        Parameters = ["Temperature", "MaxObjects"],
        Cost = "O(N²·D), 2·N·D numbers kept, N = min(sequences, MaxObjects).",
        Traps = "Falls with fewer sequences: compare equal N. Says as much about the augmentation as about the network.",
        Source = "Oord et al. 2018; Skean et al. 2025.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : PairedViews(context)
    {
        protected override MeasureValue OfPairs(RealMatrix first, RealMatrix second, CancellationToken cancellation)
        {
            int n = first.Rows;
            RealMatrix all = new([.. first.Values, .. second.Values], 2 * n, first.Columns);
            RealMatrix vectors = Context.Reference is null ? Unit(all) : all;
            RealMatrix similarity = Products.RowGram(vectors);
            double[] losses = new double[2 * n];
            for (int i = 0; i < losses.Length; i++)
            {
                Span<double> row = similarity.Row(i);
                TensorPrimitives.Divide(row, Context.Options.Temperature, row);
                row[i] = double.NegativeInfinity;
                double largest = TensorPrimitives.Max<double>(row), sum = 0;
                foreach (double s in row) sum += Math.Exp(s - largest);
                losses[i] = largest + Math.Log(sum) - row[(i + n) % (2 * n)];
            }

            double mean = losses.Average();
            return One(mean, losses.Length) with { Spread = Math.Sqrt(losses.Sum(l => (l - mean) * (l - mean)) / losses.Length), PerSample = Context.Options.PerSample ? losses : [] };
        }
    }
}

/// <summary><c>dime</c>: how much less spread the right pairing of two views is than a wrong one.</summary>
public sealed class Dime : ViewMeasure
{
    /// <inheritdoc/>
    public override string Name => "dime";

    /// <inheritdoc/>
    public override string? Unit => "nats";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How much less spread out the right pairing of two views is than a wrong one: a difference of matrix entropies, 0 when views say nothing about each other.",
        Formula = Vectors + " Brought to length 1, K_A and K_B [N, N] their inner products: mean over Permutations P of H(K_A ∘ P·K_B·Pᵀ) − H(K_A ∘ K_B), H the matrix-based entropy of order Alpha, ∘ elementwise.",
        Samples = "One value for all sequences; those beyond MaxObjects, and those with a zero vector, are left out.",
        Parameters = ["Permutations", "Alpha", "MaxObjects"],
        Cost = "Permutations + 1 spectra of N × N, 2·N·D numbers kept, N = min(sequences, MaxObjects).",
        Traps = "Always on N × N: the D × D matrices that one public code takes for N > D permute features, which is meaningless. The control by shuffled pairing is part of its definition.",
        Source = "Skean et al. 2023; Skean et al. 2025.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : PairedViews(context)
    {
        protected override MeasureValue OfPairs(RealMatrix first, RealMatrix second, CancellationToken cancellation)
        {
            RealMatrix a = Products.RowGram(Unit(first)), b = Products.RowGram(Unit(second));
            int n = a.Rows;
            int[] order = Enumerable.Range(0, n).ToArray();
            double paired = Entropy(a, b, order), shuffled = 0;
            Random random = new(Context.Options.Seed);
            for (int p = 0; p < Context.Options.Permutations; p++)
            {
                cancellation.ThrowIfCancellationRequested();
                random.Shuffle(order);
                shuffled += Entropy(a, b, order);
            }

            return One(shuffled / Context.Options.Permutations - paired, n);
        }

        private double Entropy(RealMatrix a, RealMatrix b, int[] order)
        {
            RealMatrix joint = new(a.Rows, a.Rows);
            for (int i = 0; i < a.Rows; i++)
            {
                for (int j = 0; j < a.Rows; j++) joint.Values[i * a.Rows + j] = a[i, j] * b[order[i], order[j]];
            }

            return MatrixEntropy.OfSpectrum(SymmetricEigenvalues.OfGram(joint), Context.Options.Alpha);
        }
    }
}

/// <summary><c>lidar</c>: effective rank of the scatter between sequences where that within their views is white.</summary>
public sealed class Lidar : ViewMeasure
{
    /// <inheritdoc/>
    public override string Name => "lidar";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "In how many directions sequences differ by more than their views do: effective rank of linear discriminant analysis.",
        Formula = Vectors + " Σ_b = (1/n) Σ (μ_i − μ)(μ_i − μ)ᵀ over sequences, Σ_w = (1/nq) ΣΣ (x_ij − μ_i)(·)ᵀ + Ridge·I over q views; exp(−Σ p log p), p = λ / Σλ + 1e-7, λ the eigenvalues of Σ_w^(−1/2) Σ_b Σ_w^(−1/2).",
        Samples = "Sequences with all their views; those with a zero vector in one are left out.",
        References = [new("information_flow", "The entropy −Σ p log p in nats, over the positive λ, not its exponential.")],
        Parameters = ["Ridge"],
        Cost = "O(D²) per view, 2·D² numbers kept, one spectrum of D.",
        Traps = "At most n − 1. Ridge is compared with the scatter within: for vectors as short as these 1e-4 may be the larger of the two. The published values use q = 16 views.",
        Source = "Thilak et al. 2024; Skean et al. 2025.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : MeasureAccumulator
    {
        private readonly Moments _means = new(context.Columns), _within = new(context.Columns);
        private readonly List<double[]> _views = [];
        private int _sequence = -1, _viewsEach;

        public override long Bytes => _means.Bytes + _within.Bytes + 8L * _views.Count * context.Columns;

        public override bool WantsViews => true;

        public override int SamplesOf(PromptRows prompt) => 1;

        public override PromptResult Map(PromptRows prompt)
        {
            _ = prompt.Pooled ? null : prompt.CentredUnitMean;
            return default;
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            if (prompt.Pooled) throw new StrataException("\"lidar\" takes its views sequence by sequence; capture without pooling.");
            if (prompt.View == 0) Close();
            _sequence = prompt.Sequence;
            _views.Add(prompt.CentredUnitMean);
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            Close();
            if (_means.Count < 2) return Undefined(_means.Count, "fewer than 2 sequences");
            RealMatrix within = Scaled(_within.Gram(centred: false), 1.0 / _within.Count), between = Scaled(_means.Gram(centred: true), 1.0 / _means.Count);
            for (int i = 0; i < within.Rows; i++) within.Values[i * within.Columns + i] += context.Options.Ridge;
            Cholesky.Factor(within);
            // L⁻¹ Σ_b L⁻ᵀ has the same eigenvalues as the symmetric form.
            Cholesky.SolveRows(within, between);
            RealMatrix turned = between.Transpose();
            Cholesky.SolveRows(within, turned);
            double[] lambda = SymmetricEigenvalues.OfGram(turned);
            if (lambda[0] == 0) return Undefined(_means.Count, "all sequences are equal");
            double entropy = context.Reference is not null ? MatrixEntropy.OfSpectrum(lambda, 1) : WithEpsilon(lambda);
            return One(context.Reference is not null ? entropy : Math.Exp(entropy), _means.Count);
        }

        /// <summary>Takes the views of the last sequence in.</summary>
        private void Close()
        {
            if (_sequence < 0) return;
            _viewsEach = Math.Max(_viewsEach, _views.Count);
            if (_views.Count == _viewsEach && _views.Count > 1 && _views.All(v => TensorPrimitives.SumOfSquares<double>(v) > 0))
            {
                double[] mean = new double[context.Columns], offset = new double[context.Columns];
                foreach (double[] view in _views) TensorPrimitives.Add(mean, view, mean);
                TensorPrimitives.Divide(mean, _views.Count, mean);
                _means.Add(mean);
                foreach (double[] view in _views)
                {
                    TensorPrimitives.Subtract(view, mean, offset);
                    _within.Add(offset);
                }
            }
            else
            {
                LeaveOut(1, "a view is missing or has no direction (one token)");
            }

            _views.Clear();
            _sequence = -1;
        }

        private static double WithEpsilon(double[] lambda)
        {
            double total = lambda.Sum(), entropy = 0;
            foreach (double l in lambda)
            {
                double p = l / total + 1e-7;
                entropy -= p * Math.Log(p);
            }

            return entropy;
        }

        private static RealMatrix Scaled(RealMatrix matrix, double factor)
        {
            TensorPrimitives.Multiply(matrix.Values, factor, matrix.Values);
            return matrix;
        }
    }
}

/// <summary><c>relative-error</c>: how much a perturbation of the input moves a layer.</summary>
public sealed class RelativeError : ViewMeasure
{
    /// <inheritdoc/>
    public override string Name => "relative-error";

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How much a perturbation of the input moves a layer; the layers with the largest values are the most vulnerable ones.",
        Formula = "‖Φ(x) − Φ(x̂)‖_F / ‖Φ(x)‖_F over all tokens of a prompt, x̂ each further view; mean over prompts and views.",
        Samples = "Pairs of a prompt and a view; views of another number of tokens, and zero states, are left out.",
        Parameters = ["Bootstrap"],
        Cost = "O(T·D) per view; nothing is kept.",
        Traps = "Views must keep the positions (replace tokens, do not insert). A common vector in the denominator makes every layer look stable.",
        Source = "Khalooei et al. 2022 (LSA).",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new MeanAccumulator(context, OfPrompt, samplesAreTokens: false, wantsViews: true);

    private static PromptResult OfPrompt(PromptRows prompt)
    {
        if (prompt.First is not { } clean) return new PromptResult(0, [], 0, null);
        if (clean.Count != prompt.Count) return PromptResult.None("view of another number of tokens");
        double length = Math.Sqrt(clean.Squares.Sum());
        if (length == 0) return PromptResult.None("all states are zero");
        return PromptResult.Of(TensorPrimitives.Distance<double>(clean.Real.Values, prompt.Real.Values) / length);
    }
}

/// <summary>The vectors of the first two views of every sequence, up to MaxObjects of them.</summary>
internal abstract class PairedViews(MeasureContext context) : MeasureAccumulator
{
    private readonly List<double[]> _first = [], _second = [];
    private double[]? _waiting;

    protected MeasureContext Context => context;

    public override long Bytes => 8L * context.Columns * (_first.Count + _second.Count);

    public override bool WantsViews => true;

    public override int SamplesOf(PromptRows prompt) => prompt.View == 1 ? 1 : 0;

    public override PromptResult Map(PromptRows prompt)
    {
        _ = prompt.Pooled ? null : prompt.CentredUnitMean;
        return default;
    }

    public override void Fold(PromptRows prompt, in PromptResult mapped)
    {
        if (prompt.Pooled && prompt.View == 1) for (int i = 0; i < prompt.Count; i++) Pair(prompt.First!.Real.Row(i).ToArray(), prompt.Real.Row(i).ToArray());
        else if (!prompt.Pooled && prompt.View == 0) _waiting = prompt.CentredUnitMean;
        else if (!prompt.Pooled && prompt.View == 1) Pair(_waiting!, prompt.CentredUnitMean);
    }

    public override MeasureValue Finish(CancellationToken cancellation)
    {
        if (_first.Count < 2) return Undefined(_first.Count, "fewer than 2 sequences with two views");
        return OfPairs(Stack(_first), Stack(_second), cancellation);
    }

    /// <summary>The value from the vectors of both views, [sequences, width] each.</summary>
    protected abstract MeasureValue OfPairs(RealMatrix first, RealMatrix second, CancellationToken cancellation);

    /// <summary>Every row at length 1.</summary>
    protected static RealMatrix Unit(RealMatrix rows) =>
        UnitRows.Of(rows, Enumerable.Range(0, rows.Rows).Select(i => TensorPrimitives.SumOfSquares<double>(rows.Row(i))).ToArray());

    private void Pair(double[] first, double[] second)
    {
        if (TensorPrimitives.SumOfSquares<double>(first) == 0 || TensorPrimitives.SumOfSquares<double>(second) == 0) LeaveOut(1, "a view has no direction (one token)");
        else if (_first.Count >= context.Options.MaxObjects) LeaveOut(1, "beyond MaxObjects");
        else
        {
            _first.Add(first);
            _second.Add(second);
        }
    }

    private RealMatrix Stack(List<double[]> rows) => new(rows.SelectMany(r => r).ToArray(), rows.Count, context.Columns);
}
