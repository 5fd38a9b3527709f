using System.Globalization;
using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>How the scores of earlier layers are mixed into those of the last.</summary>
public enum LayerMix
{
    /// <summary>The last layer alone.</summary>
    None,

    /// <summary>log p_N − log p_M, M the candidate layer whose distribution is farthest from the last by Jensen-Shannon divergence (Chuang et al. 2024).</summary>
    DoLa,

    /// <summary>l_N + α·p_max·l_A, A the candidate layer that gives one of the most likely tokens of the last layer the highest probability p_max (Wang et al. 2025).</summary>
    DeCo,

    /// <summary>(l_N − β·l′_N) + ω·(l_m − β·l′_m): contrast with an amateur network at the last and at one earlier layer (Chen et al. 2024).</summary>
    Lol,
}

/// <summary>Options of decoding with mixed layers.</summary>
public sealed record MixedDecodingOptions
{
    /// <summary>How layers are mixed.</summary>
    public LayerMix Mix { get; init; } = LayerMix.DoLa;

    /// <summary>Candidate layers as blocks, the last excluded (DoLa, DeCo); null for DoLa: the first half; for DeCo: the second half.</summary>
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

    /// <summary>The earlier block m of Lol; null for the middle one.</summary>
    public int? LowerBlock { get; init; }

    /// <summary>New tokens per prompt, at most.</summary>
    public int MaxNew { get; init; } = 32;
}

/// <summary>Decoding that mixes the scores of several layers, each read through the final norm and the unembedding. Takes the largest mixed score; runs everything again for every token.</summary>
public static class MixedDecoding
{
    /// <summary>Continues prompts.</summary>
    /// <param name="model">The network.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="options">How layers are mixed; null for DoLa.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="StrataException">The network does not predict the next token, a layer does not exist, or an option that the mix needs is missing.</exception>
    public static Generation Generate(Model model, TokenRows prompts, MixedDecodingOptions? options = null, CancellationToken cancellation = default)
    {
        model.RequireNextToken("Generation");
        options ??= new MixedDecodingOptions();
        Check(model, options);
        int[][] written = prompts.Sequences.Select(prompt => Continue(model, prompt, options, cancellation)).ToArray();
        Provenance provenance = (model.Provenance with { Data = prompts.Name, DataHash = prompts.Hash })
            .With("decoding", options.Mix.ToString().ToLowerInvariant())
            .With("max-new", options.MaxNew.ToString(CultureInfo.InvariantCulture));
        if (options.Amateur is not null) provenance = provenance.With("decoding.amateur", $"{options.Amateur.Name} {options.Amateur.Hash}");
        return new Generation(prompts, written, provenance) { Tokenizer = model.Tokenizer };
    }

    /// <summary>Mixed scores of the token after a sequence.</summary>
    /// <param name="model">The network.</param>
    /// <param name="ids">The sequence.</param>
    /// <param name="options">How layers are mixed.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>[vocabulary]; negative infinity where a token is not plausible.</returns>
    /// <exception cref="StrataException">As <see cref="Generate"/>.</exception>
    public static double[] Scores(Model model, int[] ids, MixedDecodingOptions options, CancellationToken cancellation = default)
    {
        Check(model, options);
        FloatMatrix layers = LayerLogits(model, ids, cancellation);
        double[] last = Widened(layers.Row(layers.Rows - 1));
        return options.Mix switch
        {
            LayerMix.DoLa => Plausible(DoLa(layers, Candidates(model, options, 0, model.Spec.Blocks / 2)), last, options.Plausible),
            LayerMix.DeCo => DeCo(layers, last, Candidates(model, options, model.Spec.Blocks / 2, model.Spec.Blocks - 1), options),
            LayerMix.Lol => Plausible(Lol(layers, LayerLogits(options.Amateur!, ids, cancellation), model, options), last, options.Plausible),
            _ => last,
        };
    }

