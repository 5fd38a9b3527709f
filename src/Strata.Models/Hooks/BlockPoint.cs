using System.Globalization;
using System.Text.RegularExpressions;

namespace Strata.Models;

/// <summary>The name of a hook point inside a block, taken apart: <c>blocks.3.resid_post</c> is <c>resid_post</c> of block 3.</summary>
/// <param name="Block">Zero-based block.</param>
/// <param name="Place">The rest of the name.</param>
public readonly partial record struct BlockPoint(int Block, string Place)
{
    /// <summary>The parts of a name; null for points outside blocks.</summary>
    public static BlockPoint? Of(string point) => Name().Match(point) is { Success: true } match
        ? new BlockPoint(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value)
        : null;

    [GeneratedRegex(@"^blocks\.([0-9]{1,9})\.(.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
