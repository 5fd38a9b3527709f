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

    /// <summary>Tasks by path, by name, or from the hub: <c>hf:mteb/banking77</c>, whose files are downloaded where they are not in the cache; its revision is the commit.</summary>
    /// <param name="pathsOrNames">At least one.</param>
    /// <param name="request">Who is told of a download and of its progress; null for standard error.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="InvalidFileException">A file is missing or broken.</exception>
    /// <exception cref="HubException">The data set is not on the hub, or was not reached.</exception>
    /// <exception cref="StrataException">Nothing has this name.</exception>
    public static IReadOnlyList<EmbeddingTask> Find(IEnumerable<string> pathsOrNames, TaskRequest? request = null, CancellationToken cancellation = default)
    {
        request ??= new TaskRequest();
        List<EmbeddingTask> tasks = [];
        foreach (string given in pathsOrNames)
        {
            if (HubReference.IsOne(given)) tasks.Add(OfHub(HubReference.Parse(given, HubKind.DataSet), request, cancellation));
            else if (File.Exists(given) || Directory.Exists(given)) tasks.Add(Read(given));
            else if (given == "othello") tasks.AddRange(OthelloTasks.Names.Select(n => OthelloTasks.Create(n.Name)));
            else if (OthelloTasks.Names.Any(n => n.Name == given)) tasks.Add(OthelloTasks.Create(given));
            else throw new StrataException($"\"{given}\" is no folder, no file and no task that comes with Strata. {NearestNames.Suggest(given, BuiltIn.Select(b => b.Name))}");
        }

        return tasks.Count > 0 ? tasks : throw new StrataException("No task was given.");
    }

    private static EmbeddingTask OfHub(HubReference reference, TaskRequest request, CancellationToken cancellation)
    {
        using HubClient hub = new();
        HubSnapshot files = hub.Fetch(reference, null, request.Announce, request.Progress, cancellation);
        EmbeddingTask task = TaskReader.Read(reference.File is null ? files.Folder : files.Files[0], reference.Id.Split('/')[^1]);
        task.Revision = files.Commit;
        return task;
    }
}
