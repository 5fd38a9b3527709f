using System.Numerics.Tensors;
using Strata.Tensors;

namespace Strata.Research;

/// <summary><c>cka</c>: centred kernel alignment, linear or with an RBF kernel, with either estimate of HSIC, on all rows or as a mean over batches, with or without a confounder.</summary>
public sealed class Cka : Comparison, IFromMoments
{
    private readonly bool _rbf, _song, _confounded;
    private readonly string _bandwidth;
    private readonly double _factor, _guard;
    private readonly int _batch;

    private Cka(ComparisonName name)
    {
        _rbf = name.Word("kernel", "linear", "rbf") == "rbf";
        _batch = name.Count("batch", 0, 4);
        _song = name.Word("hsic", _batch > 0 ? ["song", "gretton"] : ["gretton", "song"]) == "song";
        _confounded = name.Word("confounder", "none", "input") == "input";
        if (_rbf)
        {
            _bandwidth = name.Word("bandwidth", "median", "median-all", "fixed");
            _factor = name.Number("sigma", 1, 1e-6, 1e6);
        }
        else
        {
            _bandwidth = "";
        }

        _guard = name.Number("guard", 0, 0, 1);
        if (_batch > 0 && (!_song || _confounded || _guard > 0)) throw new Strata.Models.StrataException("Minibatch CKA averages the unbiased estimate of plain kernels: hsic=song, no confounder and no guard.");
    }

    /// <inheritdoc/>
    public override string FullName => $"cka-kernel={(_rbf ? $"rbf-bandwidth={_bandwidth}-sigma={ComparisonName.Text(_factor)}" : "linear")}-hsic={(_song ? "song" : "gretton")}"
        + (_batch > 0 ? $"-batch={_batch}" : "") + (_confounded ? "-confounder=input" : "") + (_guard > 0 ? $"-guard={ComparisonName.Text(_guard)}" : "");

    /// <inheritdoc/>
    public override bool IsSimilarity => true;

    /// <inheritdoc/>
    public override bool NeedsConfounder => _confounded;

    /// <inheritdoc/>
    public override string Summary => $"HSIC(K, L) / √(HSIC(K, K)·HSIC(L, L)). {KernelText} {EstimateText}{BatchText}{ConfounderText}{GuardText} Kornblith et al. 2019.";

    private string KernelText => !_rbf ? "K = XXᵀ; unchanged by rotation, scale and shift of either side." : _bandwidth switch
    {
        "fixed" => $"K = exp(−d²/(2σ²)), σ = {ComparisonName.Text(_factor)}; unchanged by rotation and shift, not by scale.",
        "median" => "K = exp(−d²/(2σ²·m)), m the median of d² over different rows; unchanged by rotation, scale and shift.",
        _ => "K = exp(−d²/(2σ²·m)), m the median of d² over all n² entries with the zeros of the diagonal, as Google's code has it.",
    };

    private string EstimateText => _song
        ? "HSIC is the unbiased estimate (Song et al. 2012, eq. 5): about 0 for independent data, where it may be negative; needs 4 rows."
        : "HSIC is tr(KHLH) (Gretton et al. 2005): in [0, 1], biased upwards; linear kernels of independent data score about √(d₁d₂ / ((n + d₁)(n + d₂))).";

    private string BatchText => _batch == 0 ? "" : $" The three estimates are averaged over consecutive batches of {_batch} rows before the ratio (Nguyen et al. 2021); rows beyond the last full batch are left out.";

    private string ConfounderText => !_confounded ? "" : " Before, K and L are centred and their least-squares part along the centred linear kernel of the inputs is taken away (deconfounded, Cui et al. 2022).";

    private string GuardText => _guard == 0 ? "" : $" {ComparisonName.Text(_guard)} is added to the denominator, as in the platonic-rep code (1e-6 there), so that small numbers score less.";

    internal override int LeastRows => _batch > 0 ? _batch : _song ? 4 : 2;

    internal override bool HoldsPairsOfRows => _batch == 0 && (_rbf || _confounded);

    internal static Comparison Create(ComparisonName name) => new Cka(name);

    internal override object Prepare(FloatMatrix rows, ComparisonContext context)
    {
        if (_batch > 0) return Enumerable.Range(0, rows.Rows / _batch).Select(b => Kernel(rows.Slice(b * _batch, _batch), null)).ToArray();
        return HoldsPairsOfRows ? Kernel(rows, context.Confounder) : new CentredKernel(rows, context.LeastWidth);
    }

