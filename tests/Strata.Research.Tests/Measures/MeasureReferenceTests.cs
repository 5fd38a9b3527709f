using System.Text.Json;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Every measure in every form against numpy, scipy and scikit-learn.</summary>
public class MeasureReferenceTests
{
    private const string Before = "blocks.0.resid_pre", Read = "blocks.0.mlp.post", Written = "blocks.0.mlp_out", Mixed = "blocks.0.attn.z";

    /// <summary>Counts, which a rounding of the input may move by whole steps.</summary>
    private static readonly string[] Steps = ["sparsity", "nearest-centre", "nc4", "synchronised-units", "two-nn", "pca-dimension", "gram-rank"];

    [SkippableFact]
    public void AgreeWithNumpyScipyAndScikitLearn()
    {
        Python.Require("sklearn", "python3-sklearn");
        string folder = Directory.CreateTempSubdirectory("strata").FullName;
        try
        {
            string draws = Path.Combine(folder, "draws.json"), path = Path.Combine(folder, "out.json");
            File.WriteAllText(draws, JsonSerializer.Serialize(Draws()));
            Python.RunReference("measures.py", draws, path);
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            HashSet<(string, string)> seen = [];
            List<string> wrong = [];
            foreach (JsonElement set in document.RootElement.EnumerateArray())
            {
                foreach (JsonElement test in set.GetProperty("cases").EnumerateArray())
                {
                    string measure = Text(test, "measure"), form = Text(test, "form"), parameters = Text(test, "parameters");
                    double value = Compute(set, measure, form, parameters), expected = Number(test, "value"), exact = Number(test, "exact");
                    string name = $"{Text(set, "name")} {measure} {form} {parameters}";
                    if (!(Math.Abs(value - expected) <= 1e-6 * Math.Max(Math.Abs(expected), 1e-2))) wrong.Add($"{name}: {value:R}, reference {expected:R}");
                    double loose = Steps.Contains(measure) ? 0.05 : 1e-4;
                    if (!(Math.Abs(value - exact) <= loose * Math.Max(1, Math.Abs(exact)))) wrong.Add($"{name} from float64: {value:R}, reference {exact:R}");
                    seen.Add((measure.Replace("pooled:", ""), form));
                }
            }

            Assert.True(wrong.Count == 0, string.Join("\n", wrong));
            IEnumerable<(string, string)> all = Research.Measures.All.SelectMany(m => m.About.References.Select(r => (m.Name, $"reference:{r.Name}")).Append((m.Name, "textbook")));
            Assert.Empty(all.Where(m => !seen.Contains(m)).Select(m => $"{m.Item1} {m.Item2}"));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>The data sets of the reference: prompts, and tokens of each.</summary>
    private static readonly (string Name, int Prompts, int Tokens)[] Shapes = [("tall", 14, 9), ("wide", 6, 5), ("many", 60, 7)];

    /// <summary>What is drawn at random: row numbers for pairs of rows, among them pairs of one prompt, which are passed over; and the successive orders of the prompts.</summary>
    private static Dictionary<string, object> Draws() => Shapes.ToDictionary(shape => shape.Name, shape =>
    {
        Random rows = new(0), shuffles = new(0);
        int[] order = Enumerable.Range(0, shape.Prompts).ToArray();
        return (object)new
        {
            rows = Enumerable.Range(0, 4000).Select(_ => rows.Next(shape.Prompts * shape.Tokens)).ToArray(),
            orders = Enumerable.Range(0, 10).Select(_ =>
            {
                shuffles.Shuffle(order);
                return order.ToArray();
            }).ToArray(),
        };
    });

    private static double Compute(JsonElement set, string name, string form, string parameters)
    {
        bool pooled = name.StartsWith("pooled:", StringComparison.Ordinal);
        Measure measure = Research.Measures.Get(name.Replace("pooled:", ""));
        MeasureOptions options = MeasureParameters.With(new MeasureOptions { Form = MeasureForm.Parse(form) }, parameters.Split(',', StringSplitOptions.RemoveEmptyEntries));
        MeasureInputs inputs = new()
        {
            Labels = Ints(set.GetProperty("labels")).Select(l => new[] { l }).ToArray(),
            Factors = set.GetProperty("factors").EnumerateArray().Select(Ints).ToArray(),
            Tokens = new TokenRows("ids", set.GetProperty("ids").EnumerateArray().Select(Ints).ToArray()),
            Views = pooled ? [Samples.Pooled(Matrix(set.GetProperty("pooled_view")))] : set.GetProperty("views").EnumerateArray().Select(v => Samples.Tokens(Matrices(v))).ToArray(),
            Predictions = Ints(set.GetProperty("predictions")),
            Classifier = Matrix(set.GetProperty("classifier")),
        };
        if (measure.Name is "infonce" or "dime") inputs = inputs with { Views = [inputs.Views[0]] };
        Activations activations = pooled ? Samples.Pooled(Matrix(set.GetProperty("pooled"))) : measure.Name switch
        {
            "block-influence" => Samples.Of(Pooling.None, (Before, Matrices(set.GetProperty("prompts"))), (Samples.Point, Matrices(set.GetProperty("after")))),
            "utilized-rank" => Samples.Of(Pooling.None, (Read, Matrices(set.GetProperty("read"))), (Written, Matrices(set.GetProperty("written")))),
            "coding-rate-heads" => Samples.Of(Pooling.None, (Mixed, Matrices(set.GetProperty("prompts")))),
            "synchronised-units" => Samples.Tokens(Matrices(set.GetProperty("read"))),
            _ => Samples.Tokens(Matrices(set.GetProperty("prompts"))),
        };
        return measure.Compute(activations, measure.Name switch { "utilized-rank" => Written, "coding-rate-heads" => Mixed, _ => Samples.Point }, options, inputs).Value;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static int[] Ints(JsonElement array) => array.EnumerateArray().Select(v => v.GetInt32()).ToArray();

    private static FloatMatrix[] Matrices(JsonElement array) => array.EnumerateArray().Select(Matrix).ToArray();

    private static FloatMatrix Matrix(JsonElement element) =>
        new(element.GetProperty("values").EnumerateArray().Select(v => (float)v.GetDouble()).ToArray(), element.GetProperty("rows").GetInt32(), element.GetProperty("columns").GetInt32());
}
