using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>Writes the scores of a sweep as MTEB writes its results, so that its tools read them: every layer and pooling is a model of its own.</summary>
public static class MtebFiles
{
    internal const string Meta = "model_meta.json";

    /// <summary>
    /// Writes <c>FOLDER/strata__MODEL--POINT-POOLING/REVISION/TASK.json</c> and a <c>model_meta.json</c> beside it; the revision is the beginning of the weights' SHA-256. Numbers are not rounded. Files that exist are
    /// replaced.
    /// </summary>
    /// <returns>The files of results.</returns>
    /// <exception cref="InvalidFileException">The folder cannot be written.</exception>
    public static IReadOnlyList<string> Write(TaskSweep sweep, string folder)
    {
        List<string> written = [];
        string revision = sweep.Table.Provenance.ModelHash is { } hash ? hash[..Math.Min(12, hash.Length)] : "no_revision_available";
        try
        {
            foreach (IGrouping<(string Point, Pooling Pooling), TaskScore> layer in sweep.Scores.GroupBy(s => (s.Point, s.Pooling)))
            {
                string model = $"{Plain(Path.GetFileName(Path.TrimEndingDirectorySeparator(sweep.Model)))}--{layer.Key.Point}-{layer.Key.Pooling.ToString().ToLowerInvariant()}";
                string place = Path.Combine(folder, $"strata__{Plain(model)}", revision);
                Directory.CreateDirectory(place);
                AtomicFile.Write(Path.Combine(place, Meta), stream => WriteMeta(stream, model, revision));
                foreach (TaskScore score in layer)
                {
                    string file = Path.Combine(place, $"{Plain(score.Task.Name)}.json");
                    AtomicFile.Write(file, stream => WriteResult(stream, score));
                    written.Add(file);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(folder, $"cannot be written: {e.Message}", e);
        }

        return written;
    }

    private static void WriteResult(Stream stream, TaskScore score)
    {
        using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("dataset_revision", score.Task.Revision);
        writer.WriteString("task_name", score.Task.Name);
        writer.WriteString("mteb_version", EmbeddingTask.ProtocolVersion);
        writer.WriteStartObject("scores");
        writer.WriteStartArray(score.Task.Split);
        writer.WriteStartObject();
        WriteScores(writer, score);
        writer.WriteString("hf_subset", "default");
        writer.WriteStartArray("languages");
        foreach (string language in score.Task.Languages) writer.WriteStringValue(language);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteNull("evaluation_time");
        writer.WriteNull("kg_co2_emissions");
        writer.WriteEndObject();
    }

    private static void WriteScores(Utf8JsonWriter writer, TaskScore score)
    {
        WriteRuns(writer, score);
        foreach ((string name, double value) in score.Result.Scores) Number(writer, name, value);

        // MTEB gives each similarity again as the model's own, which is the cosine where a model has no other.
        string own = score.Task.Kind == TaskKind.PairClassification ? "similarity_" : "";
        if (score.Task.Kind is TaskKind.PairClassification or TaskKind.Sts or TaskKind.Summarization)
        {
            foreach ((string name, double value) in score.Result.Scores.Where(s => s.Key.StartsWith("cosine_", StringComparison.Ordinal))) Number(writer, own + name["cosine_".Length..], value);
        }

        Number(writer, "main_score", score.Main);
    }

    private static void WriteRuns(Utf8JsonWriter writer, TaskScore score)
    {
        IReadOnlyList<IReadOnlyDictionary<string, double>> runs = score.Result.Runs;
        if (score.Task.Kind == TaskKind.Classification)
        {
            writer.WriteStartArray("scores_per_experiment");
            foreach (IReadOnlyDictionary<string, double> run in runs)
            {
                writer.WriteStartObject();
                foreach ((string name, double value) in run) Number(writer, name, value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
        else if (score.Task.Kind == TaskKind.Clustering && !runs[0].ContainsKey("level"))
        {
            WriteList(writer, "v_measures", runs.Select(run => run["v_measure"]));
        }
        else if (score.Task.Kind == TaskKind.Clustering)
        {
            foreach ((string list, string name) in new[] { ("v_measures", "v_measure"), ("ami_scores", "ami") })
            {
                writer.WriteStartObject(list);
                foreach (IGrouping<double, IReadOnlyDictionary<string, double>> level in runs.GroupBy(run => run["level"])) WriteList(writer, $"Level {level.Key}", level.Select(run => run[name]));
                writer.WriteEndObject();
            }
        }
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable<double> values)
    {
        writer.WriteStartArray(name);
        foreach (double value in values) writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    private static void WriteMeta(Stream stream, string model, string revision)
    {
        using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("name", $"strata/{model}");
        writer.WriteString("revision", revision);
        foreach (string unknown in new[] { "release_date", "languages", "loader", "n_parameters", "memory_usage_mb", "max_tokens", "embed_dim", "license", "open_weights", "public_training_code", "public_training_data", "use_instructions", "training_datasets" }) writer.WriteNull(unknown);
        writer.WriteString("similarity_fn_name", "cosine");
        writer.WriteStartArray("framework");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(name, value);
        else writer.WriteNull(name);
    }

    /// <summary>A name as one part of a path: what could mean another folder becomes a low line.</summary>
    private static string Plain(string name)
    {
        string plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '#' ? c : '_')).Trim('.');
        return plain.Length > 0 ? plain : "_";
    }
}
