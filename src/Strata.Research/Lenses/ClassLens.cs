using System.Globalization;
using System.Numerics.Tensors;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>What a token of an image says of the classes.</summary>
/// <param name="Top">Most likely class.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="TrueProbability">Probability of the image's own class; NaN where that is not known.</param>
/// <param name="Identifiability">1 − rank of the image's own class / classes, the most likely one having rank 0; NaN where that is not known.</param>
public readonly record struct ClassCell(int Top, float Probability, float TrueProbability, double Identifiability);

/// <summary>
/// A network of images in its class space (Vilas et al. 2023): every token of every layer through the final norm, with statistics of its own, and the classifier. Where the classifier reads several tokens
/// (DeiT with a teacher, DINOv2) a token is read as if all of them were it.
/// </summary>
public sealed class ClassLens
{
    private ClassLens(Model model, IReadOnlyList<string> points, TokenRows rows, ClassCell[][][] cells, Provenance provenance)
    {
        Points = points;
        Rows = rows;
        Cells = cells;
        Labels = model.Spec.SequenceHead!.Labels!;
        Image = model.Spec.Image!;
        Provenance = provenance;
    }

    /// <summary>The streams that are read: the input of the first block, then the output of each block.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>The images.</summary>
    public TokenRows Rows { get; }

    /// <summary>Cells by image, point and token.</summary>
    public ClassCell[][][] Cells { get; }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>How an image became tokens.</summary>
    public ImageSpec Image { get; }

    /// <summary>Where the readings came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Reads every token of every layer.</summary>
    /// <param name="model">A network of images with a classifier.</param>
    /// <param name="images">The images; those of known classes (<see cref="TokenRows.Classes"/>) have an identifiability.</param>
    /// <param name="plan">The plan; null for all blocks in order.</param>
    /// <param name="progress">Told after each image.</param>
    /// <param name="cancellation">Stops between images.</param>
    /// <exception cref="StrataException">The network reads no images or has no classes, or the plan does not fit.</exception>
    public static ClassLens Read(Model model, TokenRows images, LayerPlan? plan = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (model.Spec.Image is null) throw new StrataException($"The class-space lens reads images, and {model.Name} ({model.Spec.Family}) reads texts; LogitLens reads its layers through the vocabulary.");
        model.RequireClasses("The class-space lens");
        List<ClassCell[][]> cells = [];
        Activations? streams = null;
        for (int row = 0; row < images.Count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            streams = LensStreams.Capture(model, images.Only(row), plan, cancellation);
            int truth = images.Classes?[row] ?? -1;
            cells.Add([.. streams.Points.Select(point => CellsOf(model.Unembed(streams.Rows(point)), truth))]);
            progress?.Report(new WorkProgress("Reading the classes", row + 1, images.Count, "images"));
        }

        Provenance provenance = (streams!.Provenance with { Data = $"{images.Name} ({images.Count} images)", DataHash = images.Hash }).With("lens", "class space, norm statistics recomputed");
        return new ClassLens(model, streams.Points, images, [.. cells], provenance);
    }

    /// <summary>
    /// One row per layer, over all images of known class: <c>cls identifiability</c> of the first token where the network has one, <c>patch identifiability</c> mean over patches, <c>best patch</c> mean over images of the largest, and
    /// <c>cls top-1</c> and <c>patch top-1</c>, how often the most likely class is the true one; with a twin <c>random weights</c>, its patch identifiability.
    /// </summary>
    /// <param name="twin">The same lens on a network of the same shape with random weights; null for none.</param>
    /// <exception cref="StrataException">No image has a known class, or the twin read other images or points.</exception>
    public Table ToTable(ClassLens? twin = null)
    {
        if (twin is not null && (twin.Rows.Hash != Rows.Hash || !twin.Points.SequenceEqual(Points))) throw new StrataException("The twin read other images or other points; read the same with both networks.");
        int[] known = [.. Enumerable.Range(0, Rows.Count).Where(row => Rows.Classes?[row] >= 0)];
        if (known.Length == 0) throw new StrataException($"No image of \"{Rows.Name}\" has a class of the network, so nothing is identified; Cells holds the most likely classes.");
        int prefix = Image.Prefix.Count;
        IEnumerable<double> Each(ClassLens lens, int p, Func<ClassCell[], double> value) => known.Select(row => value(lens.Cells[row][p]));
        double Patches(ClassLens lens, int p) => Each(lens, p, cells => cells.Skip(prefix).Average(c => c.Identifiability)).Average();
        double Hits(int p, Func<ClassCell[], IEnumerable<ClassCell>> of) => known.Average(row => of(Cells[row][p]).Average(c => c.Top == Rows.Classes![row] ? 1.0 : 0.0));
        int[] points = [.. Enumerable.Range(0, Points.Count)];
        List<Column> columns = [Column.Text("point", Points), Column.Integer("block", Points.Select(p => BlockPoint.Of(p)?.Place == "resid_pre" ? -1L : BlockPoint.Of(p)!.Value.Block))];
        if (prefix > 0) columns.Add(Column.Real("cls identifiability", points.Select(p => Each(this, p, cells => cells[0].Identifiability).Average())));
        columns.Add(Column.Real("patch identifiability", points.Select(p => Patches(this, p))));
        columns.Add(Column.Real("best patch", points.Select(p => Each(this, p, cells => cells.Skip(prefix).Max(c => c.Identifiability)).Average())));
        if (prefix > 0) columns.Add(Column.Real("cls top-1", points.Select(p => Hits(p, cells => [cells[0]]))));
        columns.Add(Column.Real("patch top-1", points.Select(p => Hits(p, cells => cells.Skip(prefix)))));
        if (twin is not null) columns.Add(Column.Real("random weights", points.Select(p => Patches(twin, p))));
        return new Table("Class identifiability by layer", Provenance, [.. columns])
        {
            Notes = [string.Create(CultureInfo.InvariantCulture, $"1 − rank of the true class / {Labels.Count} classes, over {known.Length} images; a class drawn at random has {1 - (Labels.Count - 1) / (2.0 * Labels.Count):0.###}. The best of many patches lies above that by chance alone.")],
        };
    }

    private static ClassCell[] CellsOf(FloatMatrix logits, int truth)
    {
        ClassCell[] cells = new ClassCell[logits.Rows];
        for (int token = 0; token < cells.Length; token++)
        {
            ReadOnlySpan<float> scores = logits.Row(token);
            double[] logs = LogitLens.LogProbabilities(scores);
            int top = TensorPrimitives.IndexOfMax<double>(logs), above = 0;
            for (int c = 0; truth >= 0 && c < scores.Length; c++) above += scores[c] > scores[truth] ? 1 : 0;
            cells[token] = truth < 0
                ? new ClassCell(top, (float)Math.Exp(logs[top]), float.NaN, double.NaN)
                : new ClassCell(top, (float)Math.Exp(logs[top]), (float)Math.Exp(logs[truth]), 1 - (double)above / logits.Columns);
        }

        return cells;
    }
}
