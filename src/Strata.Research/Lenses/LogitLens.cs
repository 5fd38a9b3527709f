using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What the lens reads at one point and position.</summary>
/// <param name="TopId">Most likely next id; of an encoder, the most likely id in this place.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Entropy">Entropy of the distribution in nats.</param>
/// <param name="Divergence">KL(final ‖ this) in nats; NaN where the position that a lens foretells is not there.</param>
/// <param name="Loss">−log probability of the id that really follows, in nats, NaN after the last; of an encoder, that of the id in this place.</param>
/// <param name="Agrees">Is the most likely id the network's own?</param>
public readonly record struct LensCell(int TopId, float Probability, double Entropy, double Divergence, double Loss, bool Agrees);

/// <summary>
/// The logit lens (nostalgebraist 2020): every residual stream read through the final norm and the unembedding. The norm's statistics are recomputed for each stream;
/// using those of the last layer is a known error of other tools.
/// </summary>
public sealed class LogitLens
{
    private readonly Func<int, string> _label, _output;

    private readonly long? _bytes;

    private LogitLens(IReadOnlyList<string> points, TokenRows rows, LensCell[][][] cells, int ahead, Model model, Provenance provenance)
    {
        _label = model.TokenLabel;
        _output = model.OutputLabel;
        _bytes = model.Tokenizer is null ? null : rows.Sequences.Sum(ids => (long)System.Text.Encoding.UTF8.GetByteCount(model.Decode(ids.AsSpan(Math.Min(1, ids.Length)))));
        Points = points;
        Rows = rows;
        Cells = cells;
        Ahead = ahead;
        Provenance = provenance;
    }

    /// <summary>How many positions later the distribution lies that a cell foretells: 0 for the logit lens.</summary>
    public int Ahead { get; }

    /// <summary>The points read: the input of the first block, then the output of each block.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>The data.</summary>
    public TokenRows Rows { get; }

    /// <summary>Cells by row, point and position.</summary>
    public LensCell[][][] Cells { get; }

    /// <summary>A token as the network's tokenizer writes it; the id where there is none.</summary>
    public string TokenLabel(int id) => _label(id);

    /// <summary>What is read there: a token, or a class of a network of images.</summary>
    public string OutputLabel(int id) => _output(id);

    /// <summary>Where the readings came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Reads every stream of every row.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data: a prompt, or a sample.</param>
    /// <param name="plan">The plan; null for all blocks in order.</param>
    /// <param name="progress">Told after each row.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="StrataException">The network does not predict the next token, or an id or the plan does not fit.</exception>
    public static LogitLens Read(Model model, TokenRows rows, LayerPlan? plan = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default) =>
        Read(model, rows, plan, progress, cancellation, null);

    /// <summary>Reads every stream of every row, through fitted maps where there are such.</summary>
    internal static LogitLens Read(Model model, TokenRows rows, LayerPlan? plan, IProgress<WorkProgress>? progress, CancellationToken cancellation, AffineLens? through)
    {
        List<LensCell[][]> cells = [];
        Activations? last = null;
        for (int row = 0; row < rows.Count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            last = LensStreams.Capture(model, rows.Only(row), plan, cancellation);
            FloatMatrix[] streams = last.Points.Select(last.Rows).ToArray();
            FloatMatrix[] read = through is null ? streams : streams.Select((s, p) => through.Mapped(p, s)).ToArray();
            cells.Add(ReadRow(model, read, streams[^1], rows.Sequences[row], through?.Ahead ?? 0));
            progress?.Report(new WorkProgress("Reading the vocabulary", row + 1, rows.Count, "rows"));
        }

        Provenance provenance = last!.Provenance with { Data = $"{rows.Name} ({rows.Count} rows)", DataHash = rows.Hash };
        provenance = through is null ? provenance.With("lens", "logit, norm statistics recomputed")
            : provenance.With("lens", through.Provenance.Settings["lens"]).With("lens.lambda", through.Provenance.Settings["lens.lambda"]).With("lens.fitted", $"{through.Provenance.Data} {through.Provenance.DataHash}");
        return new LogitLens(last.Points, rows, [.. cells], through?.Ahead ?? 0, model, provenance);
    }

