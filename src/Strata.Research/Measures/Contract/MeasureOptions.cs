using System.ComponentModel;
using Strata.Models;

namespace Strata.Research;

/// <summary>What an entropy is divided by. N is the number of rows that entered it, D their width.</summary>
public enum EntropyNormalization
{
    /// <summary>Nothing: nats.</summary>
    Raw,

    /// <summary>log N; what the published prompt-entropy curves show.</summary>
    LogN,

    /// <summary>log D.</summary>
    LogD,

    /// <summary>min(log N, log D), the largest value that the entropy can take.</summary>
    Max,
}

/// <summary>Every choice in a measure that has more than one reading, with the field's usual value. Each measure's page names those that it uses.</summary>
public sealed record MeasureOptions
{
    /// <summary>Paper or reference code.</summary>
    public MeasureForm Form { get; init; } = MeasureForm.Textbook;

    /// <summary>Keep the value of every sample; memory then grows with the data.</summary>
    public bool PerSample { get; init; }

    /// <summary>Bootstrap replicates for the interval of a mean; 0 for none.</summary>
    [Description("bootstrap replicates for the interval of a mean; 0 for none")]
    public int Bootstrap { get; init; } = 200;

    /// <summary>Seed of whatever is drawn at random.</summary>
    [Description("seed of whatever is drawn at random")]
    public int Seed { get; init; }

    /// <summary>What entropies are divided by.</summary>
    [Description("what entropies are divided by")]
    public EntropyNormalization Normalization { get; init; } = EntropyNormalization.Raw;

    /// <summary>Order of the Rényi entropy; 1 is the von Neumann entropy.</summary>
    [Description("order of the Rényi entropy; 1 is the von Neumann entropy")]
    public double Alpha { get; init; } = 1;

    /// <summary>How many positions apart the two states of the reference <c>curvature</c> are.</summary>
    [Description("how many positions apart two states are in the reference curvature")]
    public int CurvatureStep { get; init; } = 1;

    /// <summary>How many random pairs the reference <c>anisotropy</c> draws.</summary>
    [Description("random pairs that the reference anisotropy draws")]
    public int Pairs { get; init; } = 1000;

    /// <summary>At most so many rows enter a measure that compares rows in pairs; a larger set is sampled by <see cref="Seed"/>, the same rows at every point. Null: all rows.</summary>
    [Description("at most so many rows enter a measure that compares rows in pairs; a larger set is sampled by the seed")]
    public int? MaxRows { get; init; } = 2000;

    /// <summary>How many of the leading eigendirections of the covariance are projected out of the states of every point before anything is measured; 0 for none. Costs a second pass over the network.</summary>
    [Description("leading eigendirections of the covariance that are projected out before anything is measured")]
    public int RemoveTop { get; init; }

    /// <summary>Heads that the columns of <c>coding-rate-heads</c> are made of; 0 for those that the network has there.</summary>
    [Description("heads that the columns are made of; 0 for those of the network")]
    public int Heads { get; init; }

    /// <summary>Neighbours of <c>mle</c>.</summary>
    [Description("nearest neighbours of the Levina-Bickel estimate")]
    public int Neighbours { get; init; } = 20;

    /// <summary>First neighbour n₁ of <c>gride</c>; the second is 2·n₁.</summary>
    [Description("first neighbour of gride; the second is twice as far down the list")]
    public int GrideScale { get; init; } = 2;

    /// <summary>Share of the variance that <c>pca-dimension</c> and <c>utilized-rank</c> keep.</summary>
    [Description("share of the variance that must be kept")]
    public double VarianceShare { get; init; } = 0.95;

    /// <summary>First eigenvalue, counted from 1, that enters the fit of <c>alpha-req</c>.</summary>
    [Description("first eigenvalue, counted from 1, that enters the power-law fit")]
    public int FitFrom { get; init; } = 11;

    /// <summary>Last eigenvalue that enters the fit of <c>alpha-req</c>.</summary>
    [Description("last eigenvalue that enters the power-law fit")]
    public int FitTo { get; init; } = 100;

    /// <summary>Distortion ε of the coding rate.</summary>
    [Description("distortion of the coding rate")]
    public double Epsilon { get; init; } = 0.5;

    /// <summary>Elements of at most this size count as zero in <c>sparsity</c>.</summary>
    [Description("elements of at most this size count as zero")]
    public double ZeroBelow { get; init; }

    /// <summary>Eigenvalues below this share of the largest count as zero in <c>gram-rank</c>.</summary>
    [Description("eigenvalues below this share of the largest count as zero")]
    public double RankTolerance { get; init; } = 1e-6;

    /// <summary>Words that <c>self-similarity</c> and <c>mev</c> follow at most; drawn by <see cref="Seed"/>.</summary>
    [Description("words that are followed at most, drawn by the seed")]
    public int Words { get; init; } = 1000;

