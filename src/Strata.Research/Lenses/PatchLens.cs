using System.Globalization;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>Options of a patching lens.</summary>
public sealed record PatchLensOptions
{
    /// <summary>Position of the source whose stream is carried over; null for the mean over all positions.</summary>
    public int? SourcePosition { get; init; }

    /// <summary>Position of the target prompt that is overwritten; null for the last.</summary>
    public int? TargetPosition { get; init; }

    /// <summary>Block before which the target is overwritten; null for the block that the source's stream was about to enter.</summary>
    public int? TargetBlock { get; init; }

    /// <summary>New tokens, at most.</summary>
    public int MaxNew { get; init; } = 12;
}

/// <summary>
/// The cross-prompt patching lens (Ghandeharioun et al. 2024; Bronzini et al. 2024): the stream of a source is put in the place of one token of a target prompt, which asks to
/// put it into words, and the network goes on from there. No training, one text per layer.
/// </summary>
public sealed class PatchLens
{
    private PatchLens(IReadOnlyList<string> points, IReadOnlyList<Generation> generations, Generation unpatched, Provenance provenance)
    {
        Points = points;
        Generations = generations;
        Unpatched = unpatched;
        Provenance = provenance;
    }

    /// <summary>The source's streams: before each block.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>What the network wrote for each.</summary>
    public IReadOnlyList<Generation> Generations { get; }

    /// <summary>What it writes when nothing is overwritten: the control.</summary>
    public Generation Unpatched { get; }

    /// <summary>Where the texts came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Puts each layer's stream of a source into a target prompt.</summary>
    /// <param name="model">The network.</param>
    /// <param name="source">Ids of the source.</param>
    /// <param name="target">Ids of the target prompt, with one token to overwrite.</param>
    /// <param name="options">Places and length; null for the defaults.</param>
    /// <param name="progress">Told after every layer.</param>
    /// <param name="cancellation">Stops between layers.</param>
    /// <exception cref="StrataException">The network does not predict the next token, or a position or block does not exist.</exception>
    public static PatchLens Read(Model model, int[] source, int[] target, PatchLensOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new PatchLensOptions();
        int at = options.TargetPosition ?? target.Length - 1;
        if (at < 0 || at >= target.Length) throw new StrataException($"The target prompt has positions 0 to {target.Length - 1}; {at} was given.");
        if (options.SourcePosition is int from && (from < 0 || from >= source.Length)) throw new StrataException($"The source has positions 0 to {source.Length - 1}; {from} was given.");
        if (options.TargetBlock is int block && (block < 0 || block >= model.Spec.Blocks)) throw new StrataException($"{model.Name} has blocks 0 to {model.Spec.Blocks - 1}; {block} was given.");
        Activations streams = model.Capture(new TokenRows("source", [source]), new CaptureRequest { Points = ["blocks.*.resid_pre"], Announce = _ => { } }, cancellation);
        PositionSelection place = PositionSelection.Parse(at.ToString(CultureInfo.InvariantCulture));
        TokenRows prompt = new("target", [target]);
        List<Generation> written = [];
        foreach (string point in streams.Points)
        {
            FloatMatrix rows = streams.Rows(point);
            float[] stream = options.SourcePosition is int position ? rows.Row(position).ToArray() : Array.ConvertAll(RealMatrix.ColumnMeans(rows), v => (float)v);
            string into = options.TargetBlock is int b ? $"blocks.{b.ToString(CultureInfo.InvariantCulture)}.resid_pre" : point;
            written.Add(model.Generate(prompt, new GenerationRequest { MaxNew = options.MaxNew, Interventions = [Intervention.Set(into, stream).At(place)] }, cancellation));
            progress?.Report(new WorkProgress("Patching", written.Count, streams.Points.Count, "layers"));
        }

        Generation unpatched = model.Generate(prompt, new GenerationRequest { MaxNew = options.MaxNew }, cancellation);
        Provenance provenance = (streams.Provenance with { Data = "source and target prompts" })
            .With("lens", $"patching, source position {options.SourcePosition?.ToString(CultureInfo.InvariantCulture) ?? "mean"}, target position {at}, target block {options.TargetBlock?.ToString(CultureInfo.InvariantCulture) ?? "the source's"}")
            .With("lens.target", prompt.Hash);
        return new PatchLens(streams.Points, written, unpatched, provenance);
    }

    /// <summary>One row per layer and one for the target as it is: <c>point</c>, <c>block</c>, <c>text</c>.</summary>
    public Table ToTable() => new("Patching lens by layer", Provenance,
        Column.Text("point", [.. Points, "nothing overwritten"]),
        Column.Integer("block", [.. Points.Select(p => BlockPoint.Of(p)?.Block ?? -1L), -1L]),
        Column.Text("text", [.. Generations.Select(g => g.Texts[0]), Unpatched.Texts[0]]));
}
