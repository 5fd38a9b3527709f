using System.Globalization;
using System.Text.Json.Nodes;
using Strata.Models;
using Strata.Tensors;
using static Strata.Bench.Peer.Alternating;

namespace Strata.Bench.Peer;

/// <summary>What the rows of the speed table share: the peer, the number of rounds, a random GPT-2 of the small shape on both sides, and how a row is written.</summary>
internal sealed class PeerBench(PythonWorker? pytorch, int rounds)
{
    /// <summary>The architecture of all rows that run a network.</summary>
    public static readonly ModelSpec Gpt2Small = Gpt2Family.Spec(blocks: 12, width: 768, heads: 12, vocabulary: 50257, positions: 1024);

    /// <summary>Length of a measurement of the FMA peak.</summary>
    public const int PeakIterations = 10_000_000;

    private readonly Dictionary<DType, Model> _models = [];
    private bool _setUp;

    /// <summary>Measured rounds of a row.</summary>
    public int Rounds => rounds;

    /// <summary>Threads of Strata, and the most of the peer.</summary>
    public int Threads { get; } = Math.Min(2, Environment.ProcessorCount);

    /// <summary>Is there a peer?</summary>
    public bool HasPeer => pytorch is not null;

    /// <summary>The network with weights in a format; made when first asked for.</summary>
    public Model Network(DType storage = DType.Float32)
    {
        if (!_models.TryGetValue(storage, out Model? model))
        {
            ModelOptions options = new() { Engine = new CpuEngine(new CpuEngineOptions { Threads = Threads }), Storage = storage, Announce = _ => { } };
            _models[storage] = model = Model.Random(Gpt2Small, 0, options);
        }

        return model;
    }

    /// <summary>Random ids, the same for every call with these sizes.</summary>
    public static TokenRows Tokens(int batch, int length)
    {
        SeededRandom random = new(1);
        return new TokenRows("random ids", Enumerable.Range(0, batch).Select(_ => Enumerable.Range(0, length).Select(_ => random.NextInt(Gpt2Small.Vocabulary)).ToArray()).ToArray());
    }

    /// <summary>
    /// Work of the peer, timed by itself: on the first call with one thread and with all, later with whichever was faster. None where there is no peer.
    /// </summary>
    /// <param name="request">A request of bench/pytorch/peer.py or hooks.py without threads.</param>
    public Func<double>[] Peer(JsonObject request)
    {
        if (pytorch is null) return [];
        if (!_setUp) pytorch.Ask(new JsonObject { ["cmd"] = "setup", ["seed"] = 0 });
        _setUp = true;
        double Seconds(int threads)
        {
            JsonObject timed = request.DeepClone().AsObject();
            timed["threads"] = threads;
            timed["repeat"] = 1;
            return pytorch.Seconds(timed);
        }

        int fastest = 0;
        return
        [
            () =>
            {
                if (fastest > 0) return Seconds(fastest);
                double one = Seconds(1), all = Threads == 1 ? double.PositiveInfinity : Seconds(Threads);
                fastest = one < all ? 1 : Threads;
                return Math.Min(one, all);
            },
        ];
    }

    /// <summary>Pieces of work in turn with the FMA peak of the same rounds, in FLOP per second of one thread.</summary>
    public (double[][] Seconds, double Peak) Measure(int measuredRounds, params Func<double>[] pieces)
    {
        double[][] seconds = Alternating.Rounds(measuredRounds, [.. pieces, Timed(() => FmaPeak.Run(PeakIterations))]);
        return (seconds[..^1], FmaPeak.Flops(PeakIterations) / seconds[^1].Min());
    }

    /// <summary>Writes a row about the ratio of one piece of work to another: of medians, with the least and the largest ratio of a round.</summary>
    public static void Ratio(string work, double[] over, double[] under, string target, double? share = null, double scale = 1)
    {
        double[] ratios = over.Zip(under, (a, b) => a / b / scale).ToArray();
        string spread = ratios.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $"{ratios.Min():0.00}-{ratios.Max():0.00}") : "";
        Row(work, Median(over) / Median(under) / scale, target, spread, share);
    }

    /// <summary>Writes a row.</summary>
    public static void Row(string work, double measured, string target = "", string spread = "", double? share = null) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{work,-78}{measured,9:0.00}{spread,13}{target,9}{(share is double s ? s.ToString("0.00", CultureInfo.InvariantCulture) : ""),9}"));

    /// <summary>Multiply-adds, counted as two, of a forward pass over sequences of one length: projections, causal attention and, if wanted, the unembedding.</summary>
    public static double ForwardFlops(ModelSpec spec, int batch, int length, int blocks, bool unembedding = true)
    {
        double attention = 4.0 * spec.Heads * spec.HeadWidth * (length + 1) / 2, projections = 2.0 * 12 * spec.Width * spec.Width;
        return (double)batch * length * (blocks * (projections + attention) + (unembedding ? 2.0 * spec.Width * spec.Vocabulary : 0));
    }
}
