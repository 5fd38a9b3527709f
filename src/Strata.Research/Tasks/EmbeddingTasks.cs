using Strata.Models;

namespace Strata.Research;

/// <summary>Finds embedding tasks: files and folders in MTEB's layouts, descriptions, and the tasks that come with Strata.</summary>
public static class EmbeddingTasks
{
    /// <summary>The tasks that need no files, with what they ask; <c>othello</c> stands for all of them.</summary>
    public static IReadOnlyList<(string Name, string What)> BuiltIn { get; } = [.. OthelloTasks.Names, ("othello", "all of these")];

    /// <summary>
    /// Reads one task: a folder (<c>train.jsonl</c> and <c>test.jsonl</c>, or <c>corpus.jsonl</c>, <c>queries.jsonl</c> and <c>qrels/test.tsv</c>, with or without <c>task.yaml</c>), a file of rows
    /// (<c>.jsonl</c>), or a description (<c>.yaml</c>). Every <c>.jsonl</c> may be a <c>.parquet</c>.
    /// </summary>
    /// <exception cref="InvalidFileException">A file is missing or broken; the message has the line.</exception>
    public static EmbeddingTask Read(string path) => TaskReader.Read(path);

    /// <summary>Tasks by path or by name.</summary>
    /// <exception cref="InvalidFileException">A file is missing or broken.</exception>
    /// <exception cref="StrataException">Nothing has this name.</exception>
    public static IReadOnlyList<EmbeddingTask> Find(IEnumerable<string> pathsOrNames)
    {
        List<EmbeddingTask> tasks = [];
        foreach (string given in pathsOrNames)
        {
            if (File.Exists(given) || Directory.Exists(given)) tasks.Add(Read(given));
            else if (given == "othello") tasks.AddRange(OthelloTasks.Names.Select(n => OthelloTasks.Create(n.Name)));
            else if (OthelloTasks.Names.Any(n => n.Name == given)) tasks.Add(OthelloTasks.Create(given));
            else throw new StrataException($"\"{given}\" is no folder, no file and no task that comes with Strata. {NearestNames.Suggest(given, BuiltIn.Select(b => b.Name))}");
        }

        return tasks.Count > 0 ? tasks : throw new StrataException("No task was given.");
    }
}
