using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What the lens reads at one point and position.</summary>
/// <param name="TopId">Most likely next id.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Entropy">Entropy of the distribution in nats.</param>
/// <param name="Divergence">KL(final ‖ this) in nats.</param>
/// <param name="Loss">−log probability of the id that really follows, in nats; NaN after the last.</param>
public readonly record struct LensCell(int TopId, float Probability, double Entropy, double Divergence, double Loss);

/// <summary>
/// The logit lens (nostalgebraist 2020): every residual stream read through the final norm and the unembedding. The norm's statistics are recomputed for each stream;
/// using those of the last layer is a known error of other tools.
/// </summary>
public sealed class LogitLens
{
    private readonly Func<int, string> _label, _output;

    private LogitLens(IReadOnlyList<string> points, TokenRows rows, LensCell[][][] cells, Func<int, string> label, Func<int, string> output, Provenance provenance)
    {
        _label = label;
        _output = output;
        Points = points;
        Rows = rows;
        Cells = cells;
        Provenance = provenance;
    }

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
    public static LogitLens Read(Model model, TokenRows rows, LayerPlan? plan = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        List<LensCell[][]> cells = [];
        Activations? last = null;
        for (int row = 0; row < rows.Count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            last = model.Capture(rows.Only(row), new CaptureRequest { Points = ["blocks.*.resid_pre", "blocks.*.resid_post"], Plan = plan, Announce = _ => { } }, cancellation);
            // Between two blocks the stream is one, read once: only the first block's input and every block's output.
            string[] points = last.Points.Where((point, i) => i == 0 || point.Contains("resid_post")).ToArray();
            cells.Add(ReadRow(model, points.Select(last.Rows).ToArray(), rows.Sequences[row]));
            progress?.Report(new WorkProgress("Reading the vocabulary", row + 1, rows.Count, "rows"));
        }

        Provenance provenance = last!.Provenance with { Data = $"{rows.Name} ({rows.Count} rows)", DataHash = rows.Hash };
        return new LogitLens(last.Points.Where((point, i) => i == 0 || point.Contains("resid_post")).ToArray(), rows, [.. cells], model.TokenLabel, model.OutputLabel, provenance.With("lens", "logit, norm statistics recomputed"));
    }

    /// <summary>One row per point: mean loss, KL to the final distribution, agreement with the final top token, entropy.</summary>
    public Table ToTable()
    {
        LensCell[][] byPoint = Points.Select((_, p) => Cells.SelectMany(row => row[p]).ToArray()).ToArray();
        LensCell[] final = byPoint[^1];
        double Agreement(LensCell[] cells) => cells.Zip(final).Average(pair => pair.First.TopId == pair.Second.TopId ? 1.0 : 0.0);
        return new Table("Logit lens by layer", Provenance,
            Column.Text("point", Points),
            Column.Real("loss", byPoint.Select(cells => cells.Where(c => !double.IsNaN(c.Loss)).Select(c => c.Loss).DefaultIfEmpty(double.NaN).Average()), "nats/token"),
            Column.Real("kl", byPoint.Select(cells => cells.Average(c => c.Divergence)), "nats"),
            Column.Real("agreement", byPoint.Select(Agreement)),
            Column.Real("entropy", byPoint.Select(cells => cells.Average(c => c.Entropy)), "nats"));
    }

    private static LensCell[][] ReadRow(Model model, FloatMatrix[] streams, int[] ids)
    {
        LensCell[][] cells = streams.Select(_ => new LensCell[ids.Length]).ToArray();
        // Position by position, so that only one row of logits per point is held.
        for (int position = 0; position < ids.Length; position++)
        {
            float[] stacked = streams.SelectMany(s => s.Row(position).ToArray()).ToArray();
            FloatMatrix logits = model.Unembed(new FloatMatrix(stacked, streams.Length, model.Spec.Width));
            double[] final = LogProbabilities(logits.Row(streams.Length - 1));
            int next = model.Spec.Image is null && position + 1 < ids.Length ? ids[position + 1] : -1;
            for (int p = 0; p < streams.Length; p++) cells[p][position] = Cell(LogProbabilities(logits.Row(p)), final, next);
        }

        return cells;
    }

    private static LensCell Cell(double[] logs, double[] final, int next)
    {
        int top = TensorPrimitives.IndexOfMax<double>(logs);
        double entropy = 0, divergence = 0;
        for (int i = 0; i < logs.Length; i++)
        {
            double p = Math.Exp(logs[i]), q = Math.Exp(final[i]);
            if (p > 0) entropy -= p * logs[i];
            if (q > 0) divergence += q * (final[i] - logs[i]);
        }

        return new LensCell(top, (float)Math.Exp(logs[top]), entropy, Math.Max(0, divergence), next < 0 ? double.NaN : -logs[next]);
    }

    private static double[] LogProbabilities(ReadOnlySpan<float> logits)
    {
        double max = TensorPrimitives.Max(logits), sum = 0;
        double[] logs = new double[logits.Length];
        for (int i = 0; i < logs.Length; i++) sum += Math.Exp(logs[i] = logits[i] - max);
        double log = Math.Log(sum);
        for (int i = 0; i < logs.Length; i++) logs[i] -= log;
        return logs;
    }
}
