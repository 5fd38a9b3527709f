using System.Text.Json;
using System.Text.RegularExpressions;
using Strata.Models;

namespace Strata.Research;

/// <summary>One result of MTEB read from its JSON: a model, a task, a split and a subset.</summary>
/// <param name="Model">The model as its folder or <c>model_meta.json</c> names it.</param>
/// <param name="Revision">The model's revision.</param>
/// <param name="Task">The task.</param>
/// <param name="Split">The part of the data.</param>
/// <param name="Subset">The subset, such as a language; <c>default</c> where there is one alone.</param>
/// <param name="Scores">Every score that is a number, by name.</param>
public sealed partial record MtebResult(string Model, string Revision, string Task, string Split, string Subset, IReadOnlyDictionary<string, double> Scores)
{
    private const int MaxFiles = 100_000;
    private const long MaxBytes = 256L << 20;

    /// <summary>Reads a file, or all results of a folder and those in it, as MTEB (1.11 and later) writes them: <c>results/MODEL/REVISION/TASK.json</c>.</summary>
    /// <exception cref="InvalidFileException">There is no such file, none is a result, or one is broken.</exception>
    public static IReadOnlyList<MtebResult> Read(string path)
    {
        if (File.Exists(path)) return ReadFile(path);
        if (!Directory.Exists(path)) throw new InvalidFileException(path, "does not exist; expected a folder of results of MTEB, or one of its files (TASK.json).");
        EnumerationOptions options = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8, AttributesToSkip = FileAttributes.ReparsePoint };
        string[] files = Directory.EnumerateFiles(path, "*.json", options).Where(file => Path.GetFileName(file) != MtebFiles.Meta).Take(MaxFiles).Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0 ? files.SelectMany(ReadFile).ToArray() : throw new InvalidFileException(path, "has no results (TASK.json).");
    }

    /// <summary>Scores of a sweep beside those read: the main score at every point, and the same score of every model.</summary>
    /// <param name="sweep">Our scores.</param>
    /// <param name="others">Results of the same tasks; others are left out.</param>
    /// <returns>One row per task, pooling, point and model: <c>task</c>, <c>point</c>, <c>pooling</c>, <c>score</c>, <c>ours</c>, <c>model</c>, <c>theirs</c>, <c>difference</c>.</returns>
    /// <exception cref="StrataException">No task is in both.</exception>
    public static Table Compare(TaskSweep sweep, IReadOnlyList<MtebResult> others)
    {
        (TaskScore Ours, MtebResult Theirs)[] rows = sweep.Scores.SelectMany(s => others.Where(o => o.Task == s.Task.Name && o.Split == s.Task.Split && o.Scores.ContainsKey(s.Task.MainScore)).Select(o => (s, o))).ToArray();
        if (rows.Length == 0) throw new StrataException($"None of the results is of a task that was run: {string.Join(", ", others.Select(o => o.Task).Distinct().Take(10))} beside {string.Join(", ", sweep.Scores.Select(s => s.Task.Name).Distinct())}. Tasks are matched by name and split.");
        double Theirs((TaskScore Ours, MtebResult Theirs) row) => row.Theirs.Scores[row.Ours.Task.MainScore];
        return new Table("Beside results of MTEB", sweep.Table.Provenance,
            Column.Text("task", rows.Select(r => r.Ours.Task.Name)),
            Column.Text("point", rows.Select(r => r.Ours.Point)),
            Column.Text("pooling", rows.Select(r => r.Ours.Pooling.ToString().ToLowerInvariant())),
            Column.Text("score", rows.Select(r => r.Ours.Task.MainScore)),
            Column.Real("ours", rows.Select(r => r.Ours.Main)),
            Column.Text("model", rows.Select(r => r.Theirs.Subset == "default" ? r.Theirs.Model : $"{r.Theirs.Model} ({r.Theirs.Subset})")),
            Column.Real("theirs", rows.Select(Theirs)),
            Column.Real("difference", rows.Select(r => r.Ours.Main - Theirs(r))));
    }

    private static MtebResult[] ReadFile(string path)
    {
        using JsonDocument document = Open(path);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("task_name", out JsonElement task) || task.ValueKind != JsonValueKind.String || !root.TryGetProperty("scores", out JsonElement splits) || splits.ValueKind != JsonValueKind.Object)
            throw new InvalidFileException(path, "is no result of MTEB 1.11 or later; expected an object with task_name and scores.");
        (string model, string revision) = Owner(path);
        List<MtebResult> results = [];
        foreach (JsonProperty split in splits.EnumerateObject())
        {
            if (split.Value.ValueKind != JsonValueKind.Array) throw new InvalidFileException(path, $"scores: \"{split.Name}\" is no list of subsets.");
            foreach (JsonElement subset in split.Value.EnumerateArray())
            {
                if (subset.ValueKind != JsonValueKind.Object) throw new InvalidFileException(path, $"scores: \"{split.Name}\" holds something else than subsets.");
                Dictionary<string, double> scores = [];
                foreach (JsonProperty score in subset.EnumerateObject())
                {
                    if (score.Value.ValueKind == JsonValueKind.Number && score.Value.TryGetDouble(out double value)) scores[score.Name] = value;
                }

                string name = subset.TryGetProperty("hf_subset", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "default";
                results.Add(new MtebResult(model, revision, task.GetString()!, split.Name, name, scores));
            }
        }

        return results.ToArray();
    }

    /// <summary>The model of a result: what lies beside it says, else the two folders above it.</summary>
    private static (string Model, string Revision) Owner(string path)
    {
        DirectoryInfo folder = new(Path.GetDirectoryName(Path.GetFullPath(path))!);
        (string model, string revision) = (folder.Parent?.Name.Replace("__", "/") ?? "", folder.Name);
        string meta = Path.Combine(folder.FullName, MtebFiles.Meta);
        if (!File.Exists(meta)) return (model, revision);
        using JsonDocument document = Open(meta);
        string? Text(string field) => document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return (Text("name") ?? model, Text("revision") ?? revision);
    }

    private static JsonDocument Open(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new InvalidFileException(path, $"has over {MaxBytes >> 20} MiB; a result is small.");
            // Python writes NaN and Infinity, which are no JSON: scores that are not defined.
            return JsonDocument.Parse(NotNumbers().Replace(File.ReadAllText(path), "null"));
        }
        catch (JsonException e)
        {
            throw new InvalidFileException(path, $"broken JSON: {e.Message.TrimEnd('.')}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"(?<=[\s:,\[])(NaN|-?Infinity)(?=[\s,\]}])", RegexOptions.CultureInvariant)]
    private static partial Regex NotNumbers();
}
