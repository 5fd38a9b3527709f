namespace Strata.Models;

/// <summary>Which positions of a sequence: a list of C# ranges, <c>0..4, ^1</c>; indices count the sequence's own tokens, first is 0.</summary>
public sealed class PositionSelection
{
    private readonly Range[] _ranges;

    /// <summary>Positions in any of the ranges.</summary>
    public PositionSelection(params Range[] ranges) => _ranges = ranges;

    /// <summary>Every position.</summary>
    public static PositionSelection All { get; } = new(..);

    /// <summary>The last position.</summary>
    public static PositionSelection Last { get; } = new(^1..);

    /// <summary>Every position?</summary>
    public bool IsAll => _ranges.Any(r => r.Equals(Range.All));

    /// <summary>Does it count from the end of the sequence?</summary>
    public bool CountsFromEnd => !IsAll && _ranges.Any(r => r.Start.IsFromEnd || (r.End.IsFromEnd && r.End.Value > 0));

    /// <summary>Is a position of a sequence selected?</summary>
    /// <param name="position">Zero-based.</param>
    /// <param name="length">Length of the sequence.</param>
    public bool Contains(int position, int length)
    {
        foreach (Range range in _ranges)
        {
            if (position >= range.Start.GetOffset(length) && position < range.End.GetOffset(length)) return true;
        }

        return false;
    }

    /// <summary>Reads a list such as <c>0..4, 7, ^1</c>.</summary>
    /// <exception cref="StrataException">Not a list of indices and ranges.</exception>
    public static PositionSelection Parse(string text) => new(text.Split(',').Select(part => ParseRange(part.Trim(), text)).ToArray());

    private static Range ParseRange(string part, string whole)
    {
        int dots = part.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            Index index = ParseIndex(part, whole);
            if (index.Equals(Index.End)) throw NoPositions(whole);
            return index.IsFromEnd ? index..new Index(index.Value - 1, fromEnd: true) : index..(index.Value + 1);
        }

        string start = part[..dots].Trim(), end = part[(dots + 2)..].Trim();
        return (start.Length == 0 ? Index.Start : ParseIndex(start, whole))..(end.Length == 0 ? Index.End : ParseIndex(end, whole));
    }

    private static Index ParseIndex(string part, string whole)
    {
        bool fromEnd = part.StartsWith('^');
        return int.TryParse(fromEnd ? part[1..] : part, System.Globalization.NumberStyles.None, null, out int value) && value < int.MaxValue ? new Index(value, fromEnd) : throw NoPositions(whole);
    }

    private static StrataException NoPositions(string text) => new($"\"{text}\" is not a list of positions; write indices and ranges as in 0..4, 7, ^1.");

    /// <summary>The text form.</summary>
    public override string ToString() => IsAll ? "all" : string.Join(", ", _ranges.Select(r => r.ToString()));
}
