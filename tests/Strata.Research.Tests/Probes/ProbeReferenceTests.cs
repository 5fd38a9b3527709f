using System.Runtime.InteropServices;
using System.Text.Json;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Probes, the eraser of least squares and the online code against scikit-learn and SciPy.</summary>
public class ProbeReferenceTests
{
    private const int Classes = 3, Rows = 240;

    [SkippableFact]
    public void AgreeWithScikitLearn()
    {
        Python.Require("sklearn", "python3-sklearn");
        (FloatMatrix rows, LabelSet labels) = Made();
        ProbeOptions options = new() { Control = false, TestShare = 0.25 };

        // Which rows are tested on: those whose change leaves the readout as it is.
        bool[] isTest = TestRows(rows, labels, options);
        int[] train = Enumerable.Range(0, Rows).Where(i => !isTest[i]).ToArray(), test = Enumerable.Range(0, Rows).Where(i => isTest[i]).ToArray();
        JsonElement expected = Reference(rows, labels, train, test);
        foreach ((string name, double strength) in new[] { ("ridge", 0.05), ("logistic", 0.5), ("logistic-ovr", 0.5), ("nearest-centre", 1), ("knn", 7) })
        {
            ProbeResult result = Research.Probes.Get(name).Fit(rows, labels, options with { Grid = [strength] });
            Assert.Equal(train.Length, result.TrainRows);
            int[] wanted = expected.GetProperty("predictions").GetProperty(name).Deserialize<int[]>()!;
            Assert.Equal(wanted, result.Readout.Predict(rows.Select(test)));
            Assert.Equal(wanted.Zip(test, (w, i) => w == labels.Labels[i] ? 1.0 : 0.0).Average(), result.TestAccuracy, 12);
            if (result.Linear is null || !expected.GetProperty("decisions").TryGetProperty(name, out JsonElement decisions)) continue;
            for (int i = 0; i < test.Length; i++)
            {
                // The constants of a softmax are free up to a common shift.
                double[] scores = result.Linear.Scores(rows.Row(test[i])), reference = decisions[i].Deserialize<double[]>()!;
                double shift = name == "logistic" ? scores.Average() - reference.Average() : 0;
                for (int c = 0; c < Classes; c++) Assert.Equal(reference[c] + shift, scores[c], name == "ridge" ? 1e-9 : 2e-4);
            }
        }

        FloatMatrix known = rows.Select(train);
        LabelSet knownLabels = labels with { Labels = train.Select(i => labels.Labels[i]).ToArray(), Groups = train.Select(i => labels.Groups[i]).ToArray() };
        FloatMatrix erased = Eraser.Leace(known, knownLabels).Apply(known);
        double[][] leace = expected.GetProperty("leace").Deserialize<double[][]>()!;
        for (int i = 0; i < known.Rows; i++)
        {
            for (int j = 0; j < known.Columns; j++) Assert.Equal(leace[i][j], erased[i, j], 1e-5 * (1 + Math.Abs(leace[i][j])));
        }

        double[] bits = expected.GetProperty("bits").Deserialize<double[]>()!;
        (FloatMatrix sent, LabelSet sentLabels) = InOrder(known, knownLabels);
        OnlineCodeResult code = OnlineCode.Run(sent, sentLabels, new OnlineCodeOptions { Grid = [0.5], Shares = [0.1, 0.3, 0.6, 1], Control = false });
        Assert.Equal(bits.Length, code.Portions.Count);
        for (int p = 0; p < bits.Length; p++) Assert.Equal(bits[p], code.Portions[p].Bits, 1e-4 * bits[p]);
    }

    /// <summary>Rows whose groups, after the online code has shuffled them by seed 0, come in the order of the reference.</summary>
    private static (FloatMatrix, LabelSet) InOrder(FloatMatrix rows, LabelSet labels)
    {
        int[] order = Enumerable.Range(0, rows.Rows).ToArray();
        new Random(0).Shuffle(order);
        int[] groups = new int[rows.Rows];
        for (int place = 0; place < order.Length; place++) groups[place] = order[place];
        return (rows, labels with { Groups = groups });
    }

    private static JsonElement Reference(FloatMatrix rows, LabelSet labels, int[] train, int[] test)
    {
        string folder = Directory.CreateTempSubdirectory("strata").FullName;
        try
        {
            object Write(string name, FloatMatrix m)
            {
                string path = Path.Combine(folder, name);
                File.WriteAllBytes(path, MemoryMarshal.AsBytes(m.Values.AsSpan()).ToArray());
                return new { rows = m.Rows, columns = m.Columns, file = path };
            }

            int[] ends = new[] { 0.1, 0.3, 0.6, 1 }.Select(s => (int)Math.Ceiling(s * train.Length)).ToArray();
            File.WriteAllText(Path.Combine(folder, "in.json"), JsonSerializer.Serialize(new
            {
                train = Write("train", rows.Select(train)),
                test = Write("test", rows.Select(test)),
                labels = train.Select(i => labels.Labels[i]),
                classes = Classes,
                c = 0.5,
                k = 7,
                ends,
                @lambda = 0.05,
            }));
            Python.RunReference("probes.py", Path.Combine(folder, "in.json"), Path.Combine(folder, "out.json"));
            return JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "out.json"))).RootElement.Clone();
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static bool[] TestRows(FloatMatrix rows, LabelSet labels, ProbeOptions options)
    {
        RidgeProbe probe = new();
        double[] before = probe.Fit(rows, labels, options with { Grid = [0.1] }).Linear!.Direction(0).ToArray();
        HashSet<int> test = labels.Groups.Distinct().Where(group =>
        {
            LabelSet changed = labels with { Labels = labels.Labels.Select((l, i) => labels.Groups[i] == group ? (l + 1) % Classes : l).ToArray() };
            return probe.Fit(rows, changed, options with { Grid = [0.1] }).Linear!.Direction(0).SequenceEqual(before);
        }).ToHashSet();
        return labels.Groups.Select(test.Contains).ToArray();
    }

    private static (FloatMatrix, LabelSet) Made()
    {
        Random random = new(3);
        int[] labels = Enumerable.Range(0, Rows).Select(_ => random.Next(Classes)).ToArray();
        FloatMatrix x = Samples.Make(Rows, 9, (i, j) => (j + 1) * ((j < 3 && labels[i] == j ? 1.2 : 0) + Samples.Normal(random)) + 4);
        return (x, new LabelSet("class", labels, ["a", "b", "c"], Enumerable.Range(0, Rows).Select(i => i / 12).ToArray()));
    }
}
