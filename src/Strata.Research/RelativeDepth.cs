using Strata.Models;

namespace Strata.Research;

/// <summary>How deep a hook point lies, whatever the number of blocks.</summary>
public static class RelativeDepth
{
    /// <summary>0 before the first block, 1 behind the last. Points between the halves of a block lie half-way through it; NaN outside the blocks.</summary>
    /// <param name="point">A hook point.</param>
    /// <param name="blocks">Blocks of the network.</param>
    public static double Of(string point, int blocks) => BlockPoint.Of(point) is not { } at ? double.NaN
        : at.Place.Split('#')[0] switch
        {
            "resid_pre" or "ln1.normalized" => at.Block / (double)blocks,
            "resid_post" or "mlp_out" => (at.Block + 1.0) / blocks,
            _ => (at.Block + 0.5) / blocks,
        };
}