    private static void Check(Model model, MixedDecodingOptions options)
    {
        if (options.Layers?.FirstOrDefault(l => l < 0 || l >= model.Spec.Blocks - 1, -1) is int wrong and not -1)
            throw new StrataException($"Layer {wrong} cannot be mixed in: {model.Name} has blocks 0 to {model.Spec.Blocks - 1}, and the last is what others are mixed into.");
        if (options.Layers is { Count: 0 } || model.Spec.Blocks < 2) throw new StrataException("There is no layer to mix in.");
        if (!(options.Plausible >= 0 && options.Plausible <= 1 && options.TopP > 0 && options.TopP <= 1)) throw new StrataException($"Plausible is {options.Plausible} and TopP {options.TopP}; give shares between 0 and 1.");
        if (options.Mix != LayerMix.Lol) return;
        if (options.Amateur is not Model amateur) throw new StrataException("Lol contrasts with an amateur network; give one.");
        if (amateur.Spec.Vocabulary != model.Spec.Vocabulary) throw new StrataException($"The amateur has a vocabulary of {amateur.Spec.Vocabulary} and {model.Name} one of {model.Spec.Vocabulary}; they must be the same.");
        if (options.LowerBlock is int m && (m < 0 || m >= Math.Min(model.Spec.Blocks, amateur.Spec.Blocks))) throw new StrataException($"LowerBlock {m} is no block of both networks.");
    }

    private static int[] Continue(Model model, int[] prompt, MixedDecodingOptions options, CancellationToken cancellation)
    {
        List<int> ids = [.. prompt];
        for (int step = 0; step < options.MaxNew; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            int id = TensorPrimitives.IndexOfMax<double>(Scores(model, [.. ids], options, cancellation));
            ids.Add(id);
            if (model.Spec.EosIds.Contains(id)) break;
        }

        return [.. ids.Skip(prompt.Length)];
    }

    /// <summary>Logits after the last position read from the output of each block, [blocks, vocabulary].</summary>
    private static FloatMatrix LayerLogits(Model model, int[] ids, CancellationToken cancellation)
    {
        Activations streams = model.Capture(new TokenRows("sequence", [ids]), new CaptureRequest { Points = ["blocks.*.resid_post"], Positions = PositionSelection.Parse("^1"), Announce = _ => { } }, cancellation);
        return model.Unembed(new FloatMatrix([.. streams.Points.SelectMany(p => streams.Rows(p).Values)], streams.Points.Count, model.Spec.Width));
    }

    private static IReadOnlyList<int> Candidates(Model model, MixedDecodingOptions options, int from, int to) =>
        options.Layers ?? Enumerable.Range(from, Math.Max(1, to - from)).Where(l => l < model.Spec.Blocks - 1).DefaultIfEmpty(0).ToArray();

    private static double[] DoLa(FloatMatrix layers, IReadOnlyList<int> candidates)
    {
        double[] last = LogitLens.LogProbabilities(layers.Row(layers.Rows - 1));
        double[] premature = candidates.Select(l => LogitLens.LogProbabilities(layers.Row(l))).MaxBy(p => JensenShannon(last, p))!;
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

    private static double[] DeCo(FloatMatrix layers, double[] last, IReadOnlyList<int> candidates, MixedDecodingOptions options)
    {
        double[] logs = LogitLens.LogProbabilities(layers.Row(layers.Rows - 1));
        int[] tokens = Nucleus(logs, options.TopP);
        (double Most, int Layer) best = candidates.Select(l =>
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

    private static double[] Lol(FloatMatrix own, FloatMatrix amateur, Model model, MixedDecodingOptions options)
    {
        int lower = options.LowerBlock ?? Math.Min(own.Rows, amateur.Rows) / 2;
        double[] result = new double[model.Spec.Vocabulary];
        for (int i = 0; i < result.Length; i++)
        {
            double late = own[own.Rows - 1, i] - options.Beta * amateur[amateur.Rows - 1, i];
            result[i] = late + options.Omega * (own[lower, i] - options.Beta * amateur[lower, i]);
        }

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