    internal override double Compare(object a, object b) => (a, b) switch
    {
        (CentredKernel x, CentredKernel y) => _song ? x.Debiased(y, _guard) : x.Biased(y, _guard),
        (PairKernel x, PairKernel y) => Ratio(x.Hsic(y), x.Self, y.Self, _guard * x.Factor),
        (PairKernel[] x, PairKernel[] y) => Ratio(x.Zip(y, (k, l) => k.Hsic(l)).Sum(), x.Sum(k => k.Self), y.Sum(k => k.Self), 0),
        _ => throw new InvalidOperationException(),
    };

    internal override void PreparePairs(object[] first, object[] second, CancellationToken cancellation)
    {
        if (first.Concat(second).Any(p => p is not CentredKernel)) return;
        CentredKernel[] rows = [.. first.Cast<CentredKernel>()];
        CentredKernel.Join(rows, ReferenceEquals(first, second) ? rows : [.. second.Cast<CentredKernel>()], cancellation);
    }

    bool IFromMoments.Streams => !_rbf && !_confounded && _batch == 0;

    double IFromMoments.FromMoments(SideMoments x, SideMoments y, PairMoments pair)
    {
        if (x.IsConstant || y.IsConstant) return double.NaN;
        double both = TensorPrimitives.SumOfSquares<double>(pair.Cross.Values);
        double ofX = TensorPrimitives.SumOfSquares<double>(x.Covariance.Values), ofY = TensorPrimitives.SumOfSquares<double>(y.Covariance.Values);
        if (!_song) return both / (Math.Sqrt(ofX * ofY) + _guard);
        double n = x.Count;
        double Hsic(double inner, double lengths, double traces) => inner - n / (n - 2) * lengths + traces / ((n - 1) * (n - 2));
        return Hsic(both, pair.SumOfLengthProducts(x, y), x.Trace * y.Trace)
            / (Math.Sqrt(Hsic(ofX, x.Own.SumOfLengthProducts(x, x), x.Trace * x.Trace) * Hsic(ofY, y.Own.SumOfLengthProducts(y, y), y.Trace * y.Trace)) + _guard * n * (n - 3));
    }

    private static double Ratio(double both, double x, double y, double guard) => x > 0 && y > 0 ? both / (Math.Sqrt(x * y) + guard) : double.NaN;

    private PairKernel Kernel(FloatMatrix rows, FloatMatrix? confounder)
    {
        RealMatrix kernel = _rbf ? Rbf(rows) : PairKernel.Linear(rows);
        if (confounder is not null) Deconfound(kernel, PairKernel.Linear(confounder));
        return _song ? PairKernel.Unbiased(kernel) : PairKernel.Biased(kernel);
    }

    private RealMatrix Rbf(FloatMatrix rows)
    {
        RealMatrix kernel = Distances.Squared(rows);
        double scale = _bandwidth == "fixed" ? 1 : Distances.Median(kernel, withDiagonal: _bandwidth == "median-all");
        TensorPrimitives.Multiply(kernel.Values, -1 / (2 * _factor * _factor * scale), kernel.Values);
        TensorPrimitives.Exp<double>(kernel.Values, kernel.Values);
        return kernel;
    }

    /// <summary>K − α·K⁰ with α = ⟨K, K⁰⟩ / ⟨K⁰, K⁰⟩, both centred, so that a constant in the regression would be zero.</summary>
    private static void Deconfound(RealMatrix kernel, RealMatrix input)
    {
        PairKernel.Centre(kernel);
        double self = TensorPrimitives.SumOfSquares<double>(input.Values);
        if (self == 0) return;
        double before = TensorPrimitives.SumOfSquares<double>(kernel.Values);
        double slope = TensorPrimitives.Dot<double>(kernel.Values, input.Values) / self;
        TensorPrimitives.MultiplyAdd(input.Values, -slope, kernel.Values, kernel.Values);

        // The inputs themselves leave rounding alone, which must not be compared.
        if (TensorPrimitives.SumOfSquares<double>(kernel.Values) <= 1e-14 * before) Array.Clear(kernel.Values);
    }
}
