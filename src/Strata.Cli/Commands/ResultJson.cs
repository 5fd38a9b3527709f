using System.Text.Json;
using System.Text.Json.Serialization;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>
/// The JSON of results: names in snake_case, numbers in the shortest form that reads back to the same value, null where a number is not defined
/// (JSON has no NaN), everything but ASCII escaped.
/// </summary>
internal static class ResultJson
{
    /// <summary>How documents are written.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new RealConverter() },
    };

    /// <summary>One evaluation, with what a method plan adds to it.</summary>
    public sealed record PlanResult(string Plan, double Loss, double Perplexity, double Top1, long Tokens, double Blocks, double FlopsPerToken)
    {
        /// <summary>The fields of an evaluation.</summary>
        public PlanResult(Evaluation e) : this(e.Plan.ToString(), e.Loss, e.Perplexity, e.Top1, e.Tokens, e.Cost.Blocks, e.Cost.FlopsPerToken) => Stopped = e.Stopped;

        /// <summary>Rows and loss where the plan was given up, and its other numbers are null.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public StoppedEarly? Stopped { get; init; }

        /// <summary>The method that made the plan.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Method { get; init; }

        /// <summary>First block that the method touches.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public int? Start { get; init; }

        /// <summary>Block after the last that the method touches.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public int? End { get; init; }
    }

    /// <summary>The rows of a matrix.</summary>
    public static double[][] Rows(double[,] matrix) =>
        Enumerable.Range(0, matrix.GetLength(0)).Select(i => Enumerable.Range(0, matrix.GetLength(1)).Select(j => matrix[i, j]).ToArray()).ToArray();

    /// <summary>A table: its columns by name, its notes and its provenance.</summary>
    public static object Of(Table table) => new
    {
        Columns = Columns(table),
        table.Notes,
        table.Provenance,
    };

    /// <summary>The columns of a table by name.</summary>
    public static Dictionary<string, object> Columns(Table table) => table.Columns.ToDictionary(c => c.Name, c => c.Kind == ColumnKind.Text ? (object)c.Texts : c.Numbers);

    private sealed class RealConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => throw new NotSupportedException("Results are written, not read.");

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
