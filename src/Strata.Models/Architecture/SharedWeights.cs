using Strata.Tensors;

namespace Strata.Models;

/// <summary>What a linear map was laid out from: the same key gives the same numbers.</summary>
/// <param name="Stamp">The file, its length and when it was written.</param>
/// <param name="Entry">Where the map lies in it.</param>
/// <param name="OwnBias">A bias over its own outputs.</param>
/// <param name="Format">Format in memory; null for the file's.</param>
/// <param name="Engine">The engine that it was laid out for.</param>
internal readonly record struct SharedWeight(string Stamp, LinearEntry Entry, WeightEntry? OwnBias, DType? Format, TensorEngine Engine);

/// <summary>
/// Linear maps of all models of the process that were laid out from files and that somebody still uses: a checkpoint that is loaded again, wholly or as one of its towers, takes no more memory and no more time.
/// Weights that are overwritten, those of blocks that take turns in memory, are never among them.
/// </summary>
internal static class SharedWeights
{
    private static readonly Dictionary<SharedWeight, WeakReference<LinearWeight>> Known = [];
    private static int _purgeAt = 256;

    /// <summary>The map of a key, laid out where nobody has it.</summary>
    public static LinearWeight Get(SharedWeight key, Func<LinearWeight> lay)
    {
        lock (Known)
        {
            if (Known.TryGetValue(key, out WeakReference<LinearWeight>? known) && known.TryGetTarget(out LinearWeight? weight)) return weight;
        }

        // Two that load at once may both lay it out; the last one is shared from then on.
        LinearWeight laid = lay();
        lock (Known)
        {
            if (Known.Count >= _purgeAt)
            {
                foreach (SharedWeight unused in Known.Where(pair => !pair.Value.TryGetTarget(out _)).Select(pair => pair.Key).ToArray()) Known.Remove(unused);
                _purgeAt = Math.Max(256, 2 * Known.Count);
            }

            Known[key] = new WeakReference<LinearWeight>(laid);
        }

        return laid;
    }
}
