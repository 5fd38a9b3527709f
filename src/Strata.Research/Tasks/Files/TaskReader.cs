using System.Globalization;
using System.Security.Cryptography;
using Strata.Models;

namespace Strata.Research;

/// <summary>Reads tasks from files in MTEB's layouts. The type follows from the fields of the rows where a description does not give it.</summary>
internal sealed class TaskReader
{
    /// <summary>The files that a task may have.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["train", "test", "corpus", "queries", "qrels"];

    /// <summary>The fields of rows, under MTEB's names.</summary>
    public static IReadOnlyList<string> Fields { get; } =
        ["text", "label", "sentences", "labels", "sentence1", "sentence2", "score", "query", "positive", "negative", "human_summaries", "machine_summaries", "relevance", "title", "_id"];

    private static readonly string[] Extensions = [".jsonl", ".ndjson", ".json", ".parquet"];

    private readonly string _folder, _path, _name, _split;
    private readonly TaskDescription _about;
    private readonly SortedSet<string> _read = new(StringComparer.Ordinal);

    private TaskReader(string path, string folder, TaskDescription about, string? name)
    {
        (_path, _folder, _about) = (path, folder, about);
        _name = about["name"] ?? name ?? Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        _split = about["split"] ?? "test";
        if (_split.Length == 0 || _split.IndexOfAny(['/', '\\']) >= 0) throw new InvalidFileException(path, $"split: \"{_split}\" is no name of a part.");
    }

