using System.Numerics;

namespace Strata.Research;

/// <summary>A side of an Othello game.</summary>
public enum OthelloSide
{
    /// <summary>Neither: before the first move, or after the end.</summary>
    None,

    /// <summary>Black, who moves first.</summary>
    Black,

    /// <summary>White.</summary>
    White,
}

/// <summary>
/// A position in Othello: bit r * 8 + c of a board is the square in row r + 1 and column c (a = 0), so that bit 0 is a1 and bit 63 is h8.
/// Passes are implicit: <see cref="ToMove"/> is the side that has a legal move, the opponent of the last mover first.
/// </summary>
public readonly record struct OthelloPosition
{
    /// <summary>Columns b to g: discs there can be walked over sideways without leaving the row.</summary>
    private const ulong InnerColumns = 0x7e7e7e7e7e7e7e7e;

    private OthelloPosition(ulong black, ulong white, OthelloSide lastMover)
    {
        (Black, White, LastMover) = (black, white, lastMover);
        ToMove = Opponent(lastMover == OthelloSide.None ? OthelloSide.White : lastMover);
        LegalSquares = Moves(Of(ToMove), Of(Opponent(ToMove)));
        if (LegalSquares != 0) return;
        ToMove = Opponent(ToMove);
        LegalSquares = Moves(Of(ToMove), Of(Opponent(ToMove)));
        if (LegalSquares == 0) ToMove = OthelloSide.None;
    }

    /// <summary>The beginning: black on e4 and d5, white on d4 and e5, black to move.</summary>
    public static OthelloPosition Start { get; } = new(1UL << 28 | 1UL << 35, 1UL << 27 | 1UL << 36, OthelloSide.None);

    /// <summary>Squares with a black disc.</summary>
    public ulong Black { get; }

    /// <summary>Squares with a white disc.</summary>
    public ulong White { get; }

    /// <summary>The side whose turn it is; none when neither can move, which ends the game.</summary>
    public OthelloSide ToMove { get; }

    /// <summary>The side that moved last; none at the beginning.</summary>
    public OthelloSide LastMover { get; }

    /// <summary>Squares where the side to move may place a disc: empty ones from which it turns at least one disc.</summary>
    public ulong LegalSquares { get; }

    /// <summary>The discs of a side.</summary>
    public ulong Of(OthelloSide side) => side switch { OthelloSide.Black => Black, OthelloSide.White => White, _ => 0 };

    /// <summary>The position after the side to move places a disc and turns those it encloses.</summary>
    /// <param name="square">0 (a1) to 63 (h8).</param>
    /// <exception cref="InvalidOperationException">The move is not legal.</exception>
    public OthelloPosition Play(int square)
    {
        if (square is < 0 or > 63 || (LegalSquares >> square & 1) == 0) throw new InvalidOperationException($"Square {square} is no legal move here.");
        ulong move = 1UL << square;
        ulong turned = Turned(move, Of(ToMove), Of(Opponent(ToMove)));
        return ToMove == OthelloSide.Black
            ? new OthelloPosition(Black | move | turned, White & ~turned, OthelloSide.Black)
            : new OthelloPosition(Black & ~turned, White | move | turned, OthelloSide.White);
    }

    /// <summary>Number of discs of a side.</summary>
    public int Discs(OthelloSide side) => BitOperations.PopCount(Of(side));

    private static OthelloSide Opponent(OthelloSide side) => side switch { OthelloSide.Black => OthelloSide.White, OthelloSide.White => OthelloSide.Black, _ => OthelloSide.None };

    private static ulong Moves(ulong own, ulong other)
    {
        ulong inner = other & InnerColumns;
        ulong beyond = Beyond(own, inner, 1) | Beyond(own, other, 8) | Beyond(own, inner, 7) | Beyond(own, inner, 9);
        return beyond & ~(own | other);
    }

    private static ulong Turned(ulong move, ulong own, ulong other)
    {
        ulong inner = other & InnerColumns;
        return Enclosed(move, own, inner, 1) | Enclosed(move, own, other, 8) | Enclosed(move, own, inner, 7) | Enclosed(move, own, inner, 9);
    }

    /// <summary>The squares right behind unbroken runs of the other's discs that begin beside an own disc, both ways along one line.</summary>
    private static ulong Beyond(ulong own, ulong other, int step)
    {
        ulong up = RunUp(own, other, step);
        ulong down = RunDown(own, other, step);
        return up << step | down >> step;
    }

    /// <summary>The other's discs between the move and an own disc, both ways along one line.</summary>
    private static ulong Enclosed(ulong move, ulong own, ulong other, int step)
    {
        ulong up = RunUp(move, other, step);
        ulong down = RunDown(move, other, step);
        return ((up << step & own) != 0 ? up : 0) | ((down >> step & own) != 0 ? down : 0);
    }

    // A line has 8 squares, so at most 6 discs lie between two others.
    private static ulong RunUp(ulong from, ulong other, int step)
    {
        ulong run = from << step & other;
        for (int i = 0; i < 5; i++) run |= run << step & other;
        return run;
    }

    private static ulong RunDown(ulong from, ulong other, int step)
    {
        ulong run = from >> step & other;
        for (int i = 0; i < 5; i++) run |= run >> step & other;
        return run;
    }
}
