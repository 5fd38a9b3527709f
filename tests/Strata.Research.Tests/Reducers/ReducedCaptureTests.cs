using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>What reducers make of a stream is what the same definitions make of the activations kept whole.</summary>
public class ReducedCaptureTests
{
    private const string Point = "blocks.1.resid_post";
    private static readonly TokenRows Rows = RandomNetwork.Rows(60);
    private static readonly CaptureRequest Request = new() { Points = ["blocks.*.resid_post"], Positions = PositionSelection.Parse("1.."), Announce = _ => { } };
    private static readonly string[] Written = ["mean", "covariance", "gram", "histogram=7:-1.5:2", "top=5", "project=6:3", "sample=40:9"];

    [Fact]
    public void EqualsTheDefinitionsOnWhatACaptureKeeps()
    {
        ReducedCapture reduced = ReducedCapture.Run(RandomNetwork.Model, Rows, Request, [.. Written.Select(Reducer.Parse)]);
        FloatMatrix kept = RandomNetwork.Model.Capture(Rows, Request).Rows(Point);
        int n = kept.Rows, d = kept.Columns;
        double[] mean = [.. Enumerable.Range(0, d).Select(c => Enumerable.Range(0, n).Sum(i => (double)kept[i, c]) / n)];
        for (int a = 0; a < d; a++)
        {
            Assert.Equal(mean[a], reduced[Point, "mean"][0, a], 1e-12);
            for (int b = 0; b < d; b++)
            {
                double gram = Enumerable.Range(0, n).Sum(i => (double)kept[i, a] * kept[i, b]);
                Assert.Equal(gram, reduced[Point, "gram"][a, b], 1e-9 * n);
                Assert.Equal(Enumerable.Range(0, n).Sum(i => (kept[i, a] - mean[a]) * (kept[i, b] - mean[b])) / (n - 1), reduced[Point, "covariance"][a, b], 1e-10);
            }

            double[] counts = new double[9];
            for (int i = 0; i < n; i++) counts[kept[i, a] < -1.5 ? 0 : kept[i, a] >= 2 ? 8 : 1 + (int)Math.Floor((kept[i, a] + 1.5) / 0.5)]++;
            Assert.Equal(counts, Enumerable.Range(0, 9).Select(bin => reduced[Point, "histogram=7:-1.5:2"][a, bin]));

            ReducedPoint top = reduced[Point, "top=5"];
            int[] largest = [.. Enumerable.Range(0, n).OrderByDescending(i => kept[i, a]).ThenBy(i => i).Take(5)];
            Assert.Equal(largest.Select(i => (double)kept[i, a]), Enumerable.Range(0, 5).Select(k => top[a, k]));
            Assert.Equal(largest.Select(PlaceOf), Enumerable.Range(0, 5).Select(k => top.Places[(a * 5) + k]));
        }

        ReducedPoint sample = reduced[Point, "sample=40:9"];
        Dictionary<RowPlace, int> rowOf = Enumerable.Range(0, n).ToDictionary(PlaceOf);
        Assert.Equal(40, sample.Places.Distinct().Count());
        Assert.Equal(sample.Places.Select(place => rowOf[place]).Order(), sample.Places.Select(place => rowOf[place]));
        for (int i = 0; i < 40; i++) Assert.Equal(kept.Row(rowOf[sample.Places[i]]).ToArray().Select(value => (double)value), Enumerable.Range(0, d).Select(c => sample[i, c]));

        // A projection is linear and keeps squared distances on average: here over all pairs of rows.
        ReducedPoint projected = reduced[Point, "project=6:3"];
        Assert.Equal((n, 6), (projected.Rows, projected.Columns));
        double ratio = Enumerable.Range(1, n - 1).Sum(i => Distance(6, (row, c) => projected[row, c], 0, i)) / Enumerable.Range(1, n - 1).Sum(i => Distance(d, (row, c) => kept[row, c], 0, i));
        Assert.InRange(ratio, 0.3, 2.5);
    }

    [Fact]
    public void DoesNotDependOnTheBatches()
    {
        Reducer[] reducers = [.. Written.Select(Reducer.Parse)];
        ReducedCapture one = ReducedCapture.Run(RandomNetwork.Model, Rows, Request, reducers), other = ReducedCapture.Run(RandomNetwork.Model, Rows, Request with { TokensPerBatch = 37 }, reducers);
        foreach ((ReducedPoint a, ReducedPoint b) in one.Points.Zip(other.Points))
        {
            Assert.Equal((a.Point, a.Reducer, a.Rows, a.Columns, a.Count), (b.Point, b.Reducer, b.Rows, b.Columns, b.Count));
            Assert.Equal(a.Values, b.Values);
            Assert.Equal(a.Places, b.Places);
        }
    }

    [Fact]
    public void EveryRowIsAsLikelyInASample()
    {
        const int rows = 20, size = 5, draws = 4000;
        int[] drawn = new int[rows];
        for (int seed = 0; seed < draws; seed++)
        {
            Reduction sample = new SampleReducer(size, seed).Start(1, rows);
            for (int i = 0; i < rows; i++) sample.Add([i], new RowPlace(i, 0));
            foreach (double value in sample.Result().Values) drawn[(int)value]++;
        }

        // 1,000 expected each, with a standard deviation of 27.
        Assert.All(drawn, count => Assert.InRange(count, 860, 1140));
    }

    [Theory]
    [InlineData("covarance", "Did you mean \"covariance\"?")]
    [InlineData("top", "expected top=K")]
    [InlineData("top=0", "1 or more is needed")]
    [InlineData("top=2.5", "needs a whole number")]
    [InlineData("histogram=4:2:1", "the first must be less")]
    [InlineData("histogram=4:2", "expected histogram=BINS:LOW:HIGH")]
    [InlineData("sample=3:4:5", "expected sample=ROWS[:SEED]")]
    [InlineData("mean=1", "expected mean")]
    public void SaysWhatIsWrongWithAReducer(string text, string message)
    {
        StrataException refusal = Assert.Throws<StrataException>(() => ReducedCapture.Run(RandomNetwork.Model, Rows, Request, [Reducer.Parse(text)]));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysTheBytesFirstAndRefusesMatrices()
    {
        List<string> told = [];
        ReducedCapture.Run(RandomNetwork.Model, Rows, Request with { Announce = told.Add }, [new TopReducer(2)]);
        Assert.Contains("to top=2:", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains("no row per position", Assert.Throws<StrataException>(() => ReducedCapture.Run(RandomNetwork.Model, Rows, Request with { Points = ["blocks.0.attn.pattern"] }, [new MeanReducer()])).Message, StringComparison.Ordinal);
    }

    private static double Distance(int columns, Func<int, int, double> at, int a, int b) => Enumerable.Range(0, columns).Sum(c => Math.Pow(at(a, c) - at(b, c), 2));

    private static RowPlace PlaceOf(int i)
    {
        int row = 0;
        for (; i >= Rows.Sequences[row].Length - 1; row++) i -= Rows.Sequences[row].Length - 1;
        return new RowPlace(row, i);
    }
}
