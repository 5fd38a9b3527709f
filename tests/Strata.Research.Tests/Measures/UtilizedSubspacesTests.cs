using MathNet.Numerics.LinearAlgebra;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>The subspaces that data use of output maps, and what a map projected to them writes, against singular vectors of the captured states.</summary>
public class UtilizedSubspacesTests
{
    private const string Point = "blocks.1.mlp_out", Reads = "blocks.1.mlp.post";
    private const double Share = 0.9;
    private static readonly TokenRows Rows = RandomNetwork.Rows(30);
    private static readonly UtilizedSubspaces Found = UtilizedSubspaces.Find(RandomNetwork.Model, Rows, Share);

    [Fact]
    public void UtilisationIsTheValueOfTheMeasure()
    {
        MeasureTable measured = MeasureBattery.Run(RandomNetwork.Model, Rows, ["utilized-rank"], new BatteryRequest { Points = ["blocks.*.attn_out", "blocks.*.mlp_out"], Control = false, Options = new MeasureOptions { VarianceShare = Share } });
        Assert.Equal(measured.Values["utilized-rank"].OrderBy(v => v.Key).Select(v => (v.Key, v.Value.Value)), Found.Maps.OrderBy(m => m.Point).Select(m => (m.Point, m.Utilisation)));
        Assert.Equal(Found.Maps.Average(m => m.Utilisation), Found.MeanUtilisation);
    }

    [Fact]
    public void AProjectedMapReadsAndWritesWithinTheLeadingSingularVectors()
    {
        Variant variant = Found.Variants.Single(v => v.Name.StartsWith(Point, StringComparison.Ordinal));
        Matrix<double> read = States(Reads, []), into = Projector(read), outOf = Projector(States(Point, []));
        Matrix<double> written = States(Point, [variant.Interventions.Single(i => i.Point == Reads)]);
        Close(read * into, States(Reads, variant.Interventions));
        Close(written * outOf, States(Point, variant.Interventions));
        Assert.True(read.Multiply(into).FrobeniusNorm() >= Math.Sqrt(Share) * read.FrobeniusNorm());
    }

    [Fact]
    public void RandomSubspacesAreAsLargeAndKeepLess()
    {
        Variant own = Found.Variants[^1], random = Found.RandomVariants(1)[^1];
        Assert.Equal("all maps, random", random.Name);
        Assert.Equal(own.Interventions.Select(i => (i.Point, i.Values!.Rows)), random.Interventions.Select(i => (i.Point, i.Values!.Rows)));
        Assert.Equal(Found.RandomVariants(1)[^1].Interventions[0].ToString(), random.Interventions[0].ToString());
        double all = States(Reads, []).FrobeniusNorm();
        double Kept(UtilizedSubspaces of, bool control) => States(Reads, (control ? of.RandomVariants(1) : of.Variants).Single(v => v.Name.StartsWith(Point, StringComparison.Ordinal)).Interventions).FrobeniusNorm() / all;
        Assert.True(Kept(Found, true) < Kept(Found, false) - 0.02);
    }

    [Fact]
    public void TheWholeSpaceChangesNothing()
    {
        UtilizedSubspaces whole = UtilizedSubspaces.Find(RandomNetwork.Model, Rows, 1);
        double loss = Evaluation.Run(RandomNetwork.Model, Rows).Loss;
        foreach (Variant variant in whole.Variants) Assert.Equal(loss, Evaluation.Run(RandomNetwork.Model, Rows, options: new SweepOptions { Interventions = variant.Interventions }).Loss, 1e-6);
    }

    [Fact]
    public void MistakesAreSaid() => Assert.Contains("(0, 1]", Assert.Throws<StrataException>(() => UtilizedSubspaces.Find(RandomNetwork.Model, Rows, 1.5)).Message);

    private static Matrix<double> States(string point, IReadOnlyList<Intervention> interventions)
    {
        FloatMatrix rows = RandomNetwork.Model.Capture(Rows, new CaptureRequest { Points = [point], Interventions = interventions, Announce = _ => { } }).Rows(point);
        return Matrix<double>.Build.Dense(rows.Rows, rows.Columns, (i, j) => rows[i, j]);
    }

    private static Matrix<double> Projector(Matrix<double> states)
    {
        MathNet.Numerics.LinearAlgebra.Factorization.Svd<double> svd = states.Svd();
        double total = svd.S.Sum(s => s * s), kept = 0;
        int count = 0;
        while (kept < Share * total) kept += svd.S[count] * svd.S[count++];
        Matrix<double> leading = svd.VT.SubMatrix(0, count, 0, states.ColumnCount);
        return leading.TransposeThisAndMultiply(leading);
    }

    private static void Close(Matrix<double> expected, Matrix<double> actual) => Assert.InRange((expected - actual).Enumerate().Max(Math.Abs), 0, 2e-5);
}
