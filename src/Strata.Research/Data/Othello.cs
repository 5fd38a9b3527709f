using System.Numerics;
using Strata.Models;

namespace Strata.Research;

/// <summary>How the cells of an Othello board are named in labels and texts.</summary>
public enum OthelloView
{
    /// <summary>By the side that just moved: 1 (<c>x</c>) its discs, 2 (<c>o</c>) the other's. Not defined before the first move.</summary>
    Relative,

    /// <summary>By colour: 1 (<c>x</c>) black, 2 (<c>o</c>) white.</summary>
    Absolute,
}

/// <summary>
/// Othello as a language: a row is <c>&lt;start&gt;</c> and then the squares of a game in the order in which they were played. A model that predicts legal
/// moves has to know the board (Li et al. 2023, "Emergent world representations"; relative colours: Nanda, Lee and Wattenberg 2023).
/// Tokens 0 .. 59 are the playable squares, a1 ... h8 with row 1 first and the four centre squares left out; 60 is <c>&lt;pad&gt;</c>, 61 <c>&lt;start&gt;</c>.
/// Black begins. A side that cannot move passes without a token. A game that ends before move 60 is padded.
/// </summary>
public static class Othello
{
    /// <summary>Number of tokens that are moves.</summary>
    public const int MoveCount = 60;

    /// <summary>The token that fills up games that end early.</summary>
    public const int Pad = 60;

    /// <summary>The token that every game begins with.</summary>
    public const int Start = 61;

    /// <summary>Number of positions of a full row: the start and 60 moves.</summary>
    public const int RowLength = 61;

    /// <summary>Names of the 62 tokens, [id].</summary>
    public static IReadOnlyList<string> Vocabulary { get; } = [.. Enumerable.Range(0, MoveCount).Select(token => SquareName(SquareOf(token))), "<pad>", "<start>"];

