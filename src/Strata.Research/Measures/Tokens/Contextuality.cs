using System.Numerics.Tensors;

namespace Strata.Research;

/// <summary><c>self-similarity</c>: how alike a token is to itself in other contexts.</summary>
public sealed class SelfSimilarity : Measure
{
    /// <inheritdoc/>
    public override string Name => "self-similarity";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.TokenIds;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How alike a token is to itself in other contexts: low means contextual.",
        Formula = "Per token id with n occurrences the mean cosine of its pairs, (‖Σ u‖² − n) / (n(n − 1)); mean over ids; less the layer's anisotropy with Adjusted.",
        Samples = "Token ids that occur in at least MinContexts sequences, of at most Words ids drawn by the seed.",
        Parameters = ["Words", "MinContexts", "Adjusted"],
        Cost = "O(N·D); Words·D numbers kept.",
        Traps = "A word that is several tokens counts as its parts. Raw values mostly show anisotropy; the adjusted ones are those of the paper. Rotary and learned positions differ between occurrences, which lowers it from layer 0 on.",
        Source = "Ethayarajh 2019.",
    };

    internal override MeasureAccumulator Start(MeasureContext context)
    {
        Accumulator words = new(context);
        return context.Options.Adjusted ? new AdjustedAccumulator(words, new UnitSums(context)) : words;
    }

    private sealed class Accumulator(MeasureContext context) : MeasureAccumulator
    {
        private readonly FollowedWords<Sum> _words = new(context.Options.Words, context.Options.Seed, () => new Sum(context.Columns));

        public override long Bytes => _words.Count * (8L * context.Columns + 16);

        public override PromptResult Map(PromptRows prompt)
        {
            _ = prompt.Unit;
            return default;
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            if (PromptIds.Of(prompt, context) is not int[] ids)
            {
                LeaveOut(prompt.Count, PromptIds.Missing);
                return;
            }

            for (int t = 0; t < ids.Length; t++)
            {
                if (prompt.Squares[t] == 0 || _words.Find(ids[t]) is not { } word) continue;
                TensorPrimitives.Add(word.Vector, prompt.Unit.Row(t), word.Vector);
                word.Count++;
                if (word.LastSequence != prompt.Sequence) word.Contexts++;
                word.LastSequence = prompt.Sequence;
            }
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            Sum[] kept = _words.InOrder().Where(w => w.Contexts >= context.Options.MinContexts).ToArray();
            LeaveOut(_words.Count - kept.Length, $"token id in fewer than {context.Options.MinContexts} sequences");
            if (kept.Length == 0) return Undefined(0, "no token id occurs often enough");
            double[] values = kept.Select(w => (TensorPrimitives.SumOfSquares<double>(w.Vector) - w.Count) / ((double)w.Count * (w.Count - 1))).ToArray();
            double mean = values.Average();
            return One(mean, values.Length) with { Spread = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length), PerSample = context.Options.PerSample ? values : [] };
        }
    }

    private sealed class Sum(int columns)
    {
        public double[] Vector { get; } = new double[columns];

        public int Count { get; set; }

        public int Contexts { get; set; }

        public int LastSequence { get; set; } = -1;
    }
}

/// <summary><c>mev</c>: how much of the occurrences of a token one direction explains.</summary>
public sealed class MaximumExplainableVariance : Measure
{
    private const int Occurrences = 50;

