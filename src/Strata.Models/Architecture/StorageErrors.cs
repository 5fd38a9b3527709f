using Strata.Tensors;

namespace Strata.Models;

/// <summary>How far numbers are off: relative to the largest and to the mean magnitude of the exact ones.</summary>
/// <param name="Max">Largest |difference| / largest |exact|.</param>
/// <param name="Mean">Mean |difference| / mean |exact|.</param>
public readonly record struct RelativeError(double Max, double Mean)
{
    /// <summary>The error of numbers; 0 where all exact ones are 0 and met.</summary>
    public static RelativeError Of(ReadOnlySpan<float> exact, ReadOnlySpan<float> actual)
    {
        double largest = 0, sum = 0, largestError = 0, errorSum = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            double size = Math.Abs((double)exact[i]), error = Math.Abs((double)actual[i] - exact[i]);
            largest = Math.Max(largest, size);
            largestError = Math.Max(largestError, error);
            sum += size;
            errorSum += error;
        }

        return new RelativeError(Share(largestError, largest), Share(errorSum, sum));
    }

    private static double Share(double part, double whole) => part == 0 ? 0 : part / whole;
}

/// <summary>The error of one linear map's weights.</summary>
/// <param name="Block">Its block; null for one outside of blocks.</param>
/// <param name="Name">Name of the weight in the checkpoint; parts of a fused one follow each other.</param>
/// <param name="Bytes">Bytes in memory.</param>
/// <param name="Error">Against the checkpoint's numbers.</param>
public sealed record WeightError(int? Block, string Name, long Bytes, RelativeError Error);

/// <summary>The error of what the network computes at a hook point.</summary>
/// <param name="Point">The hook point.</param>
/// <param name="Error">Against the same network with the checkpoint's numbers, both from the same input.</param>
public sealed record PointError(string Point, RelativeError Error);

/// <summary>
/// What it costs to keep a network's linear maps in fewer bits than its checkpoint has: the error of each weight, and of the stream behind each block, where the errors of all blocks
/// before have come together.
/// </summary>
/// <param name="Weights">One per linear map, block by block.</param>
/// <param name="Points"><c>resid_post</c> of each block, then <c>logits</c>.</param>
public sealed record StorageErrors(IReadOnlyList<WeightError> Weights, IReadOnlyList<PointError> Points)
{
    /// <summary>Compares a network with itself in its checkpoint's own format, which is loaded once more.</summary>
    internal static StorageErrors Measure(Model model, Model exact, WeightMap map, Func<WeightEntry, Tensor> read, TokenRows rows, CancellationToken cancellation)
    {
        List<WeightError> weights = [];
        for (int block = 0; block < map.Blocks.Count; block++)
        {
            cancellation.ThrowIfCancellationRequested();
            (BlockMap entries, BlockSpec facts) = (map.Blocks[block], model.Spec.Block(block));
            Add(block, layout => layout.Block(entries, facts));
        }

        if (model.Spec.HasUnembedding) Add(null, layout => layout.Unembedding(map));
        return new StorageErrors(weights, Outputs(model, exact, rows, cancellation));

        void Add(int? block, Action<WeightLayout> lay)
        {
            (LinearEntry Entry, LinearWeight Weight)[] expected = Laid(null, lay), actual = Laid(model.Storage, lay);
            foreach (((LinearEntry entry, LinearWeight exactly), (_, LinearWeight stored)) in expected.Zip(actual))
                weights.Add(new WeightError(block, entry.Weight.Name, stored.Bytes, RelativeError.Of(exactly.ToArray(), stored.ToArray())));
        }

        (LinearEntry, LinearWeight)[] Laid(DType? storage, Action<WeightLayout> lay)
        {
            List<(LinearEntry, LinearWeight)> laid = [];
            lay(new WeightLayout(read, storage, (entry, weight) => laid.Add((entry, weight))));
            return [.. laid];
        }
    }

    private static PointError[] Outputs(Model model, Model exact, TokenRows rows, CancellationToken cancellation)
    {
        string[] points = [.. exact.Explain().Points.Where(point => point.Kind is HookKind.ResidPost or HookKind.Logits).Select(point => point.Name)];
        CaptureRequest request = new() { Points = points, Announce = _ => { } };
        Activations expected = exact.Capture(rows, request, cancellation), actual = model.Capture(rows, request, cancellation);
        return [.. expected.Points.Select(point => new PointError(point, RelativeError.Of(expected.Rows(point).Values, actual.Rows(point).Values)))];
    }
}
