using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Strata.Models.Tests.Reference;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>
/// The table of families in <c>docs/models.md</c> is this test's own record: families, their variants, and the largest error at any block's output and the
/// logits. With STRATA_WRITE_TABLES=1 the test writes it; otherwise it compares.
/// </summary>
[Collection(PytorchCollection.Name)]
public class FamilyTableTests(PytorchSuite suite)
{
    private const string Begin = "<!-- families: written by FamilyTableTests -->", End = "<!-- end of families -->";

    [SkippableFact]
    public void TheTableInTheDocumentationIsWhatIsMeasured()
    {
        string path = Path.Combine(Repository.Root, "docs", "models.md"), text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end > begin, $"{path} has no table between {Begin} and {End}");
        Row[] measured = [.. ModelFamily.All.Select(Measure)];
        Assert.All(measured, row => Assert.InRange(row.Error, 0, 5e-5));
        if (Environment.GetEnvironmentVariable("STRATA_WRITE_TABLES") is "1") File.WriteAllText(path, text[..begin] + Table(measured) + text[end..]);
        else Compare(measured, text[begin..end]);
    }

    /// <summary>Everything but the errors must be equal; an error may be as large as documented, or less.</summary>
    private static void Compare(Row[] measured, string table)
    {
        string[] lines = [.. table.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        Assert.Equal(measured.Length, lines.Length);
        foreach ((Row row, string line) in measured.Zip(lines))
        {
            double documented = double.Parse(Regex.Match(line, @"\| ([0-9e.-]+) \|$").Groups[1].Value, CultureInfo.InvariantCulture);
            Assert.Equal(row.Line(documented), line);

            // Other registers round in another order.
            Assert.True(row.Error <= 2 * documented, $"{row.Family}: error {row.Error:0.0e0}, documented {documented:0.0e0}; write the table anew with STRATA_WRITE_TABLES=1");
        }
    }

    private Row Measure(ModelFamily family)
    {
        string[] variants = [.. PytorchSuite.VariantNames.Where(variant => variant.Split('-')[0] == family.Name)];
        double error = variants.Where(variant => PytorchSuite.Tolerance(variant) < 1e-3f).Max(Error);
        return new Row(family.Name, family.Networks, [.. variants.Select(variant => variant[(family.Name.Length + 1)..])], error);
    }

    /// <summary>Largest difference from PyTorch at the output of any block and at the logits, over all sequences of a variant.</summary>
    private double Error(string variant)
    {
        Model model = suite.Load(variant);
        using SafetensorsFile expected = suite.Expected(variant);
        double error = 0;
        foreach (ReferenceRequest request in suite.Requests(variant).Where(r => r.Plan is null))
        {
            Activations acts = model.Capture(new TokenRows(request.Name, [request.Tokens]), TestModels.Quiet("blocks.*.resid_post", "logits"));
            foreach (string point in acts.Points)
            {
                float[] wanted = expected.Read(Strata.Tensors.CpuEngine.Default, $"{request.Name}/{point}").ToArray(), actual = acts.Rows(point).Values;
                for (int i = 0; i < wanted.Length; i++) error = Math.Max(error, Math.Abs((double)wanted[i] - actual[i]));
            }
        }

        return error;
    }

    private static string Table(Row[] rows)
    {
        StringBuilder text = new("\n| model type | networks | verified variants | largest error |\n| --- | --- | --- | --- |\n");
        foreach (Row row in rows) text.Append(row.Line(RoundUp(row.Error))).Append('\n');
        return text.ToString();
    }

    /// <summary>The next number with one digit.</summary>
    private static double RoundUp(double error)
    {
        double unit = Math.Pow(10, Math.Floor(Math.Log10(error)));
        return Math.Ceiling(error / unit) * unit;
    }

    private sealed record Row(string Family, string Networks, string[] Variants, double Error)
    {
        public string Line(double error) => string.Create(CultureInfo.InvariantCulture, $"| `{Family}` | {Networks} | {string.Join(", ", Variants)} | {error:0e-0} |");
    }
}