    /// <inheritdoc/>
    public override string Name => "mev";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.TokenIds;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How much of a token's occurrences one direction explains: the best that a static embedding could do.",
        Formula = "σ₁² / Σσ² of the matrix of the first 50 occurrences of a token id, not centred; mean over ids.",
        Samples = "Token ids that occur in at least MinContexts sequences, of at most 100 (or Words, if fewer) ids drawn by the seed.",
        References = [new("contextual", "Centred: the variance that the first principal component explains (kawine/contextual; its baseline is not centred).")],
        Parameters = ["Words", "MinContexts"],
        Cost = "O(N) plus 50²·D per id; 100·50·D numbers kept.",
        Traps = "Few occurrences give large values: 1 / n is the least.",
        Source = "Ethayarajh 2019.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    private sealed class Accumulator(MeasureContext context) : MeasureAccumulator
    {
        private readonly FollowedWords<List<(int Sequence, float[] Row)>> _words = new(Math.Min(context.Options.Words, 100), context.Options.Seed, () => []);

        public override long Bytes => _words.InOrder().Sum(w => w.Count * (4L * context.Columns + 8));

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            if (PromptIds.Of(prompt, context) is not int[] ids)
            {
                LeaveOut(prompt.Count, PromptIds.Missing);
                return;
            }

            for (int t = 0; t < ids.Length; t++)
            {
                if (_words.Find(ids[t]) is { Count: < Occurrences } word) word.Add((prompt.Sequence, prompt.Rows.Row(t).ToArray()));
            }
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            List<double> values = [];
            foreach (List<(int Sequence, float[] Row)> word in _words.InOrder())
            {
                if (word.Select(o => o.Sequence).Distinct().Count() < context.Options.MinContexts) LeaveOut(1, $"token id in fewer than {context.Options.MinContexts} sequences");
                else if (Explained(word) is double share && !double.IsNaN(share)) values.Add(share);
                else LeaveOut(1, "all occurrences are equal or zero");
            }

            if (values.Count == 0) return Undefined(0, "no token id occurs often enough");
            double mean = values.Average();
            return One(mean, values.Count) with { Spread = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Count), PerSample = context.Options.PerSample ? values : [] };
        }

        private double Explained(List<(int Sequence, float[] Row)> occurrences)
        {
            Strata.Tensors.FloatMatrix rows = new(occurrences.SelectMany(o => o.Row).ToArray(), occurrences.Count, context.Columns);
            double[] squares = SymmetricEigenvalues.OfGram(Products.SmallerGram(context.Reference is null ? RealMatrix.From(rows) : RealMatrix.Centred(rows)));
            return squares[0] / squares.Sum();
        }
    }
}

/// <summary>
/// Something kept for at most so many token ids. The ids are those with the least hash under the seed, so that which are followed depends neither on their order nor on the batches.
/// </summary>
internal sealed class FollowedWords<T>(int most, int seed, Func<T> make)
    where T : class
{
    private readonly SortedSet<(ulong Hash, int Id)> _hashes = [];
    private readonly Dictionary<int, T> _kept = [];

    public int Count => _kept.Count;

    /// <summary>What is kept for an id; null when it is not among those that are followed.</summary>
    public T? Find(int id)
    {
        if (_kept.TryGetValue(id, out T? found)) return found;
        (ulong, int) key = (Hash(id), id);
        if (_kept.Count == most && key.CompareTo(_hashes.Max) > 0) return null;
        _hashes.Add(key);
        _kept[id] = found = make();
        if (_kept.Count > most)
        {
            _kept.Remove(_hashes.Max.Id);
            _hashes.Remove(_hashes.Max);
        }

        return found;
    }

    /// <summary>What is kept, in the order of the ids.</summary>
    public IEnumerable<T> InOrder() => _kept.OrderBy(w => w.Key).Select(w => w.Value);

    private ulong Hash(int id)
    {
        ulong z = ((ulong)(uint)seed << 32 | (uint)id) + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>The ids of a prompt's rows.</summary>
internal static class PromptIds
{
    public const string Missing = "token ids and captured positions differ in number";

    /// <summary>One id per row; null when the rows are not all tokens of the sequence.</summary>
    public static int[]? Of(PromptRows prompt, MeasureContext context)
    {
        int[] ids = context.Inputs.Tokens!.Sequences[prompt.Sequence];
        return ids.Length == prompt.Count ? ids : null;
    }
}
