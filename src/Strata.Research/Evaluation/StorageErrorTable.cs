using Strata.Models;

namespace Strata.Research;

/// <summary>The errors of a network in few bits as a table.</summary>
public static class StorageErrorTable
{
    /// <summary>
    /// One row per linear map (its weights against the checkpoint's) and one per hook point (what has come together up to there): <c>block</c>, <c>what</c>, <c>bytes</c> in memory, and the largest and the mean difference relative to
    /// the largest and the mean magnitude.
    /// </summary>
    /// <param name="errors">What <see cref="Model.StorageErrors"/> measured.</param>
    /// <param name="provenance">Where it came from.</param>
    public static Table ToTable(this StorageErrors errors, Provenance provenance) => new(
        "errors of the storage format",
        provenance,
        Column.Text("block", [.. errors.Weights.Select(w => w.Block?.ToString() ?? ""), .. errors.Points.Select(_ => "")]),
        Column.Text("what", [.. errors.Weights.Select(w => w.Name), .. errors.Points.Select(p => p.Point)]),
        Column.Integer("bytes", [.. errors.Weights.Select(w => w.Bytes), .. errors.Points.Select(_ => 0L)]),
        Column.Real("largest error", [.. errors.Weights.Select(w => w.Error.Max), .. errors.Points.Select(p => p.Error.Max)]),
        Column.Real("mean error", [.. errors.Weights.Select(w => w.Error.Mean), .. errors.Points.Select(p => p.Error.Mean)]));
}
