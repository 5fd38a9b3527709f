using System.Globalization;
using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How the scores of earlier layers are mixed into those of the last.</summary>
public enum LayerMix
{
    /// <summary>log p_N − log p_M, M the candidate layer whose distribution is farthest from the last by Jensen-Shannon divergence (Chuang et al. 2024).</summary>
    Dola,

    /// <summary>l_N + α·p_max·l_A, A the candidate layer that gives one of the most likely tokens of the last layer the highest probability p_max (Wang et al. 2025).</summary>
    Deco,

    /// <summary>(l_N − β·l′_N) + ω·(l_m − β·l′_m): contrast with an amateur network at the last and at one earlier layer (Chen et al. 2024).</summary>
    Lol,
}

/// <summary>Options of decoding with mixed layers.</summary>
public sealed record MixedDecodingOptions
{
    /// <summary>How layers are mixed.</summary>
    public LayerMix Mix { get; init; } = LayerMix.Dola;

    /// <summary>Candidate layers, the last excluded (DoLa, DeCo): blocks, or along a plan its steps; null for DoLa: the first half; for DeCo: the second half.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Tokens below this share of the largest probability of the last layer are not taken (DoLa, Lol).</summary>
    public double Plausible { get; init; } = 0.1;

    /// <summary>Probability mass of the candidate tokens (DeCo).</summary>
    public double TopP { get; init; } = 0.9;

    /// <summary>α of DeCo.</summary>
    public double Alpha { get; init; } = 0.6;

    /// <summary>β of Lol: how much of the amateur is taken away.</summary>
    public double Beta { get; init; } = 0.5;

    /// <summary>ω of Lol: the weight of the earlier layer.</summary>
    public double Omega { get; init; } = 0.5;

    /// <summary>The amateur of Lol: a network with the same vocabulary.</summary>
    public Model? Amateur { get; init; }

    /// <summary>The earlier layer m of Lol in both networks; null for the middle one of each.</summary>
    public int? LowerLayer { get; init; }
}

/// <summary>Decoding that mixes the scores of several layers: the <see cref="GenerationRequest.Mixer"/> of a generation.</summary>
public sealed class MixedDecoding : LayerMixer
{
    private readonly MixedDecodingOptions _options;

    /// <summary>A way to mix.</summary>
    /// <exception cref="StrataException">A share is out of range, or Lol has no amateur.</exception>
    public MixedDecoding(MixedDecodingOptions options)
    {
        if (options.Layers is { Count: 0 }) throw new StrataException("There is no layer to mix in.");
        if (!(options.Plausible >= 0 && options.Plausible <= 1 && options.TopP > 0 && options.TopP <= 1)) throw new StrataException($"Plausible is {options.Plausible} and TopP {options.TopP}; give shares between 0 and 1.");
        if (options.Mix == LayerMix.Lol && options.Amateur is null) throw new StrataException("Lol contrasts with an amateur network; give one.");
        _options = options;
    }