    /// <summary>The square of a move's token.</summary>
    /// <param name="token">0 to 59.</param>
    /// <returns>0 (a1) to 63 (h8).</returns>
    /// <exception cref="ArgumentOutOfRangeException">Not the token of a move.</exception>
    public static int SquareOf(int token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)MoveCount, nameof(token));
        return token < 27 ? token : token < 33 ? token + 2 : token + 4;
    }

    /// <summary>The name of a square.</summary>
    /// <param name="square">0 (a1) to 63 (h8).</param>
    public static string SquareName(int square) => $"{(char)('a' + square % 8)}{(char)('1' + square / 8)}";

    /// <summary>
    /// Games in which every move is drawn from the legal ones with equal chance. The first games of a larger number with the same seed are the same games.
    /// Labels: see <see cref="Label"/>.
    /// </summary>
    /// <param name="count">How many games.</param>
    /// <param name="seed">Seed of the moves.</param>
    /// <exception cref="StrataException"><paramref name="count"/> is below 1.</exception>
    public static ToyTask Games(int count, long seed)
    {
        if (count < 1) throw new StrataException($"Cannot play {count} games; ask for 1 or more.");
        SeededRandom random = new(seed);
        int[][] games = new int[count][];
        for (int i = 0; i < count; i++) games[i] = RandomGame(random);
        return ToyTask.FromRows($"othello (random games, seed {seed})", games, Vocabulary, Pad, Start, LabelsOf(games));
    }

    /// <summary>
    /// The labels of games that somebody else played. Position t is the board after tokens 0 .. t; labels are -1 on padding.
    /// <c>relative.a1</c> ... <c>relative.h8</c>: the cell, 0 empty, 1 the side that just moved, 2 the other; -1 before the first move.
    /// <c>absolute.a1</c> ...: the cell, 0 empty, 1 black, 2 white. <c>mover</c>: who just moved, 1 black, 2 white; -1 before the first move.
    /// <c>next_mover</c>: whose turn it is, 1 black, 2 white, 0 when the game is over. <c>legal_moves</c>: the number of legal next moves.
    /// </summary>
    /// <param name="data">Rows in the layout of this class.</param>
    /// <exception cref="StrataException">A row has no tokens or is no legal game; the message has the row and the move.</exception>
    public static ToyTask Label(DataSet data)
    {
        for (int row = 0; row < data.Count; row++)
            Replay(data[row].Tokens ?? throw new StrataException($"Row {row} of \"{data.Name}\" has no tokens; an Othello game is a row of tokens."), row);
        return new ToyTask(data, Vocabulary, new LazyLabels(data.Count, LabelsOf(data.Rows.Select(row => row.Tokens!).ToArray())), Pad, Start);
    }

    /// <summary>The positions of a game.</summary>
    /// <param name="tokens">A row or the beginning of one: the start token, moves, then padding only.</param>
    /// <returns>[t], the position after tokens 0 .. t, without the padding.</returns>
    /// <exception cref="StrataException">The row does not begin with the start token, or a move is illegal; the message has the move's number.</exception>
    public static OthelloPosition[] Replay(ReadOnlySpan<int> tokens) => Replay(tokens, null);

    /// <summary>The boards after each move as text.</summary>
    /// <param name="tokens">A row or the beginning of one.</param>
    /// <param name="view">Whose discs <c>x</c> stands for: those of the side that just moved, or black's.</param>
    /// <returns>[move], 64 characters from a1 to h8, row 1 first: <c>x</c>, <c>o</c> or <c>.</c> for empty.</returns>
    /// <exception cref="StrataException">As in <see cref="Replay(ReadOnlySpan{int})"/>.</exception>
    public static string[] Boards(ReadOnlySpan<int> tokens, OthelloView view = OthelloView.Relative)
    {
        OthelloPosition[] positions = Replay(tokens);
        string[] boards = new string[positions.Length - 1];
        for (int move = 0; move < boards.Length; move++)
            boards[move] = string.Create(64, (Position: positions[move + 1], View: view), static (cells, state) =>
            {
                for (int square = 0; square < 64; square++) cells[square] = ".xo"[Cell(state.Position, square, state.View)];
            });
        return boards;
    }

    /// <summary>Which tokens are legal next, for scoring a model's predictions.</summary>
    /// <param name="tokens">A row or the beginning of one.</param>
    /// <returns>[t], a set as bits: bit k says that token k (0 to 59) is a legal move after tokens 0 .. t. No bit is set where the game is over and on padding.</returns>
    /// <exception cref="StrataException">As in <see cref="Replay(ReadOnlySpan{int})"/>.</exception>
    public static ulong[] LegalMoves(ReadOnlySpan<int> tokens)
    {
        OthelloPosition[] positions = Replay(tokens);
        ulong[] legal = new ulong[tokens.Length];
        for (int t = 0; t < positions.Length; t++) legal[t] = TokenBits(positions[t].LegalSquares);
        return legal;
    }

    private static OthelloPosition[] Replay(ReadOnlySpan<int> tokens, int? row)
    {
        string where = row is null ? "An Othello game" : $"Othello game {row}";
        if (tokens.Length == 0 || tokens[0] != Start) throw new StrataException($"{where} begins with {(tokens.Length == 0 ? "nothing" : Name(tokens[0]))}; expected <start> (token {Start}).");
        int length = tokens.IndexOf(Pad) is int pad and >= 0 ? pad : tokens.Length;
        OthelloPosition[] positions = new OthelloPosition[length];
        positions[0] = OthelloPosition.Start;
        for (int t = 1; t < length; t++)
        {
            if (tokens[t] is < 0 or >= MoveCount || (positions[t - 1].LegalSquares >> SquareOf(tokens[t]) & 1) == 0) throw Illegal(where, t, tokens[t], positions[t - 1]);
            positions[t] = positions[t - 1].Play(SquareOf(tokens[t]));
        }

        int after = tokens[length..].IndexOfAnyExcept(Pad);
        return after < 0 ? positions : throw new StrataException($"{where}: {Name(tokens[length + after])} at position {length + after} follows padding; expected padding up to the end.");
    }

    private static StrataException Illegal(string where, int move, int token, in OthelloPosition position)
    {
        ulong legal = TokenBits(position.LegalSquares);
        string expected = legal == 0 ? "the game is over" : $"legal for {position.ToMove.ToString().ToLowerInvariant()}: {string.Join(' ', Enumerable.Range(0, MoveCount).Where(k => (legal >> k & 1) != 0).Select(k => Vocabulary[k]))}";
        return new StrataException($"{where}: move {move} ({Name(token)}) is illegal; {expected}.");
    }

    private static string Name(int token) => token >= 0 && token < Vocabulary.Count ? $"token {token}, {Vocabulary[token]}" : $"token {token}";

    private static int[] RandomGame(SeededRandom random)
    {
        int[] tokens = new int[RowLength];
        tokens[0] = Start;
        OthelloPosition position = OthelloPosition.Start;
        for (int t = 1; t < RowLength; t++)
        {
            if (position.ToMove == OthelloSide.None)
            {
                tokens.AsSpan(t).Fill(Pad);
                break;
            }

            ulong legal = position.LegalSquares;
            for (int skip = random.NextInt(BitOperations.PopCount(legal)); skip > 0; skip--) legal &= legal - 1;
            int square = BitOperations.TrailingZeroCount(legal);
            tokens[t] = BitOperations.TrailingZeroCount(TokenBits(1UL << square));
            position = position.Play(square);
        }

        return tokens;
    }

    private static IEnumerable<(string Name, Func<int, int[]> Row)> LabelsOf(int[][] games)
    {
        Func<int, int[]> Of(Func<OthelloPosition, int> label) => row =>
        {
            int[] labels = new int[games[row].Length];
            OthelloPosition[] positions = Replay(games[row], row);
            for (int t = 0; t < positions.Length; t++) labels[t] = label(positions[t]);
            labels.AsSpan(positions.Length).Fill(-1);
            return labels;
        };

        foreach (OthelloView view in Enum.GetValues<OthelloView>())
            for (int square = 0; square < 64; square++)
            {
                int cell = square;
                yield return ($"{view.ToString().ToLowerInvariant()}.{SquareName(square)}", Of(position => Cell(position, cell, view)));
            }

        yield return ("mover", Of(position => position.LastMover == OthelloSide.None ? -1 : (int)position.LastMover));
        yield return ("next_mover", Of(position => (int)position.ToMove));
        yield return ("legal_moves", Of(position => BitOperations.PopCount(position.LegalSquares)));
    }

    private static int Cell(in OthelloPosition position, int square, OthelloView view)
    {
        if (view == OthelloView.Relative && position.LastMover == OthelloSide.None) return -1;
        bool black = (position.Black >> square & 1) != 0;
        bool white = (position.White >> square & 1) != 0;
        bool whiteFirst = view == OthelloView.Relative && position.LastMover == OthelloSide.White;
        return !black && !white ? 0 : black == whiteFirst ? 2 : 1;
    }

    /// <summary>Squares as bits to tokens as bits: closes the gaps of the centre squares d4, e4, d5, e5.</summary>
    private static ulong TokenBits(ulong squares) =>
        (squares & 0x7FF_FFFF) | (squares >> 2 & 0x1_F800_0000) | (squares >> 4 & 0xFFF_FFFE_0000_0000);
}
