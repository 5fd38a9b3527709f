using System.Globalization;
using System.Text;
using System.Text.Json;
using Strata.Models.Tests.Reference;
using Strata.Models.Tests.Vision;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>
/// The record of families (<c>families.json</c>, which <c>strata models</c> prints) and the table in <c>docs/models.md</c> are what these tests measure: families, their hook points,
/// formats and variants, and the largest error at any block's output and the logits. With STRATA_WRITE_TABLES=1 they are written; otherwise they are compared.
/// </summary>
[Collection(PytorchCollection.Name)]
public class FamilyTableTests(PytorchSuite suite, VisionSuite vision)
{
    private const string Begin = "<!-- families: written by FamilyTableTests -->", End = "<!-- end of families -->";
    private const string Transcription = "PyTorch transcription of its public modelling code, in float64";

    private static string RecordPath => Path.Combine(Repository.Root, "src", "Strata.Models", "Architecture", "families.json");

    private static string TablePath => Path.Combine(Repository.Root, "docs", "models.md");

    [SkippableFact]
    public void TheRecordIsWhatIsMeasured()
    {
        FamilyRecord[] measured = [.. ModelFamily.All.Select(Measure)];
        Assert.All(measured, record => Assert.InRange(record.LargestError, 0, 5e-5));
        if (Environment.GetEnvironmentVariable("STRATA_WRITE_TABLES") is "1")
        {
            File.WriteAllText(RecordPath, "[\n" + string.Join(",\n", measured.Select(record => JsonSerializer.Serialize(record, FamilyRecord.Json))) + "\n]\n");
            WriteTable(measured);
        }
        else
        {
            Compare(measured);
        }
    }

    [Fact]
    public void TheTableInTheDocumentationIsTheRecord() => Assert.Equal(Table(FamilyRecord.All), Split(File.ReadAllText(TablePath)).Table);

    /// <summary>Everything but the errors must be equal; an error may be as large as recorded, or less.</summary>
    private static void Compare(FamilyRecord[] measured)
    {
        Assert.Equal(measured.Select(record => record.Family), FamilyRecord.All.Select(record => record.Family));
        foreach ((FamilyRecord actual, FamilyRecord recorded) in measured.Zip(FamilyRecord.All))
        {
            Assert.Equal(JsonSerializer.Serialize(actual with { LargestError = 0 }, FamilyRecord.Json), JsonSerializer.Serialize(recorded with { LargestError = 0 }, FamilyRecord.Json));

            // Other registers round in another order.
            Assert.True(actual.LargestError <= 2 * recorded.LargestError, $"{actual.Family}: error {actual.LargestError:0.0e0}, recorded {recorded.LargestError:0.0e0}; write the record anew with STRATA_WRITE_TABLES=1");
        }
    }

    private FamilyRecord Measure(ModelFamily family)
    {
        string[] variants = [.. PytorchSuite.VariantNames.Concat(VisionSuite.VariantNames).Where(variant => PytorchSuite.FamilyOf(variant) == family.Name)];
        bool converted = GgufTests.Converted.Any(row => PytorchSuite.FamilyOf((string)row[0]) == family.Name);
        double error = variants.Where(variant => PytorchSuite.Tolerance(variant) < 1e-3f).Max(Error);
        return new FamilyRecord(family.Name, Points(variants), converted ? ["safetensors", "PyTorch", "GGUF"] : ["safetensors", "PyTorch"], Transcription,
            [.. variants.Select(variant => variant[(family.Name.Length + 1)..])], RoundUp(error));
    }

    private static bool IsVision(string variant) => VisionSuite.VariantNames.Contains(variant);

    /// <summary>The points of all variants; those that only some have stand behind the point that they follow.</summary>
    private string[] Points(string[] variants)
    {
        List<string> points = [];
        foreach (string variant in variants)
        {
            int at = 0;
            foreach (string name in (IsVision(variant) ? vision.Load(variant) : suite.Load(variant)).Explain().Points.Select(point => point.Block < 0 ? point.Name : point.Name.Replace($"blocks.{point.Block}.", "blocks.*.")))
            {
                int known = points.IndexOf(name);
                if (known < 0) points.Insert(known = at, name);
                at = known + 1;
            }
        }

        return [.. points];
    }

    /// <summary>Largest difference from PyTorch at the output of any block and at what the network gives, over all inputs of a variant.</summary>
    private double Error(string variant)
    {
        bool isVision = IsVision(variant);
        Model model = isVision ? vision.Load(variant) : suite.Load(variant);
        using SafetensorsFile expected = isVision ? vision.Expected(variant) : suite.Expected(variant);
        (string Name, TokenRows Rows)[] inputs = isVision
            ? [.. vision.Inputs(variant).Select(input => (input, vision.Rows(variant, model, input)))]
            : [.. suite.Requests(variant).Where(r => r.Plan is null).Select(request => (request.Name, request.Rows))];
        string[] points = ["blocks.*.resid_post", .. model.Explain().Points.Where(point => point.PerSequence || point.Kind == HookKind.Logits).Select(point => point.Name)];
        double error = 0;
        foreach ((string name, TokenRows rows) in inputs)
        {
            Activations acts = model.Capture(rows, TestModels.Quiet(points));
            foreach (string point in acts.Points)
            {
                float[] wanted = expected.Read(Strata.Tensors.CpuEngine.Default, $"{name}/{point}").ToArray(), actual = acts.Rows(point).Values;
                for (int i = 0; i < wanted.Length; i++) error = Math.Max(error, Math.Abs((double)wanted[i] - actual[i]));
            }
        }

        return error;
    }

    private static void WriteTable(IReadOnlyList<FamilyRecord> records)
    {
        (string before, _, string behind) = Split(File.ReadAllText(TablePath));
        File.WriteAllText(TablePath, before + Table(records) + behind);
    }

    private static (string Before, string Table, string Behind) Split(string text)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end > begin, $"{TablePath} has no table between {Begin} and {End}");
        return (text[..begin], text[begin..end], text[end..]);
    }

    /// <summary>The table, without the hook points: they are many, and <c>strata models</c> lists them.</summary>
    private static string Table(IReadOnlyList<FamilyRecord> records)
    {
        StringBuilder text = new("\n| model type | networks | formats | verified variants | largest error |\n| --- | --- | --- | --- | --- |\n");
        foreach ((FamilyRecord record, ModelFamily family) in records.Zip(ModelFamily.All))
            text.Append(CultureInfo.InvariantCulture, $"| `{record.Family}` | {family.Networks} | {string.Join(", ", record.Formats)} | {string.Join(", ", record.Variants)} | {record.LargestError:0e-0} |\n");
        return text.ToString();
    }

    /// <summary>The next number with one digit.</summary>
    private static double RoundUp(double error)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(error)));
        return double.Parse($"{Math.Ceiling(error / unit) * unit:0e-0}", CultureInfo.InvariantCulture);
    }
}