    /// <summary>A word counts from this many contexts on, in <c>self-similarity</c> and <c>mev</c>.</summary>
    [Description("a word counts from this many contexts on")]
    public int MinContexts { get; init; } = 5;

    /// <summary>Subtract the layer's anisotropy from <c>self-similarity</c> and <c>intra-sentence</c>, as Ethayarajh does.</summary>
    [Description("subtract the layer's anisotropy")]
    public bool Adjusted { get; init; }

    /// <summary>Which row of a prompt stands for it where a measure takes one row per sequence: its last, mean or first token.</summary>
    [Description("which row stands for a prompt: last, mean or first")]
    public Pooling Row { get; init; } = Pooling.Last;

    /// <summary>Temperature of <c>infonce</c>.</summary>
    [Description("temperature of InfoNCE")]
    public double Temperature { get; init; } = 0.1;

    /// <summary>What is added to the diagonal of the within-object scatter of <c>lidar</c>.</summary>
    [Description("what is added to the diagonal of the within-object scatter")]
    public double Ridge { get; init; } = 1e-4;

    /// <summary>Random permutations that <c>dime</c> averages over.</summary>
    [Description("random permutations that DiME averages over")]
    public int Permutations { get; init; } = 10;

    /// <summary>At most so many sequences enter <c>infonce</c> and <c>dime</c>, the first ones: both compare every sequence with every other.</summary>
    [Description("at most so many sequences are compared with each other, the first ones")]
    public int MaxObjects { get; init; } = 500;

    /// <summary>Positions at which <c>seq-vcr</c> keeps a covariance, spread evenly.</summary>
    [Description("positions at which Seq-VCR keeps a covariance, spread evenly")]
    public int Positions { get; init; } = 8;

    /// <summary>Weight of the variance term of <c>seq-vcr</c>.</summary>
    [Description("weight of the variance term of Seq-VCR")]
    public double VarianceWeight { get; init; } = 1;

    /// <summary>Weight of the covariance term of <c>seq-vcr</c>.</summary>
    [Description("weight of the covariance term of Seq-VCR")]
    public double CovarianceWeight { get; init; } = 0.004;

    /// <summary>Refuses values that no measure can work with.</summary>
    /// <exception cref="StrataException">An option is out of range; the message names it.</exception>
    internal void Check()
    {
        if (!(Alpha > 0) || double.IsInfinity(Alpha)) throw new StrataException($"Alpha is {Alpha}; the order of an entropy must be a positive number.");
        if (MaxRows is < 10) throw new StrataException($"MaxRows is {MaxRows}; give at least 10, or null for all rows.");
        if (!(VarianceShare > 0 && VarianceShare <= 1)) throw new StrataException($"VarianceShare is {VarianceShare}; a share lies above 0 and is at most 1.");
        if (FitFrom < 1 || FitTo < FitFrom + 1) throw new StrataException($"FitFrom is {FitFrom} and FitTo {FitTo}; a line needs at least 2 eigenvalues, counted from 1.");
        if (Row == Pooling.None) throw new StrataException("Row is none; one row must stand for a prompt: last, mean or first.");
        Least(CurvatureStep, 1, nameof(CurvatureStep));
        Least(RemoveTop, 0, nameof(RemoveTop));
        Least(Heads, 0, nameof(Heads));
        Least(Pairs, 1, nameof(Pairs));
        Least(Neighbours, 2, nameof(Neighbours));
        Least(GrideScale, 1, nameof(GrideScale));
        Least(Bootstrap, 0, nameof(Bootstrap));
        Least(Words, 1, nameof(Words));
        Least(MinContexts, 2, nameof(MinContexts));
        Least(Permutations, 1, nameof(Permutations));
        Least(MaxObjects, 2, nameof(MaxObjects));
        Least(Positions, 1, nameof(Positions));
        Positive(Epsilon, nameof(Epsilon));
        Positive(Temperature, nameof(Temperature));
        Positive(Ridge, nameof(Ridge));
        Positive(RankTolerance, nameof(RankTolerance));
        if (!(ZeroBelow >= 0)) throw new StrataException($"ZeroBelow is {ZeroBelow}; expected 0 or more.");
        if (!(VarianceWeight >= 0 && CovarianceWeight >= 0)) throw new StrataException($"VarianceWeight is {VarianceWeight} and CovarianceWeight {CovarianceWeight}; expected 0 or more.");
    }

    private static void Least(int value, int least, string name)
    {
        if (value < least) throw new StrataException($"{name} is {value}; expected {least} or more.");
    }

    private static void Positive(double value, string name)
    {
        if (!(value > 0) || double.IsInfinity(value)) throw new StrataException($"{name} is {value}; expected a positive number.");
    }
}
