using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests.Sweeps;

/// <summary>Images as data: folders and lists, evaluations by class under plans, lens, measures.</summary>
public sealed class ImageTests : IDisposable
{
    private readonly ImageNetwork _network = new();
    private readonly Model _model;

    public ImageTests() => _model = Model.Load(_network.Folder);

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_folder_of_images_has_a_row_per_image_with_its_folder_as_label()
    {
        DataSet data = DataSet.Read(_network.Images);
        Assert.Equal(["blue/0.png", "blue/1.png", "green/0.png", "green/1.png", "red/0.png", "red/1.png"], data.Rows.Select(row => row.Fields["image"].GetString()!));
        TokenRows rows = data.Tokens(_model);
        Assert.Equal([0, 0, 1, 1, 2, 2], rows.Classes!);
        Assert.All(rows.Sequences, ids => Assert.Equal(17, ids.Length));
        Assert.Equal("pictures", rows.Name);
        Assert.Equal([0, 0, 1], rows.Take(3).Classes!);
    }

    [Fact]
    public void Lines_with_paths_of_images_are_the_same_rows()
    {
        string list = Path.Combine(_network.Root, "list.jsonl");
        File.WriteAllLines(list, Enumerable.Range(0, 6).Select(i => $$"""{"image": "pictures/{{ImageNetwork.Classes[i / 2]}}/{{i % 2}}.png", "label": {{i / 2}}, "note": "x"}"""));
        TokenRows rows = DataSet.Read(list).Tokens(_model);
        Assert.Equal(DataSet.Read(_network.Images).Tokens(_model).Hash, rows.Hash);
        Assert.Equal([0, 0, 1, 1, 2, 2], rows.Classes!);
        Assert.Equal(_network.Images, Path.GetDirectoryName(Path.GetDirectoryName(DataSet.Read(list).Shuffle(1).Split(0.5, 1).Test[0].With("more", default).Image)));
    }

    [Fact]
    public void A_sweep_gives_the_loss_and_hits_of_the_logits_that_a_capture_reads()
    {
        TokenRows rows = DataSet.Read(_network.Images).Tokens(_model).WithClasses([2, 0, -1, 1, 1, 0]);
        LayerPlan[] plans = [_model.Plans.Identity(), _model.Plans.Parse("0, 2"), _model.Plans.Parse("2, 1, 0, parallel(0..2)*2, attn(1)")];
        Intervention[] interventions = [Intervention.Scale("blocks.*.attn_out", 1.5f), Intervention.Scale("pooled", 0.7f)];
        foreach (Intervention[] used in new[] { [], interventions })
        {
            SweepResult sweep = Sweep.Run(_model, rows, plans, new SweepOptions { Interventions = used, TokensPerBatch = 40 });
            for (int p = 0; p < plans.Length; p++)
            {
                FloatMatrix logits = _model.Capture(rows, new CaptureRequest { Points = ["class_logits"], Plan = plans[p], Interventions = used, Announce = _ => { } }).Rows("class_logits");
                (double loss, double hits) = Expected(logits, rows.Classes!);
                Assert.Equal(loss, sweep.Results[p].Loss, 1e-6);
                Assert.Equal(hits, sweep.Results[p].Top1, 12);
                Assert.Equal(5, sweep.Results[p].Tokens);
            }

            Assert.Equal(3, sweep.Results.Select(result => result.Loss).Distinct().Count());
        }
    }

    [Fact]
    public void The_lens_of_the_first_token_ends_at_the_class_that_the_network_gives()
    {
        TokenRows rows = DataSet.Read(_network.Images).Tokens(_model).Take(2);
        LogitLens lens = LogitLens.Read(_model, rows);
        FloatMatrix logits = _model.Capture(rows, new CaptureRequest { Points = ["class_logits"], Announce = _ => { } }).Rows("class_logits");
        for (int row = 0; row < 2; row++)
        {
            Assert.Equal(17, lens.Cells[row][^1].Length);
            Assert.Equal(System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(logits.Row(row)), lens.Cells[row][^1][0].TopId);
        }

        Assert.Contains(lens.OutputLabel(lens.Cells[0][0][3].TopId), ImageNetwork.Classes);
        Assert.Equal(["cls", "0,0", "0,1", "3,3"], new[] { 0, 1, 2, 16 }.Select(at => lens.TokenLabel(rows.Sequences[0][at])));
        Assert.Equal(new PatchPlace(3, 3), _model.PatchOf(rows.Sequences[0][16]));
        Assert.Null(_model.PatchOf(0));
    }