    /// <summary>A way to mix as it is written on a command line.</summary>
    /// <param name="mix">How.</param>
    /// <param name="layers">Candidate layers with commas between; of Lol the one earlier layer; null for the usual.</param>
    /// <param name="amateur">The amateur of Lol.</param>
    /// <param name="alpha">α of DeCo; null for the usual, as of the others.</param>
    /// <param name="beta">β of Lol.</param>
    /// <param name="omega">ω of Lol.</param>
    /// <exception cref="StrataException">The layers are no numbers, or an option belongs to another mix.</exception>
    public static MixedDecoding Of(LayerMix mix, string? layers, Model? amateur, double? alpha, double? beta, double? omega)
    {
        int[]? numbers = layers?.Split(',', StringSplitOptions.TrimEntries).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? layer
            : throw new StrataException($"\"{layers}\" is no list of layers; write numbers with commas between, as in 2,3,4.")).ToArray();
        if (mix == LayerMix.Lol ? numbers is { Length: not 1 } || alpha is not null : amateur is not null || beta is not null || omega is not null || (mix == LayerMix.Dola && alpha is not null))
            throw new StrataException("An amateur, β, ω and one earlier layer belong to lol, α to deco, several layers to dola and deco.");
        MixedDecodingOptions options = new() { Mix = mix, Layers = mix == LayerMix.Lol ? null : numbers, LowerLayer = mix == LayerMix.Lol ? numbers?[0] : null, Amateur = amateur };
        return new MixedDecoding(options with { Alpha = alpha ?? options.Alpha, Beta = beta ?? options.Beta, Omega = omega ?? options.Omega });
    }

    /// <inheritdoc/>
    public override Model? Amateur => _options.Mix == LayerMix.Lol ? _options.Amateur : null;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Settings
    {
        get
        {
            string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
            Dictionary<string, string> settings = new() { ["decoding"] = _options.Mix.ToString().ToLowerInvariant() };
            if (_options.Layers is { } layers) settings["decoding.layers"] = string.Join(',', layers);
            if (_options.Mix is not LayerMix.Deco) settings["decoding.plausible"] = Number(_options.Plausible);
            if (_options.Mix is LayerMix.Deco) settings["decoding.alpha"] = Number(_options.Alpha);
            if (Amateur is Model amateur) (settings["decoding.amateur"], settings["decoding.beta"], settings["decoding.omega"]) = ($"{amateur.Name} {amateur.Hash}", Number(_options.Beta), Number(_options.Omega));
            return settings;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Layers(Model network, int steps)
    {
        if (steps < 2) throw new StrataException($"There is no layer to mix in: {network.Name} runs {steps} of them.");
        if (_options.Mix == LayerMix.Lol) return [Lower(network, steps)];
        int[] usual = [.. _options.Mix == LayerMix.Dola ? Enumerable.Range(0, Math.Max(1, steps / 2)) : Enumerable.Range(steps / 2, Math.Max(1, steps - 1 - steps / 2))];
        IReadOnlyList<int> layers = _options.Layers ?? [.. usual.Where(l => l < steps - 1).DefaultIfEmpty(0)];
        foreach (int layer in layers)
        {
            if (layer < 0 || layer >= steps - 1) throw new StrataException($"Layer {layer} cannot be mixed in: {network.Name} runs layers 0 to {steps - 1}, and the last is what others are mixed into.");
        }

        return layers;
    }

    /// <inheritdoc/>
    public override double[] Mix(FloatMatrix own, FloatMatrix? amateur)
    {
        double[] last = Widened(own.Row(own.Rows - 1));
        return _options.Mix switch
        {
            LayerMix.Dola => Plausible(DoLa(own), last, _options.Plausible),
            LayerMix.Deco => DeCo(own, last, _options),
            _ => Plausible(Lol(own, amateur!, _options), last, _options.Plausible),
        };
    }

    private int Lower(Model network, int steps)
    {
        Model amateur = _options.Amateur!;
        if (network.Spec.Vocabulary != amateur.Spec.Vocabulary) throw new StrataException($"The amateur has a vocabulary of {amateur.Spec.Vocabulary} and {network.Name} one of {network.Spec.Vocabulary}; they must be the same.");
        int layer = _options.LowerLayer ?? steps / 2;
        return layer >= 0 && layer < steps ? layer : throw new StrataException($"Layer {layer} is none of {network.Name}, which runs layers 0 to {steps - 1}.");
    }

    /// <summary>The candidate farthest from the last layer is taken away.</summary>
    private static double[] DoLa(FloatMatrix layers)
    {
        double[] last = LogitLens.LogProbabilities(layers.Row(layers.Rows - 1));
        double[] premature = Enumerable.Range(0, layers.Rows - 1).Select(l => LogitLens.LogProbabilities(layers.Row(l))).MaxBy(p => JensenShannon(last, p))!;
        double[] result = new double[last.Length];
        TensorPrimitives.Subtract(last, premature, result);
        return result;
    }

    private static double JensenShannon(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double p = Math.Exp(a[i]), q = Math.Exp(b[i]), middle = Math.Log(0.5 * (p + q));
            sum += 0.5 * ((p > 0 ? p * (a[i] - middle) : 0) + (q > 0 ? q * (b[i] - middle) : 0));
        }

        return sum;
    }

    private static double[] DeCo(FloatMatrix layers, double[] last, MixedDecodingOptions options)
    {
        double[] logs = LogitLens.LogProbabilities(layers.Row(layers.Rows - 1));
        int[] tokens = Nucleus(logs, options.TopP);
        (double Most, int Layer) best = Enumerable.Range(0, layers.Rows - 1).Select(l =>
        {
            double[] p = LogitLens.LogProbabilities(layers.Row(l));
            return (Most: tokens.Max(t => Math.Exp(p[t])), Layer: l);
        }).MaxBy(c => c.Most);
        double[] result = new double[last.Length];
        TensorPrimitives.MultiplyAdd(Widened(layers.Row(best.Layer)), options.Alpha * best.Most, last, result);
        return result;
    }

    /// <summary>The fewest most likely tokens whose probability reaches a share.</summary>
    private static int[] Nucleus(double[] logs, double share)
    {
        int[] order = Enumerable.Range(0, logs.Length).OrderByDescending(i => logs[i]).ThenBy(i => i).ToArray();
        double sum = 0;
        int count = 0;
        while (count < order.Length && sum < share) sum += Math.Exp(logs[order[count++]]);
        return order[..count];
    }

    private static double[] Lol(FloatMatrix own, FloatMatrix amateur, MixedDecodingOptions options)
    {
        double[] result = new double[own.Columns];
        for (int i = 0; i < result.Length; i++)
            result[i] = own[1, i] - options.Beta * amateur[1, i] + options.Omega * (own[0, i] - options.Beta * amateur[0, i]);

        return result;
    }

    /// <summary>Leaves out tokens that the last layer finds too unlikely.</summary>
    private static double[] Plausible(double[] scores, double[] last, double share)
    {
        double least = TensorPrimitives.Max<double>(last) + Math.Log(share);
        for (int i = 0; i < scores.Length; i++)
        {
            if (last[i] < least) scores[i] = double.NegativeInfinity;
        }

        return scores;
    }

    private static double[] Widened(ReadOnlySpan<float> row)
    {
        double[] result = new double[row.Length];
        TensorPrimitives.ConvertTruncating<float, double>(row, result);
        return result;
    }
}
