using System.Numerics;
using System.Text.Json.Nodes;
using Strata.Models;
using Xunit;

namespace Strata.Research.Tests.Data;

public class OthelloTests
{
    private static readonly DataSet HeldOut = DataSet.Read(Files.InRepository("othello/games-test.jsonl"));

    /// <summary>Number of move sequences by depth as published for Othello ("perft"); a pass is no move here, and the first one can come at depth 9.</summary>
    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 12)]
    [InlineData(3, 56)]
    [InlineData(4, 244)]
    [InlineData(5, 1396)]
    [InlineData(6, 8200)]
    [InlineData(7, 55092)]
    [InlineData(8, 390216)]
    public void NumberOfGamesByDepthIsTheKnownOne(int depth, long expected) => Assert.Equal(expected, Games(OthelloPosition.Start, depth));

    private static long Games(OthelloPosition position, int depth)
    {
        if (depth == 0) return 1;
        long games = 0;
        for (ulong legal = position.LegalSquares; legal != 0; legal &= legal - 1) games += Games(position.Play(BitOperations.TrailingZeroCount(legal)), depth - 1);
        return games;
    }

    [Fact]
    public void BoardsEqualTheReference()
    {
        DataSet reference = DataSet.Read(Files.InRepository("othello/boards-check.jsonl"));
        Assert.Equal(16, reference.Count);
        foreach (DataRow row in reference.Rows)
            Assert.Equal(row.Fields["boards"].EnumerateArray().Select(board => board.GetString()!), Othello.Boards(row.Tokens));
    }

    [Fact]
    public void HeldOutGamesAreLegalAndEndProperly()
    {
        Assert.Equal(512, HeldOut.Count);
        foreach (DataRow row in HeldOut.Rows) AssertEnds(row.Tokens!);
    }

    [Fact]
    public void RandomGamesAreLegalAndEndProperly()
    {
        ToyTask task = Othello.Games(2000, 7);
        foreach (DataRow row in task.Data.Rows)
        {
            Assert.Equal(Othello.RowLength, row.Tokens!.Length);
            AssertEnds(row.Tokens!);
        }

        Assert.Equal(2000, task.Data.Rows.Select(row => row.Text).Distinct().Count());
        Assert.Contains(task.Data.Rows, row => row.Tokens![^1] == Othello.Pad);
        Assert.Contains(task.Data.Rows, row => HasPass(row.Tokens!));
    }

    private static void AssertEnds(int[] tokens)
    {
        OthelloPosition[] positions = Othello.Replay(tokens);
        Assert.Equal(OthelloSide.None, positions[^1].ToMove);
        Assert.All(positions[..^1], position => Assert.NotEqual(OthelloSide.None, position.ToMove));
        for (int t = 0; t < positions.Length; t++)
        {
            Assert.Equal(0UL, positions[t].Black & positions[t].White);
            Assert.Equal(4 + t, positions[t].Discs(OthelloSide.Black) + positions[t].Discs(OthelloSide.White));
        }
    }

    private static bool HasPass(int[] tokens) => Othello.Replay(tokens).Skip(1).Any(p => p.ToMove == p.LastMover);

    [Fact]
    public void FirstMovesAreDrawnWithEqualChance()
    {
        int[] counts = new int[60];
        foreach (DataRow row in Othello.Games(4000, 3).Data.Rows) counts[row.Tokens![1]]++;
        int[] seen = counts.Where(n => n > 0).ToArray();
        Assert.Equal(4, seen.Length);
        Assert.All(seen, n => Assert.InRange(n, 1000 - 5 * 27, 1000 + 5 * 27)); // 5 standard deviations of a binomial with 4000 trials and chance 1/4
    }

    /// <summary>Legal moves by walking over squares one by one, against the bit boards.</summary>
    [Fact]
    public void LegalMovesAgreeWithAWalkOverSquares()
    {
        foreach (DataRow row in HeldOut.Take(64).Rows)
        {
            ulong[] legal = Othello.LegalMoves(row.Tokens);
            OthelloPosition[] positions = Othello.Replay(row.Tokens);
            Assert.Equal(row.Tokens!.Length, legal.Length);
            for (int t = 0; t < positions.Length; t++)
                for (int token = 0; token < Othello.MoveCount; token++)
                    Assert.Equal(WalkTurns(positions[t], Othello.SquareOf(token)), (legal[t] >> token & 1) != 0);
        }
    }

    private static bool WalkTurns(OthelloPosition position, int square)
    {
        ulong own = position.Of(position.ToMove);
        ulong other = position.ToMove == OthelloSide.None ? 0 : (position.Black | position.White) & ~own;
        bool Has(ulong discs, int r, int c) => r is >= 0 and < 8 && c is >= 0 and < 8 && (discs >> (r * 8 + c) & 1) != 0;
        if (((position.Black | position.White) >> square & 1) != 0) return false;
        for (int dr = -1; dr <= 1; dr++)
            for (int dc = -1; dc <= 1; dc++)
            {
                if (dr == 0 && dc == 0) continue;
                (int r, int c) = (square / 8 + dr, square % 8 + dc);
                if (!Has(other, r, c)) continue;
                while (Has(other, r, c)) (r, c) = (r + dr, c + dc);
                if (Has(own, r, c)) return true;
            }

        return false;
    }

    [Fact]
    public void LegalMovesOfPaddingAndOfAFinishedGameAreNone()
    {
        int[] shortGame = Othello.Games(2000, 7).Data.Rows.First(row => row.Tokens![^1] == Othello.Pad).Tokens!;
        ulong[] legal = Othello.LegalMoves(shortGame);
        int end = Array.IndexOf(shortGame, Othello.Pad);
        Assert.All(legal[..(end - 1)], set => Assert.NotEqual(0UL, set));
        Assert.All(legal[(end - 1)..], set => Assert.Equal(0UL, set));
    }

    [Fact]
    public void FirstLegalMovesAreD3C4F5E6()
    {
        ulong legal = Assert.Single(Othello.LegalMoves([Othello.Start]));
        Assert.Equal(["d3", "c4", "f5", "e6"], Enumerable.Range(0, 60).Where(k => (legal >> k & 1) != 0).Select(k => Othello.Vocabulary[k]));
    }

    [Fact]
    public void IllegalGamesAreRefusedWithTheMove()
    {
        int d3 = Othello.Vocabulary.ToList().IndexOf("d3");
        string message = Assert.Throws<StrataException>(() => Othello.Replay([Othello.Start, d3, 0])).Message;
        Assert.Contains("move 2 (token 0, a1) is illegal", message);
        Assert.Contains("legal for white: c3 e3 c5", message);
        Assert.Contains("expected <start>", Assert.Throws<StrataException>(() => Othello.Replay([d3])).Message);
        Assert.Contains("expected <start>", Assert.Throws<StrataException>(() => Othello.Replay([])).Message);
        Assert.Contains("move 1", Assert.Throws<StrataException>(() => Othello.Replay([Othello.Start, Othello.Start])).Message);
        Assert.Contains("move 1 (token 62)", Assert.Throws<StrataException>(() => Othello.Boards([Othello.Start, 62])).Message);
        Assert.Contains("follows padding", Assert.Throws<StrataException>(() => Othello.LegalMoves([Othello.Start, Othello.Pad, d3])).Message);
        Assert.Contains("game 1: move 1", Assert.Throws<StrataException>(() => Othello.Label(DataSet.FromTokens("x", [[Othello.Start], [Othello.Start, 0]]))).Message);
        Assert.Contains("no tokens", Assert.Throws<StrataException>(() => Othello.Label(DataSet.FromTexts("x", ["d3"]))).Message);
        int[] full = HeldOut.Rows.First(row => !row.Tokens!.Contains(Othello.Pad)).Tokens!;
        Assert.Contains("the game is over", Assert.Throws<StrataException>(() => Othello.Replay([.. full, 0])).Message);
    }

    [Fact]
    public void LabelsAgreeWithTheBoards()
    {
        ToyTask task = Othello.Label(HeldOut.Take(40));
        foreach ((string view, OthelloView kind) in new[] { ("relative", OthelloView.Relative), ("absolute", OthelloView.Absolute) })
        {
            int[][][] cells = Enumerable.Range(0, 64).Select(square => task.Labels[$"{view}.{Othello.SquareName(square)}"]).ToArray();
            for (int row = 0; row < task.Data.Count; row++)
            {
                string[] boards = Othello.Boards(task.Data[row].Tokens, kind);
                for (int move = 0; move < boards.Length; move++)
                    Assert.Equal(boards[move], string.Concat(cells.Select(cell => ".xo"[cell[row][move + 1]])));
                string start = string.Concat(cells.Select(cell => cell[row][0] < 0 ? '?' : ".xo"[cell[row][0]]));
                Assert.Equal(kind == OthelloView.Relative ? new string('?', 64) : $"{new string('.', 27)}ox{new string('.', 6)}xo{new string('.', 27)}", start);
            }
        }

        OthelloPosition[] first = Othello.Replay(task.Data[0].Tokens);
        Assert.Equal(first.Select(p => BitOperations.PopCount(p.LegalSquares)), task.Labels["legal_moves"][0].Take(first.Length));
        Assert.Equal(first.Select(p => (int)p.ToMove), task.Labels["next_mover"][0].Take(first.Length));
        Assert.Equal([-1, 1, 2], task.Labels["mover"][0].Take(3));
        Assert.Contains("mover", Assert.Throws<StrataException>(() => task.Labels["moverr"]).Message);
    }

    [Fact]
    public void AbsoluteBoardIsTheRelativeOneSeenFromBlack()
    {
        int[] game = HeldOut.Rows.First(row => HasPass(row.Tokens!)).Tokens!;
        OthelloPosition[] positions = Othello.Replay(game);
        string[] relative = Othello.Boards(game);
        string[] absolute = Othello.Boards(game, OthelloView.Absolute);
        for (int move = 0; move < relative.Length; move++)
        {
            bool white = positions[move + 1].LastMover == OthelloSide.White;
            Assert.Equal(absolute[move], white ? relative[move].Replace('x', '?').Replace('o', 'x').Replace('?', 'o') : relative[move]);
        }
    }

    [Fact]
    public void TextAndTokenizerAreThoseOfTheTrainedNetwork()
    {
        ToyTask task = Othello.Games(3, 1);
        Assert.All(HeldOut.Rows, row => Assert.Equal(row.Text, string.Join(' ', row.Tokens!.Where(t => t < 60).Select(t => Othello.Vocabulary[t]))));
        Assert.Equal(string.Join(' ', task.Data[0].Tokens!.Where(t => t < 60).Select(t => Othello.Vocabulary[t])), task.Data[0].Text);
        Files.InFolder(folder =>
        {
            task.WriteTokenizer(folder);
            foreach (string name in new[] { "tokenizer.json", "tokenizer_config.json" })
            {
                JsonNode? expected = JsonNode.Parse(File.ReadAllText(Files.InRepository($"othello/{name}")));
                Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name)))), name);
            }

            return 0;
        });
    }

    [Fact]
    public void GamesArePrefixesOfMoreGamesWithTheSameSeed()
    {
        DataSet many = Othello.Games(50, 11).Data;
        Assert.Equal(Othello.Games(20, 11).Data.Hash, many.Take(20).Hash);
        Assert.NotEqual(Othello.Games(20, 12).Data.Hash, many.Take(20).Hash);
        Assert.Throws<StrataException>(() => Othello.Games(0, 1));
    }
}
