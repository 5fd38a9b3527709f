using System.Globalization;
using System.Numerics;
using Strata.Models;

namespace Strata.Research;

/// <summary>Small tasks made of random Othello games, written as a tokenizer with the names of the squares reads them: for networks that play, and to try tasks without data of one's own.</summary>
public static class OthelloTasks
{
    private const int Games = 400, Openings = 3;
    private static readonly Lazy<int[][]> Played = new(() => Othello.Games(Games, 42).Data.Rows.Select(row => row.Tokens!.Where(token => token < Othello.MoveCount).ToArray()).Where(game => game.Length >= 44).ToArray());

    /// <summary>The names of the tasks with what they ask.</summary>
    public static IReadOnlyList<(string Name, string What)> Names { get; } =
    [
        ("othello-phase", "classification: is a position from the opening, the middle or the end of its game?"),
        ("othello-opening", "clustering: games after 12 moves by their first three"),
        ("othello-board", "similarity: on how many squares do two positions after as many moves agree?"),
        ("othello-same-opening", "retrieval: games that begin with the same three moves"),
    ];

    /// <summary>A task by name; the same games each time.</summary>
    /// <exception cref="StrataException">There is no such task.</exception>
    public static EmbeddingTask Create(string name)
    {
        EmbeddingTask task = name switch
        {
            "othello-phase" => Phase(name),
            "othello-opening" => Opening(name),
            "othello-board" => Board(name),
            "othello-same-opening" => SameOpening(name),
            _ => throw new StrataException($"There is no task \"{name}\". {NearestNames.Suggest(name, Names.Select(n => n.Name))}"),
        };
        task.Revision = string.Create(CultureInfo.InvariantCulture, $"{Games}-random-games-seed-42");
        return task;
    }

    /// <summary>Positions after 4 to 15, 20 to 31 and 36 to 43 moves; every second game is for training.</summary>
    private static ClassificationTask Phase(string name)
    {
        (string Label, int First, int Count)[] phases = [("opening", 4, 12), ("middle", 20, 12), ("end", 36, 8)];
        (string, string)[] rows = Played.Value.Select((game, i) => (Text(game, phases[i / 2 % 3].First + i * 5 % phases[i / 2 % 3].Count), phases[i / 2 % 3].Label)).ToArray();
        return new ClassificationTask(name, rows.Where((_, i) => i % 2 == 0).ToArray(), rows.Where((_, i) => i % 2 == 1).ToArray());
    }

    private static ClusteringTask Opening(string name) =>
        new(name, Played.Value.Select(game => (Text(game, 12), (IReadOnlyList<string>)[Text(game, Openings)])).ToArray(), new ClusteringProtocol { DocumentsPerClustering = 1000 });

    private static StsTask Board(string name) => new(name, Enumerable.Range(0, Played.Value.Length - 1).Select(i =>
    {
        int moves = 6 + i * 7 % 30;
        int[] first = Played.Value[i], second = Played.Value[i + 1];
        OthelloPosition a = After(first, moves), b = After(second, moves);
        ulong differ = (a.Black ^ b.Black) | (a.White ^ b.White);
        return (Text(first, moves), Text(second, moves), (double)(64 - BitOperations.PopCount(differ)));
    }).ToArray());

    /// <summary>Every fourth game asks, after 10 moves, for those of the others, after 14, that began alike.</summary>
    private static RetrievalTask SameOpening(string name)
    {
        (string Id, int[] Game)[] games = Played.Value.Select((game, i) => (string.Create(CultureInfo.InvariantCulture, $"g{i:000}"), game)).ToArray();
        (string Id, int[] Game)[] corpus = games.Where((_, i) => i % 4 != 0).ToArray(), queries = games.Where((_, i) => i % 4 == 0).ToArray();
        (string, string, int)[] same = queries.SelectMany(q => corpus.Where(d => Text(d.Game, Openings) == Text(q.Game, Openings)).Select(d => (q.Id, d.Id, 1))).ToArray();
        return new RetrievalTask(name, corpus.Select(d => (d.Id, Text(d.Game, 14))).ToArray(), queries.Select(q => (q.Id, Text(q.Game, 10))).ToArray(), same);
    }

    private static string Text(int[] game, int moves) => string.Join(' ', game.Take(moves).Select(token => Othello.Vocabulary[token]));

    private static OthelloPosition After(int[] game, int moves) => Othello.Replay([Othello.Start, .. game.Take(moves)])[^1];
}
