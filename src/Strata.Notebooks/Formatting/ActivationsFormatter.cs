using Strata.Models;
using Strata.Research;
using Strata.Tensors;

namespace Strata.Notebooks;

/// <summary>Shows captures: one row per hook point with the shape of its matrices and their size.</summary>
internal static class ActivationsFormatter
{
    public static MimeBundle Format(Activations activations)
    {
        IReadOnlyList<string> points = activations.Points;
        string rows = activations.Pooling == Pooling.None ? "every position is a row" : $"pooled ({activations.Pooling.ToString().ToLowerInvariant()}), one row per sequence";
        Table table = new(
            $"Activations: {NumberText.Count(points.Count, "point")}, {NumberText.Count(activations.Sequences, "sequence")}, {NumberText.Bytes(activations.Bytes)}",
            activations.Provenance,
            Column.Text("hook point", points),
            Column.Integer("matrices", points.Select(p => (long)activations.Samples(p).Count)),
            Column.Text("shape", points.Select(p => ShapeOf(activations.Samples(p)))),
            Column.Text("size", points.Select(p => NumberText.Bytes(activations.Samples(p).Sum(m => 4L * m.Values.Length)))))
        {
            Notes = [$"Shapes are [rows, columns]; {rows}.", .. Source(activations.Provenance)],
        };
        return TableFormatter.Format(table);
    }

    /// <summary>The network and the plan: captures of two networks look alike otherwise.</summary>
    private static IEnumerable<string> Source(Provenance provenance) =>
        provenance.Model is null ? [] : [$"From {provenance.Model}{(provenance.Plan is null ? "" : $", plan {provenance.Plan}")}."];

    /// <summary>The common shape of matrices, with ranges where they differ.</summary>
    private static string ShapeOf(IReadOnlyList<FloatMatrix> samples) =>
        samples.Count == 0 ? "none" : $"[{Extent(samples.Select(s => s.Rows))}, {Extent(samples.Select(s => s.Columns))}]";

    private static string Extent(IEnumerable<int> lengths)
    {
        (int min, int max) = (lengths.Min(), lengths.Max());
        return min == max ? $"{min}" : $"{min} to {max}";
    }
}
