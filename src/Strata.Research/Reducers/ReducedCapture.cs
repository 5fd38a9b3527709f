using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>A capture of which only what reducers make of its rows is kept: one pass, in memory that does not grow with the data.</summary>
/// <param name="Points">Point by point in execution order, for each the reducers in the order in which they were given.</param>
/// <param name="Provenance">Where the activations came from.</param>
public sealed record ReducedCapture(IReadOnlyList<ReducedPoint> Points, Provenance Provenance)
{
    /// <summary>Runs the network and reduces what passes.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="request">Points, positions, plan, interventions; nothing is pooled.</param>
    /// <param name="reducers">What is kept of each point.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">No reducer, one whose numbers do not fit, or a point that is a matrix per sequence.</exception>
    public static ReducedCapture Run(Model model, TokenRows rows, CaptureRequest request, IReadOnlyList<Reducer> reducers, CancellationToken cancellation = default)
    {
        if (reducers.Count == 0) throw new StrataException($"A reduced capture needs a reducer: {Reducer.Forms}.");
        CaptureRun run = model.PlanCapture(rows, request with { Pooling = Pooling.None });
        if (run.Points.FirstOrDefault(point => point.IsAttentionMatrix || point.PerSequence) is HookPoint other)
            throw new StrataException($"\"{other.Name}\" has no row per position, which reducers take; choose other points.");
        long count = rows.Sequences.Sum(sequence => (long)Enumerable.Range(0, sequence.Length).Count(i => request.Positions.Contains(i, sequence.Length)));
        Dictionary<string, Reduction[]> reductions = run.Points.ToDictionary(point => point.Name, point => reducers.Select(reducer => reducer.Start(point.Columns, count)).ToArray());
        request.Announce($"Reducing {run.Points.Count} points of {rows.Count} rows ({rows.Tokens:N0} tokens) to {string.Join(", ", reducers.Select(reducer => reducer.Name))}: {reductions.Values.Sum(of => of.Sum(r => r.Bytes)):N0} bytes; kept whole they would be {run.Bytes:N0}.");
        Provenance provenance = run.Stream(batch => ParallelWork.For(reducers.Count, cancellation, i => Add(reductions[batch.Point.Name][i], batch)), cancellation);
        ReducedPoint Reduced(string point, int i)
        {
            (double[] values, int height, int width, IReadOnlyList<RowPlace> places) = reductions[point][i].Result();
            return new ReducedPoint(point, reducers[i].Name, values, height, width, count) { Places = places };
        }

        return new ReducedCapture([.. run.Points.SelectMany(point => reducers.Select((_, i) => Reduced(point.Name, i)))], provenance.With("reducers", string.Join(", ", reducers.Select(reducer => reducer.Name))));
    }

    /// <summary>What one reducer made of one point.</summary>
    /// <exception cref="StrataException">There is no such point, or no such reducer.</exception>
    public ReducedPoint this[string point, string reducer] => Points.FirstOrDefault(p => p.Point == point && p.Reducer == reducer)
        ?? throw new StrataException($"There is no \"{reducer}\" of \"{point}\". {NearestNames.Suggest($"{reducer}:{point}", Points.Select(p => $"{p.Reducer}:{p.Point}"))}");

    /// <summary>Points, reducers and shapes.</summary>
    public Table ToTable() => new("Reduced activations", Provenance,
        Column.Text("point", Points.Select(p => p.Point)), Column.Text("reducer", Points.Select(p => p.Reducer)),
        Column.Text("shape", Points.Select(p => $"{p.Rows} x {p.Columns}")), Column.Integer("rows", Points.Select(p => p.Count)));

    /// <summary>Writes the matrices as float32 tensors named <c>REDUCER:POINT</c> into one safetensors file.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Save(string path) => SafetensorsWriter.Write(path,
        Points.Select(p => new SafetensorsSource($"{p.Reducer}:{p.Point}", [p.Rows, p.Columns], DType.Float32, () => p.Values.Select(value => (float)value).ToArray())),
        new Dictionary<string, string> { ["model"] = Provenance.Model ?? "", ["data"] = Provenance.Data ?? "", ["strata"] = Provenance.ToString() });

    private static void Add(Reduction reduction, CapturedBatch batch)
    {
        for (int s = 0; s < batch.Samples.Count; s++)
            for (int i = 0; i < batch.Samples[s].Rows; i++) reduction.Add(batch.Samples[s].Row(i), new RowPlace(batch.FirstRow + s, i));
    }
}
