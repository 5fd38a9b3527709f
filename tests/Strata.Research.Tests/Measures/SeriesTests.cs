using Strata.Models;
using Xunit;

namespace Strata.Research.Tests;

public class SeriesTests
{
    [Fact]
    public void CorruptionIsNestedKeepsTheFirstTokenAndTheLengths()
    {
        TokenRows rows = RandomNetwork.Rows(5, 20);
        foreach (CorruptionKind kind in Enum.GetValues<CorruptionKind>())
        {
            TokenRows none = TokenCorruption.Corrupt(rows, kind, 0, 4), half = TokenCorruption.Corrupt(rows, kind, 0.5, 4), all = TokenCorruption.Corrupt(rows, kind, 1, 4);
            Assert.Equal(rows.Hash, none.Hash);
            Assert.NotEqual(rows.Hash, half.Hash);
            Assert.Equal(rows.Sequences.Select(s => (s.Length, s[0])), all.Sequences.Select(s => (s.Length, s[0])));
            Assert.Equal(half.Hash, TokenCorruption.Corrupt(rows, kind, 0.5, 4).Hash);
        }

        TokenRows repeated = TokenCorruption.Corrupt(rows, CorruptionKind.Repeat, 1, 4), shuffled = TokenCorruption.Corrupt(rows, CorruptionKind.Shuffle, 0.5, 4);
        Assert.Equal(rows.Sequences[0][..^1], repeated.Sequences[0][1..]);
        Assert.Equal(rows.Sequences[0].Order(), shuffled.Sequences[0].Order());
        TokenRows quarter = TokenCorruption.Corrupt(rows, CorruptionKind.Replace, 0.25, 4), most = TokenCorruption.Corrupt(rows, CorruptionKind.Replace, 0.75, 4);
        for (int t = 0; t < 20; t++)
        {
            if (quarter.Sequences[1][t] != rows.Sequences[1][t]) Assert.Equal(quarter.Sequences[1][t], most.Sequences[1][t]);
        }

        Assert.Throws<StrataException>(() => TokenCorruption.Corrupt(rows, CorruptionKind.Replace, 1.5));
    }

    [Fact]
    public void AStepOfASeriesIsThatBatteryByItself()
    {
        TokenRows rows = RandomNetwork.Rows(6, 12);
        BatteryRequest request = new() { Control = false };
        MeasureSeries lengths = MeasureSeries.Lengths(RandomNetwork.Model, rows, ["curvature", "prompt-entropy"], [4, 8, 12], request);
        Assert.Equal(3 * 2 * 4, lengths.Table.Rows);
        Assert.Equal(MeasureBattery.Run(RandomNetwork.Model, TokenCorruption.Cut(rows, 8), ["curvature"], request).Values["curvature"]["blocks.1.resid_post"].Value, lengths.Steps[1].Measures.Values["curvature"]["blocks.1.resid_post"].Value);
        Assert.Equal([4.0, 8, 12], lengths.Table["at"].Numbers.Distinct());
        // Entropy of t tokens is at most log(t − 1): longer prompts have more to spread over.
        double[] entropy = lengths.Steps.Select(s => s.Measures.Values["prompt-entropy"]["blocks.1.resid_post"].Value).ToArray();
        Assert.True(entropy[0] < entropy[1] && entropy[1] < entropy[2] && entropy[0] <= Math.Log(3) + 1e-9);

        MeasureSeries corrupted = MeasureSeries.Corruption(RandomNetwork.Model, rows, ["token-homogeneity"], CorruptionKind.Repeat, [0, 1], request);
        Assert.Equal(MeasureBattery.Run(RandomNetwork.Model, rows, ["token-homogeneity"], request).Values["token-homogeneity"]["blocks.0.resid_post"].Value, corrupted.Steps[0].Measures.Values["token-homogeneity"]["blocks.0.resid_post"].Value);
        Assert.Throws<StrataException>(() => MeasureSeries.Lengths(RandomNetwork.Model, rows, ["curvature"], [13], request));
        Assert.Throws<StrataException>(() => MeasureSeries.Lengths(RandomNetwork.Model, rows, ["curvature"], [4, 4], request));

        // Measures that follow words see the ids of their own step.
        BatteryRequest words = request with { Options = new MeasureOptions { MinContexts = 2 }, Inputs = new MeasureInputs { Tokens = rows } };
        MeasureSeries similarity = MeasureSeries.Lengths(RandomNetwork.Model, rows, ["self-similarity"], [6, 12], words);
        Assert.Equal(MeasureBattery.Run(RandomNetwork.Model, TokenCorruption.Cut(rows, 6), ["self-similarity"], words with { Inputs = new MeasureInputs { Tokens = TokenCorruption.Cut(rows, 6) } }).Values["self-similarity"]["blocks.1.resid_post"].Value, similarity.Steps[0].Measures.Values["self-similarity"]["blocks.1.resid_post"].Value);
    }

