using System.Runtime.CompilerServices;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>What a linear map was laid out from: the same key gives the same numbers.</summary>
/// <param name="Stamps">What its weight, its bias and its own bias are, as their files say now.</param>
/// <param name="Entry">Where the map lies in them.</param>
/// <param name="OwnBias">A bias over its own outputs.</param>
/// <param name="Format">Format in memory; null for the file's.</param>
internal readonly record struct SharedWeight(string Stamps, LinearEntry Entry, WeightEntry? OwnBias, DType? Format);

/// <summary>
/// Linear maps of all models of an engine that were laid out from files and that somebody still uses: a checkpoint that is loaded again, wholly or as one of its towers, takes no more memory and no more time.
/// Weights that are overwritten, those of blocks that take turns in memory, are never among them.
/// </summary>
internal sealed class SharedWeights
{
    private static readonly ConditionalWeakTable<TensorEngine, SharedWeights> Engines = [];
    private readonly Dictionary<SharedWeight, WeakReference<LinearWeight>> _known = [];
    private int _purgeAt = 256;

    /// <summary>Those of an engine.</summary>
    public static SharedWeights Of(TensorEngine engine) => Engines.GetOrCreateValue(engine);

    /// <summary>The map of a key, laid out where nobody has it.</summary>
    public LinearWeight Get(SharedWeight key, Func<LinearWeight> lay)
    {
        lock (_known)
        {
            if (_known.TryGetValue(key, out WeakReference<LinearWeight>? known) && known.TryGetTarget(out LinearWeight? weight)) return weight;
        }

        // Two that load at once may both lay it out; the last one is shared from then on.
        LinearWeight laid = lay();
        lock (_known)
        {
            if (_known.Count >= _purgeAt)
            {
                foreach (SharedWeight unused in _known.Where(pair => !pair.Value.TryGetTarget(out _)).Select(pair => pair.Key).ToArray()) _known.Remove(unused);
                _purgeAt = Math.Max(256, 2 * _known.Count);
            }

            _known[key] = new WeakReference<LinearWeight>(laid);
        }

        return laid;
    }
}