    /// <summary>The task of a folder, of a file of rows, or of a description (.yaml, .yml, or a file named task.json).</summary>
    /// <param name="path">Folder or file.</param>
    /// <param name="name">What the task is called where no description says it; null for the name of the folder or file.</param>
    /// <exception cref="InvalidFileException">A file is missing or broken; the message has the line.</exception>
    public static EmbeddingTask Read(string path, string? name = null)
    {
        if (Directory.Exists(path)) return OfFolder(path, name);
        string extension = Path.GetExtension(path).ToLowerInvariant(), folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!File.Exists(path)) throw new InvalidFileException(path, "does not exist. Expected a folder with train.jsonl and test.jsonl or with corpus.jsonl, a file of rows (.jsonl, .parquet), or a description (.yaml).");
        if (extension is ".yaml" or ".yml" || Path.GetFileName(path) == "task.json") return new TaskReader(path, folder, TaskDescription.Read(path), name).Build(null);
        return new TaskReader(path, folder, TaskDescription.None(path), name).Build(path);
    }

    private static EmbeddingTask OfFolder(string path, string? name)
    {
        string? about = new[] { "task.yaml", "task.yml", "task.json" }.Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists);
        return new TaskReader(path, path, about is null ? TaskDescription.None(path) : TaskDescription.Read(about), name).Build(null);
    }

    private EmbeddingTask Build(string? rows)
    {
        try
        {
            TaskKind? kind = _about["type"] is string type ? TaskKinds.Parse(type) : null;
            bool corpus = kind == TaskKind.Retrieval || (kind is null && rows is null && Corpus() is not null);
            EmbeddingTask task = corpus ? Retrieval() : OfRows(kind, Rows(rows is null ? SplitFiles("test", _split) ?? throw Missing($"{_split}.jsonl") : [rows]));
            task.Split = _split;
            task.Revision = _about["revision"] ?? Hash();
            if (_about["languages"] is string languages) task.Languages = languages.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return task;
        }
        catch (StrataException e) when (e is not InvalidFileException)
        {
            throw new InvalidFileException(_path, e.Message, e);
        }
    }

    private EmbeddingTask OfRows(TaskKind? kind, List<TaskRow> rows) => (kind ?? Guess(rows[0])) switch
    {
        TaskKind.Classification => Classification(rows),
        TaskKind.Clustering => Clustering(rows),
        TaskKind.PairClassification => new PairClassificationTask(_name, rows.SelectMany(Pairs).ToArray()),
        TaskKind.Reranking => new RerankingTask(_name, rows.Select(row => new RerankedQuery(row.Text(F("query")), row.Texts(F("positive")), row.Texts(F("negative")))).ToArray()),
        TaskKind.Sts => new StsTask(_name, rows.Select(row => (row.Text(F("sentence1")), row.Text(F("sentence2")), row.Number(F("score")))).ToArray()),
        _ => new SummarizationTask(_name, rows.Select(Summaries).ToArray()),
    };

    /// <summary>The type whose fields the first row has.</summary>
    private TaskKind Guess(TaskRow row)
    {
        bool Has(params string[] fields) => fields.All(field => row.Fields.TryGetProperty(F(field), out _));
        if (Has("machine_summaries", "relevance")) return TaskKind.Summarization;
        if (Has("query", "positive", "negative")) return TaskKind.Reranking;
        if (Has("sentence1", "sentence2", "score")) return TaskKind.Sts;
        if (Has("sentence1", "sentence2", "labels")) return TaskKind.PairClassification;
        if (Has("sentences", "labels")) return TaskKind.Clustering;
        if (Has("text", "label")) return TaskKind.Classification;
        string given = string.Join(", ", row.Fields.EnumerateObject().Select(p => p.Name).Take(10));
        throw row.Broken($"the fields {given} are those of no type of task. Expected text and label; sentences and labels; sentence1, sentence2 and labels or score; query, positive and negative; or human_summaries, machine_summaries and relevance. A description of the task may give the type and other names (docs/tasks.md)");
    }

    private ClassificationTask Classification(List<TaskRow> test)
    {
        List<TaskRow> train = Rows(SplitFiles("train", "train") ?? throw Missing("train.jsonl, the rows that classifiers are trained on"));
        (string Text, string Label)[] known = Labelled(train);
        HashSet<string> labels = [.. known.Select(row => row.Label)];
        TaskRow? unknown = test.FirstOrDefault(row => !labels.Contains(row.Label(F("label"))));
        if (unknown is not null) throw unknown.Broken($"the label \"{unknown.Label(F("label"))}\" occurs in no training row. {NearestNames.Suggest(unknown.Label(F("label")), labels)}");
        ClassificationProtocol usual = new();
        return new ClassificationTask(_name, known, Labelled(test), usual with
        {
            Experiments = _about.Count("experiments") ?? usual.Experiments,
            SamplesPerLabel = _about.Count("samples-per-label") ?? usual.SamplesPerLabel,
            C = _about.Positive("c") ?? usual.C,
        });
    }

    private (string Text, string Label)[] Labelled(List<TaskRow> rows) => rows.Select(row => (row.Text(F("text")), row.Label(F("label")))).ToArray();

    private ClusteringTask Clustering(List<TaskRow> rows)
    {
        if (rows[0].IsList(F("sentences"))) return ClusteringTask.OfSets(_name, rows.Select(ClusteredSet).ToArray());
        ClusteringProtocol usual = new();
        return new ClusteringTask(_name, rows.Select(row => (row.Text(F("sentences")), (IReadOnlyList<string>)row.Labels(F("labels")))).ToArray(), usual with
        {
            Clusterings = _about.Count("clusterings") ?? usual.Clusterings,
            DocumentsPerClustering = _about.Count("documents-per-clustering") ?? usual.DocumentsPerClustering,
            MaxDocuments = _about.Count("max-documents"),
        });
    }

    private IReadOnlyList<(string, string)> ClusteredSet(TaskRow row)
    {
        string[] texts = row.Texts(F("sentences")), labels = row.Labels(F("labels"));
        if (texts.Length != labels.Length || texts.Length == 0) throw row.Broken($"{texts.Length} sentences and {labels.Length} labels; expected one label per sentence, and at least one");
        return texts.Zip(labels).ToArray();
    }

    /// <summary>One pair of a row, or, as in MTEB's older layout, the many pairs of its lists.</summary>
    private IEnumerable<(string, string, bool)> Pairs(TaskRow row)
    {
        if (!row.IsList(F("sentence1"))) return [(row.Text(F("sentence1")), row.Text(F("sentence2")), row.Flag(F("labels")))];
        string[] first = row.Texts(F("sentence1")), second = row.Texts(F("sentence2"));
        bool[] labels = row.Flags(F("labels"));
        if (first.Length != second.Length || first.Length != labels.Length) throw row.Broken($"{first.Length} first sentences, {second.Length} second ones and {labels.Length} labels; expected as many of each");
        return first.Zip(second, labels);
    }

    private SummarizedText Summaries(TaskRow row)
    {
        SummarizedText text = new(row.Texts(F("human_summaries")), row.Texts(F("machine_summaries")), row.Numbers(F("relevance")));
        if (text.Human.Count == 0 || text.Machine.Count != text.Relevance.Count) throw row.Broken($"{text.Human.Count} human summaries, {text.Machine.Count} machine summaries and {text.Relevance.Count} judgements; expected a human summary, and one judgement per machine summary");
        return text;
    }

    private RetrievalTask Retrieval()
    {
        string[] judged = Files("qrels", $"qrels/{_split}", "qrels", $"default/{_split}", _split) ?? throw Missing($"the judgements, qrels/{_split}.tsv");
        string[] asking = Files("queries", "queries", $"queries/{_split}", "queries/queries") ?? throw Missing("queries.jsonl");
        (string Id, string Text)[] corpus = Identified(Corpus() ?? throw Missing("corpus.jsonl"), Document), queries = Identified(asking, row => row.Text(F("text")));
        HashSet<string> documents = [.. corpus.Select(d => d.Id)], asked = [.. queries.Select(q => q.Id)];
        return new RetrievalTask(_name, corpus, queries, judged.SelectMany(file => Judgements(file, asked, documents)).ToArray());
    }

    private IEnumerable<(string, string, int)> Judgements(string file, HashSet<string> queries, HashSet<string> documents)
    {
        _read.Add(file);
        foreach ((string query, string document, int gain, long line) in RelevanceFile.Read(file))
        {
            if (!queries.Contains(query)) throw new InvalidFileException(file, $"{RowObjects.Place(file, line)}: no query has the id \"{query}\". {NearestNames.Suggest(query, queries.Take(1000))}");
            if (!documents.Contains(document)) throw new InvalidFileException(file, $"{RowObjects.Place(file, line)}: no document has the id \"{document}\". {NearestNames.Suggest(document, documents.Take(1000))}");
            yield return (query, document, gain);
        }
    }

    private (string Id, string Text)[] Identified(string[] files, Func<TaskRow, string> text)
    {
        HashSet<string> seen = [];
        return Rows(files).Select(row =>
        {
            string id = row.Label(row.Fields.TryGetProperty(F("_id"), out _) ? F("_id") : "id");
            return seen.Add(id) ? (id, text(row)) : throw row.Broken($"the id \"{id}\" was given before; ids are given once");
        }).ToArray();
    }

    /// <summary>Title and text as MTEB joins them; one of them may be missing or empty.</summary>
    private string Document(TaskRow row)
    {
        string title = row.Fields.TryGetProperty(F("title"), out System.Text.Json.JsonElement value) && value.ValueKind == System.Text.Json.JsonValueKind.String ? value.GetString()! : "";
        return title.Length == 0 ? row.Text(F("text")) : (title + " " + (row.Get(F("text")) is { ValueKind: System.Text.Json.JsonValueKind.String } text ? text.GetString() : row.Text(F("text")))).Trim();
    }

    private List<TaskRow> Rows(string[] files)
    {
        _read.UnionWith(files);
        return [.. files.SelectMany(TaskRow.Read)];
    }

    private string F(string field) => _about.Field(field);

    private string[]? Corpus() => Files("corpus", "corpus", $"corpus/{_split}", "corpus/corpus");

    private string[]? SplitFiles(string part, string split) => Files(part, split, $"data/{split}");

    /// <summary>The files of a part: the one that the description names, else the first of the usual names that exists, whole or in the numbered pieces of the hub; null where there is none.</summary>
    private string[]? Files(string part, params string[] usual)
    {
        if (_about.File(part) is string given)
        {
            string path = Path.Combine(_folder, given);
            return File.Exists(path) ? [path] : throw new InvalidFileException(_path, $"files: {part}: {path} does not exist.");
        }

        string[] extensions = part == "qrels" ? [".tsv", .. Extensions] : Extensions;
        return usual.SelectMany(name => extensions.Select(extension => FileOrPieces(Path.Combine(_folder, name), extension))).FirstOrDefault(files => files.Length > 0);
    }

    /// <summary>NAME.EXTENSION, or else NAME-00000-of-00002.EXTENSION and those that follow it; none where there is neither.</summary>
    private string[] FileOrPieces(string name, string extension)
    {
        if (File.Exists(name + extension)) return [name + extension];
        string folder = Path.GetDirectoryName(name)!;
        if (!Directory.Exists(folder)) return [];
        string[] pieces = [.. Directory.GetFiles(folder, $"{Path.GetFileName(name)}-?????-of-?????{extension}").Order(StringComparer.Ordinal)];
        if (pieces.Length == 0) return [];
        string[] expected = [.. Enumerable.Range(0, pieces.Length).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}-{i:00000}-of-{pieces.Length:00000}{extension}"))];
        return pieces.SequenceEqual(expected) ? pieces : throw new InvalidFileException(_path, $"has the pieces {string.Join(", ", pieces.Take(4).Select(Path.GetFileName))} of {Path.GetFileName(name)}{extension}; expected all of those that their names count, once.");
    }

    private InvalidFileException Missing(string what) => new(_path, $"has no {what}. Beside a description, its files: map names them; docs/tasks.md has the layouts.");

    /// <summary>The beginning of the SHA-256 of all files that were read.</summary>
    private string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in _read)
        {
            using FileStream stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }
}
