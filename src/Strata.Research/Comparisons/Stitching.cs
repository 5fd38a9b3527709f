using System.Globalization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Stitching (Lenc and Vedaldi 2015; Bansal et al. 2021; Pan et al. 2023): the stream after block i of one network is mapped by least squares to the stream after block j of
/// another, whose later blocks go on from there. What is lost is what the first lacks, or holds in no affine form, of what the second needs.
/// </summary>
public sealed class Stitching
{
    private Stitching(double[,] loss, double[,] top1, double[,] r2, Evaluation first, Evaluation second, Provenance provenance)
    {
        Loss = loss;
        Top1 = top1;
        R2 = r2;
        First = first;
        Second = second;
        Provenance = provenance;
    }

    /// <summary>Loss in nats per predicted token, [blocks of the first, blocks of the second].</summary>
    public double[,] Loss { get; }

    /// <summary>Share of predicted tokens that were the most likely one, [blocks of the first, blocks of the second].</summary>
    public double[,] Top1 { get; }

    /// <summary>How much of the second's stream the map explains on the test rows, [blocks of the first, blocks of the second].</summary>
    public double[,] R2 { get; }

    /// <summary>The first network by itself on the test rows.</summary>
    public Evaluation First { get; }

    /// <summary>The second network by itself on the test rows.</summary>
    public Evaluation Second { get; }

    /// <summary>Where the result came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Stitches every block of one network to every block of another.</summary>
    /// <param name="first">The network whose early blocks run.</param>
    /// <param name="second">The network whose late blocks run; may be the same.</param>
    /// <param name="fit">Rows on which the maps are fitted, position by position.</param>
    /// <param name="test">Other rows, on which the stitched networks predict.</param>
    /// <param name="lambda">Penalty of the maps, see <see cref="AffineMap.Fit(FloatMatrix, FloatMatrix, double)"/>.</param>
    /// <param name="progress">Told after every pair.</param>
    /// <param name="cancellation">Stops between pairs.</param>
    /// <exception cref="StrataException">The ids do not fit both networks, or no test row has a token to predict.</exception>
    public static Stitching Run(Model first, Model second, TokenRows fit, TokenRows test, double lambda = 1e-3, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        Evaluation alone = Evaluation.Run(first, test, cancellation: cancellation), alone2 = Evaluation.Run(second, test, cancellation: cancellation);
        Activations fitX = Streams(first, fit, cancellation), fitY = Streams(second, fit, cancellation);
        Activations testX = Streams(first, test, cancellation), testY = Streams(second, test, cancellation);
        int rows = fitX.Points.Count, columns = fitY.Points.Count;
        double[,] loss = new double[rows, columns], top1 = new double[rows, columns], r2 = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            AffineInput input = new(fitX.Rows(fitX.Points[i]), lambda);
            FloatMatrix read = testX.Rows(testX.Points[i]);
            for (int j = 0; j < columns; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                AffineMap map = AffineMap.Fit(input, fitY.Rows(fitY.Points[j]));
                r2[i, j] = map.R2(read, testY.Rows(testY.Points[j]));
                (loss[i, j], top1[i, j]) = Continue(second, test, map.Apply(read), j + 1);
                progress?.Report(new WorkProgress($"Stitching {rows} x {columns} blocks", i * columns + j + 1, rows * columns, "pairs"));
            }
        }

        Provenance provenance = alone.Provenance
            .With("stitching", $"affine by ridge, lambda {lambda.ToString("R", CultureInfo.InvariantCulture)}, fitted on {fit.Name} ({fit.Count} rows)")
            .With("stitching.second", $"{alone2.Provenance.Model} {alone2.Provenance.ModelHash}");
        return new Stitching(loss, top1, r2, alone, alone2, provenance);
    }

    /// <summary>One row per pair of blocks: <c>block</c>, <c>block 2</c>, <c>loss</c>, <c>top-1</c>, <c>R2</c>.</summary>
    public Table ToTable()
    {
        (int I, int J)[] pairs = Enumerable.Range(0, Loss.GetLength(0)).SelectMany(i => Enumerable.Range(0, Loss.GetLength(1)).Select(j => (i, j))).ToArray();
        return new Table("Stitched networks", Provenance,
            Column.Integer("block", pairs.Select(p => (long)p.I)),
            Column.Integer("block 2", pairs.Select(p => (long)p.J)),
            Column.Real("loss", pairs.Select(p => Loss[p.I, p.J]), "nats/token"),
            Column.Real("top-1", pairs.Select(p => Top1[p.I, p.J])),
            Column.Real("R2", pairs.Select(p => R2[p.I, p.J])))
        {
            Notes = [string.Create(CultureInfo.InvariantCulture, $"By themselves: the first network loses {First.Loss:0.####} nats per token, the second {Second.Loss:0.####}.")],
        };
    }

    private static Activations Streams(Model model, TokenRows rows, CancellationToken cancellation) =>
        model.Capture(rows, new CaptureRequest { Points = ["blocks.*.resid_post"], Announce = _ => { } }, cancellation);

    /// <summary>Loss and accuracy of the later blocks on a stream that is given.</summary>
    private static (double Loss, double Top1) Continue(Model model, TokenRows rows, FloatMatrix streams, int block)
    {
        double loss = 0;
        long hits = 0, tokens = 0;
        int at = 0;
        foreach ((int _, TokenBatch batch) in rows.Batches(2048))
        {
            float[] losses = new float[batch.Tokens];
            int[] largest = new int[batch.Tokens];
            using TensorScope scope = model.Engine.OpenScope();
            BatchRun run = new(model, batch);
            Tensor stream = scope.FromHost(streams.Values.AsSpan(at * streams.Columns, batch.Tokens * streams.Columns), batch.Tokens, streams.Columns);
            for (int b = block; b < model.Spec.Blocks; b++) stream = run.Step(scope, stream, new BlockStep(b), b);
            run.Losses(scope, stream, losses, largest);
            int[] targets = run.Targets();
            for (int i = 0; i < targets.Length; i++)
            {
                if (targets[i] < 0) continue;
                loss += losses[i];
                hits += largest[i] == targets[i] ? 1 : 0;
                tokens++;
            }

            at += batch.Tokens;
        }

        return (loss / tokens, (double)hits / tokens);
    }
}