    [Fact]
    public void CheckpointsAreLoadedOneAtATimeInTheOrderOfTheirSteps()
    {
        string folder = Directory.CreateTempSubdirectory("strata").FullName;
        try
        {
            foreach (int step in new[] { 1000, 20, 300 }) RandomNetwork.Model.RandomTwin(step).Save(Path.Combine(folder, $"step{step}"));
            TokenRows rows = RandomNetwork.Rows(4, 10);
            MeasureSeries series = MeasureSeries.Checkpoints(MeasureSeries.In(folder, new ModelOptions { Announce = _ => { } }), _ => rows, ["norm"], new BatteryRequest { Control = false });
            Assert.Equal(["step20", "step300", "step1000"], series.Steps.Select(s => s.Level));
            Assert.Equal([20.0, 300, 1000], series.Steps.Select(s => s.At));
            Assert.Equal(MeasureBattery.Run(RandomNetwork.Model.RandomTwin(300), rows, ["norm"], new BatteryRequest { Control = false }).Values["norm"]["blocks.3.resid_post"].Value, series.Steps[1].Measures.Values["norm"]["blocks.3.resid_post"].Value, 1e-5);
            Assert.Throws<StrataException>(() => MeasureSeries.In(Path.Combine(folder, "step20")));
            Assert.Equal(["step1000", "step20"], MeasureSeries.CheckpointsOf(folder, ["step1000", "step20"]).Select(c => c.Level));
            Assert.Contains("\"step20\"", Assert.Throws<StrataException>(() => MeasureSeries.CheckpointsOf(folder, ["step21"])).Message);
            Assert.Equal(["step0", "step512"], MeasureSeries.CheckpointsOf("hf:some/model", ["step0", "step512"]).Select(c => c.Level));
            Assert.Throws<StrataException>(() => MeasureSeries.CheckpointsOf("hf:some/model", []));
            Assert.Throws<StrataException>(() => MeasureSeries.CheckpointsOf("hf:some/model", ["../up"]));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void TextAugmentationsChangeAShareOfTheWordsAndRepeat()
    {
        string text = string.Join(' ', Enumerable.Range(0, 400).Select(i => i % 4 == 0 ? "of" : "Window")) + "\nend";
        foreach (TextAugmentation augmentation in TextAugmentation.All)
        {
            string changed = augmentation.Apply(text, 5);
            Assert.Equal(changed, augmentation.Apply(text, 5));
            Assert.NotEqual(changed, augmentation.Apply(text, 6));
            Assert.Equal("", augmentation.Apply("", 1));
            string[] words = changed.Split(' ');
            Assert.True(words.Count(w => w == "of") >= 95, "short words stay");
            int untouched = words.Count(w => w == "Window");
            Assert.InRange(untouched, 300 * 0.55, 300 * 0.85);
        }

        Assert.Equal(text.Replace(" ", ""), TextAugmentation.Split.Apply(text, 5).Replace(" ", ""));
        Assert.Equal(text.Length, TextAugmentation.Keyboard.Apply(text, 5).Length);
        Assert.Contains("\"keyboard\"", Assert.Throws<StrataException>(() => TextAugmentation.Get("keybord")).Message);
    }

    [Fact]
    public void ViewsAreMadeByTheWordsOfACommand()
    {
        TokenRows rows = RandomNetwork.Rows(5, 20);
        IReadOnlyList<TokenRows> views = SequenceViews.Make(RandomNetwork.Model, rows, null, ["replace"], 2, seed: 3);
        Assert.Equal([TokenCorruption.Corrupt(rows, CorruptionKind.Replace, SequenceViews.CorruptedShare, 3).Hash, TokenCorruption.Corrupt(rows, CorruptionKind.Replace, SequenceViews.CorruptedShare, 4).Hash], views.Select(v => v.Hash));
        Assert.Contains("\"keyboard\"", Assert.Throws<StrataException>(() => SequenceViews.Make(RandomNetwork.Model, rows, null, ["keybord"])).Message);
        Assert.Contains("combined", Assert.Throws<StrataException>(() => SequenceViews.Make(RandomNetwork.Model, rows, null, ["replace", "split"])).Message);
        Assert.Contains("replace", Assert.Throws<StrataException>(() => SequenceViews.Make(RandomNetwork.Model, rows, null, [])).Message);
    }

    [Fact]
    public void RoundingIsThatOfTheFormats()
    {
        Random random = new(3);
        for (int i = 0; i < 2000; i++)
        {
            double value = Samples.Normal(random) * Math.Pow(10, random.Next(-6, 4));
            Assert.Equal((double)(Half)value, PairDistance.Round(value, 11, -14, 65504));
            Assert.Equal((double)(float)value, PairDistance.Round(value, 24, -126, float.MaxValue));
        }

        Assert.Equal(1.0, PairDistance.Round(1.003, 8, -126, 3e38));
        Assert.Equal(1.0078125, PairDistance.Round(1.005, 8, -126, 3e38));
        Assert.Equal(448, PairDistance.Round(1e4, 4, -6, 448));
    }

    [Fact]
    public void LongerPairsAreHarderToTellApartInFewerBits()
    {
        Table table = PairDistance.Run(RandomNetwork.Model, PairKind.OneMore, [2, 8, 24], token: 5, other: 6, first: 7);
        Assert.Equal(4 * 3 * 4, table.Rows);
        double Largest(string point, int length, string format) => Enumerable.Range(0, table.Rows).Where(r => table["point"].Texts[r] == point && table["length"].Numbers[r] == length && table["format"].Texts[r] == format).Select(r => table["largest"].Numbers[r]).Single();
        Assert.True(Largest("blocks.3.resid_post", 2, "float32") > 0);
        // Against an independent reading of the same states.
        Activations last = RandomNetwork.Model.Capture(new TokenRows("pair", [[7, .. Enumerable.Repeat(5, 8)], [7, .. Enumerable.Repeat(5, 9)]]), new CaptureRequest { Points = ["blocks.2.resid_post"], Pooling = Pooling.Last, Announce = _ => { } });
        var rows = last.Samples("blocks.2.resid_post")[0];
        double expected = Enumerable.Range(0, 32).Max(j => Math.Abs((double)(Half)rows[0, j] - (double)(Half)rows[1, j]));
        Assert.Equal(expected, Largest("blocks.2.resid_post", 8, "float16"), 0.002);
        Assert.Throws<StrataException>(() => PairDistance.Run(RandomNetwork.Model, PairKind.OneMore, [1], 5, 6));
    }

    [Fact]
    public void PositionAndContextAddUpToTheStates()
    {
        var prompts = Enumerable.Range(0, 6).Select(c => Samples.Make(5, 7, (t, j) => Math.Sin(t + j) + 2 * Math.Cos(3 * c * (j + 1)) + 0.1 * Math.Sin(17 * t * c + j) + 4)).ToArray();
        Activations acts = Samples.Tokens(prompts);
        PositionContextParts parts = PositionContextParts.Compute(acts, Samples.Point);
        double[] shares = parts.Shares["share"].Numbers.ToArray();
        Assert.Equal(1, shares.Sum(), 9);
        Assert.Equal(shares[0], Research.Measures.Get("position-share").Compute(acts, Samples.Point).Value, 1e-6);
        Assert.Equal(shares[1], Research.Measures.Get("context-share").Compute(acts, Samples.Point).Value, 1e-6);
        double[,] cosines = parts.Cosines();
        double largest = Enumerable.Range(0, 5).Max(t => Enumerable.Range(0, 6).Max(c => Math.Abs(cosines[t, 5 + c])));
        Assert.Equal(largest, Research.Measures.Get("incoherence").Compute(acts, Samples.Point).Value, 1e-5);
        // The path keeps the lengths of the position vectors up to what lies beyond three components.
        Assert.Equal(["position", "pc1", "pc2", "pc3"], parts.PositionPath.Columns.Select(c => c.Name));
        Assert.True(parts.PositionPath["pc1"].Numbers.Sum(v => v * v) >= parts.PositionPath["pc2"].Numbers.Sum(v => v * v));
        Assert.Throws<StrataException>(() => PositionContextParts.Compute(Samples.Tokens(prompts[0], prompts[1].Slice(0, 3)), Samples.Point));
    }
}