    /// <summary>
    /// One row per point: mean loss, with a tokenizer <c>bits/byte</c> (loss in bits × predicted tokens / their bytes of text), KL to the network's own distribution, agreement with its most likely token, entropy.
    /// </summary>
    public Table ToTable()
    {
        LensCell[][] byPoint = Points.Select((_, p) => Cells.SelectMany(row => row[p]).ToArray()).ToArray();
        double Mean(LensCell[] cells, Func<LensCell, double> value) => cells.Where(c => !double.IsNaN(value(c))).Select(value).DefaultIfEmpty(double.NaN).Average();
        List<Column> columns = [Column.Text("point", Points), Column.Real("loss", byPoint.Select(cells => Mean(cells, c => c.Loss)), "nats/token")];
        if (_bytes > 0 && Ahead == 0)
            columns.Add(Column.Real("bits/byte", byPoint.Select(cells => cells.Where(c => !double.IsNaN(c.Loss)).Sum(c => c.Loss) / Math.Log(2) / _bytes.Value)));
        columns.AddRange(
        [
            Column.Real("kl", byPoint.Select(cells => Mean(cells, c => c.Divergence)), "nats"),
            Column.Real("agreement", byPoint.Select(cells => cells.Where(c => !double.IsNaN(c.Divergence)).Select(c => c.Agrees ? 1.0 : 0.0).DefaultIfEmpty(double.NaN).Average())),
            Column.Real("entropy", byPoint.Select(cells => Mean(cells, c => c.Entropy)), "nats"),
        ]);
        return new Table(Ahead > 0 ? $"Lens {Ahead} positions ahead, by layer" : Provenance.Settings["lens"].StartsWith("affine", StringComparison.Ordinal) ? "Affine lens by layer" : "Logit lens by layer", Provenance, [.. columns]);
    }

    private static LensCell[][] ReadRow(Model model, FloatMatrix[] streams, FloatMatrix final, int[] ids, int ahead)
    {
        LensCell[][] cells = streams.Select(_ => new LensCell[ids.Length]).ToArray();
        int width = final.Columns;
        // Position by position, so that only one row of logits per point is held, and one of the network itself.
        float[] stacked = new float[(streams.Length + 1) * width];
        for (int position = 0; position < ids.Length; position++)
        {
            bool foretold = position + ahead < ids.Length;
            for (int p = 0; p < streams.Length; p++) streams[p].Row(position).CopyTo(stacked.AsSpan(p * width));
            final.Row(foretold ? position + ahead : position).CopyTo(stacked.AsSpan(streams.Length * width));
            FloatMatrix logits = model.Unembed(new FloatMatrix(stacked, streams.Length + 1, width));
            double[] own = LogProbabilities(logits.Row(streams.Length));
            int read = position + ahead + (model.Spec.Causal ? 1 : 0), next = model.Spec.Image is null && read < ids.Length ? ids[read] : -1;
            for (int p = 0; p < streams.Length; p++) cells[p][position] = Cell(LogProbabilities(logits.Row(p)), own, foretold, next);
        }

        return cells;
    }

    private static LensCell Cell(double[] logs, double[] final, bool foretold, int next)
    {
        int top = TensorPrimitives.IndexOfMax<double>(logs);
        double entropy = 0, divergence = 0;
        for (int i = 0; i < logs.Length; i++)
        {
            double p = Math.Exp(logs[i]), q = Math.Exp(final[i]);
            if (p > 0) entropy -= p * logs[i];
            if (q > 0) divergence += q * (final[i] - logs[i]);
        }

        bool agrees = foretold && top == TensorPrimitives.IndexOfMax<double>(final);
        return new LensCell(top, (float)Math.Exp(logs[top]), entropy, foretold ? Math.Max(0, divergence) : double.NaN, next < 0 ? double.NaN : -logs[next], agrees);
    }

    /// <summary>log softmax in float64.</summary>
    internal static double[] LogProbabilities(ReadOnlySpan<float> logits)
    {
        double max = TensorPrimitives.Max(logits), sum = 0;
        double[] logs = new double[logits.Length];
        for (int i = 0; i < logs.Length; i++) sum += Math.Exp(logs[i] = logits[i] - max);
        double log = Math.Log(sum);
        for (int i = 0; i < logs.Length; i++) logs[i] -= log;
        return logs;
    }
}
