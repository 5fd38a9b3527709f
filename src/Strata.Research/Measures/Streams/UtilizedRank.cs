using System.Text.RegularExpressions;

namespace Strata.Research;

/// <summary><c>utilized-rank</c>: how much of a weight matrix the data use.</summary>
public sealed partial class UtilizedRank : Measure
{
    /// <inheritdoc/>
    public override string Name => "utilized-rank";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.TokenPairs;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "How much of an output map the data use: attention's at blocks.i.attn_out (it reads attn.z), the MLP's at blocks.i.mlp_out (it reads mlp.post).",
        Formula = "min(k_in, k_out) / min(D_in, D_out), k the fewest singular directions that keep VarianceShare of the squared length of what goes in and what comes out, not centred. The mean over maps is the paper's mean layer utilisation.",
        Samples = "One value for all tokens.",
        Parameters = ["VarianceShare"],
        Cost = "O(N·(D_in² + D_out²)), D_in² + D_out² numbers kept, two spectra once.",
        Traps = "The share decides: quote it. A bias or a norm after the map is part of what comes out.",
        Source = "Garg et al. 2024.",
    };

    /// <inheritdoc/>
    public override bool AppliesTo(string point) => Output().IsMatch(point);

    /// <inheritdoc/>
    public override string? Partner(string point) => Output().Match(point) is { Success: true } match
        ? $"blocks.{match.Groups[1].Value}.{(match.Groups[2].Value == "attn_out" ? "attn.z" : "mlp.post")}"
        : null;

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context);

    [GeneratedRegex(@"^blocks\.([0-9]+)\.(attn_out|mlp_out)$", RegexOptions.CultureInvariant)]
    private static partial Regex Output();

    private sealed class Accumulator(MeasureContext context) : MeasureAccumulator
    {
        private readonly RowMoments _out = RowMoments.OfStates(context);
        private Moments? _in;

        public override long Bytes => _in?.Bytes ?? 0;

        public override PromptResult Map(PromptRows prompt)
        {
            _ = (prompt.Real, prompt.Partner!.Real);
            return default;
        }

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            _in ??= new Moments(prompt.Partner!.Columns);
            _in.Add(prompt.Partner!.Real);
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            if (_in is null) return Undefined(0, "there are no tokens");
            double[] read = _in.Eigenvalues(centred: false), written = _out.Moments.Eigenvalues(centred: false);
            if (read[0] == 0 || written[0] == 0) return Undefined(_in.Count, "all states are zero");
            double share = context.Options.VarianceShare;
            return One(Math.Min(Spectra.Components(read, share), Spectra.Components(written, share)) / (double)Math.Min(_in.Columns, context.Columns), _in.Count);
        }
    }
}

/// <summary><c>synchronised-units</c>: units that fire on exactly the same tokens as another.</summary>
public sealed class SynchronisedUnits : Measure
{
    /// <inheritdoc/>
    public override string Name => "synchronised-units";

    /// <inheritdoc/>
    public override MeasureInput Needs => MeasureInput.Rows;

    /// <inheritdoc/>
    public override MeasureAbout About { get; } = new()
    {
        What = "Share of the units that fire (above 0) on exactly the same rows as another unit: with ReLU such units are one degree of freedom. Meant for blocks.i.mlp.pre and mlp.post.",
        Formula = "#{units with a firing pattern that another unit has} / D, units that never fire not counted among the former; how many never fire is said beside it.",
        Samples = "One value for all rows.",
        Cost = "O(N·D); 2·D numbers kept (a 128-bit hash of each unit's pattern).",
        Traps = "With few rows many units agree by chance; grows more exact with N. For GELU the threshold 0 is only a convention.",
        Source = "Bushnaq et al. 2024.",
    };

    internal override MeasureAccumulator Start(MeasureContext context) => new Accumulator(context.Columns);

    private sealed class Accumulator(int columns) : MeasureAccumulator
    {
        private readonly ulong[] _first = new ulong[columns], _second = new ulong[columns];
        private readonly Random _random = new(0);
        private long _rows;

        public override long Bytes => 16L * columns;

        public override void Fold(PromptRows prompt, in PromptResult mapped)
        {
            for (int i = 0; i < prompt.Count; i++, _rows++)
            {
                ulong a = (ulong)_random.NextInt64(), b = (ulong)_random.NextInt64();
                ReadOnlySpan<float> row = prompt.Rows.Row(i);
                for (int j = 0; j < row.Length; j++)
                {
                    if (!(row[j] > 0)) continue;
                    _first[j] += a;
                    _second[j] += b;
                }
            }
        }

        public override MeasureValue Finish(CancellationToken cancellation)
        {
            if (_rows == 0) return Undefined(0, "there are no rows");
            (ulong, ulong)[] firing = _first.Zip(_second).Where(p => p != (0UL, 0UL)).ToArray();
            int shared = firing.GroupBy(p => p).Where(g => g.Count() > 1).Sum(g => g.Count());
            return One(shared / (double)columns, _rows) with { Where = $"{columns - firing.Length} of {columns} units never fire" };
        }
    }
}