    [Fact]
    public void The_class_lens_ends_at_the_ranks_of_the_classes_that_the_network_gives()
    {
        TokenRows rows = DataSet.Read(_network.Images).Tokens(_model);
        ClassLens lens = ClassLens.Read(_model, rows);
        FloatMatrix logits = _model.Classify(rows);
        double[] identified = [.. Enumerable.Range(0, 6).Select(row => 1 - logits.Row(row).ToArray().Count(score => score > logits[row, rows.Classes![row]]) / 3.0)];
        Assert.Equal(identified, lens.Cells.Select(image => image[^1][0].Identifiability));
        Table table = lens.ToTable(ClassLens.Read(_model.RandomTwin(1), rows));
        Assert.Equal(4, table.Rows);
        Assert.Equal(identified.Average(), table["cls identifiability"].Numbers[^1], 12);
        Assert.Equal(Evaluation.Run(_model, rows).Top1, table["cls top-1"].Numbers[^1], 12);
        Assert.Equal(lens.Cells.Average(image => image[2].Skip(1).Average(c => c.Identifiability)), table["patch identifiability"].Numbers[2], 12);
        Assert.All(table["best patch"].Numbers.Zip(table["patch identifiability"].Numbers), pair => Assert.True(pair.First >= pair.Second));
        Assert.All(table["random weights"].Numbers, value => Assert.InRange(value, 1.0 / 3, 1));
        LogitLens grid = LogitLens.Read(_model, rows.Only(0));
        Assert.Equal(grid.Cells[0][2].Select(c => c.TopId), lens.Cells[0][2].Select(c => c.Top));
        AssertRefused("nothing is identified", () => ClassLens.Read(_model, rows.WithClasses([-1, -1, -1, -1, -1, -1])).ToTable());
        AssertRefused("reads texts", () => ClassLens.Read(Model.Random(Gpt2Family.Spec(1, 8, 2, 50, 16), 1), rows));
    }

    [Fact]
    public void Measures_and_comparisons_work_on_images()
    {
        Activations acts = _model.Capture(DataSet.Read(_network.Images).Tokens(_model), new CaptureRequest { Points = ["blocks.*.resid_post"], Announce = _ => { } });
        MeasureTable table = MeasureTable.Compute(acts, ["norm", "prompt-entropy"]);
        Assert.All(table.Values["norm"].Values.Concat(table.Values["prompt-entropy"].Values), value => Assert.True(double.IsFinite(value.Value)));
        ComparisonMatrix cka = ComparisonMatrix.Compute(acts, acts, "cka");
        Assert.Equal(1, cka.Values[1, 1], 1e-6);
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_the_reason()
    {
        DataSet images = DataSet.Read(_network.Images), texts = DataSet.FromTexts("texts", ["a"]);
        Model gpt2 = Model.Random(Gpt2Family.Spec(1, 8, 2, 50, 16), 1);
        AssertRefused("reads texts", () => images.Tokens(gpt2));
        AssertRefused("has no image", () => texts.Tokens(_model));
        AssertRefused("reads images", () => _model.Capture(new TokenRows("ids", [[0, 1]]), "embed"));
        AssertRefused("reads texts", () => gpt2.Capture(images.Tokens(_model), "embed"));
        AssertRefused("no classes to evaluate by", () => Evaluation.Run(_model, _model.ReadImages("one", [images[0].Image!])));
        AssertRefused("None of the labels", () => Evaluation.Run(_model, images.Tokens(_model).WithClasses([-1, -1, -1, -1, -1, -1])));
        AssertRefused("is of class 3", () => Evaluation.Run(_model, images.Tokens(_model).WithClasses([0, 3, 0, 0, 0, 0])));
        AssertRefused("is of texts", () => Evaluation.Run(_model, images.Tokens(_model), null, new SweepOptions { Scorer = Scorer.LegalOthelloMoves }));
        AssertRefused("one row per sequence", () => _model.Capture(images.Tokens(_model), new CaptureRequest { Points = ["class_logits"], Interventions = [Intervention.Zero("pooled").At(PositionSelection.Last)] }));
        AssertRefused("holds no image", () => DataSet.Read(Directory.CreateDirectory(Path.Combine(_network.Root, "empty")).FullName));
        File.WriteAllText(Path.Combine(_network.Root, "odd.jsonl"), """{"image": "pictures/blue/0.png", "label": [1]}""");
        AssertRefused("expected the number of a class or its name", () => DataSet.Read(Path.Combine(_network.Root, "odd.jsonl")).Tokens(_model));
        File.Delete(Path.Combine(_network.Folder, "preprocessor_config.json"));
        AssertRefused("preprocessor_config.json", () => images.Tokens(Model.Load(_network.Folder)));
    }

    private static void AssertRefused(string reason, Action action) => Assert.Contains(reason, Assert.ThrowsAny<StrataException>(action).Message, StringComparison.Ordinal);

    private static (double Loss, double Hits) Expected(FloatMatrix logits, IReadOnlyList<int> classes)
    {
        double loss = 0, hits = 0, count = 0;
        for (int row = 0; row < logits.Rows; row++)
        {
            if (classes[row] < 0) continue;
            float[] scores = logits.Row(row).ToArray();
            loss += Math.Log(scores.Sum(score => Math.Exp(score))) - scores[classes[row]];
            hits += scores.Max() == scores[classes[row]] ? 1 : 0;
            count++;
        }

        return (loss / count, hits / count);
    }
}
