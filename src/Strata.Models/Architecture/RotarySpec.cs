namespace Strata.Models;

/// <summary>How the rotary frequencies of a longer context derive from those of training.</summary>
public enum RotaryScaling
{
    /// <summary>Not scaled.</summary>
    Default,

    /// <summary>All frequencies divided by a factor.</summary>
    Linear,

    /// <summary>NTK-aware: a sequence longer than the original context turns by a larger base, which depends on its length.</summary>
    Dynamic,

    /// <summary>YaRN (Peng et al. 2023): frequencies of few turns divided by a factor, those of many kept, a ramp over the pairs between.</summary>
    Yarn,

    /// <summary>LongRoPE (Ding et al. 2024): one factor per pair, of two lists: for sequences within the original context and beyond it.</summary>
    LongRope,

    /// <summary>Llama 3: long wavelengths divided by a factor, short ones kept, a smooth band between.</summary>
    Llama3,
}

/// <summary>Rotary positions of a block.</summary>
/// <param name="Theta">Base of the frequencies: pair i of n turns by Theta^(−i/n) per position.</param>
/// <param name="Scaling">Which scaling.</param>
/// <param name="Factor">Scaling factor (linear, dynamic, yarn, llama3).</param>
/// <param name="LowFrequencyFactor">llama3: wavelengths over OriginalPositions / this are divided by Factor.</param>
/// <param name="HighFrequencyFactor">llama3: wavelengths under OriginalPositions / this are kept.</param>
/// <param name="OriginalPositions">Context length of training before scaling (all but linear).</param>
public sealed record RotarySpec(double Theta, RotaryScaling Scaling = RotaryScaling.Default, double Factor = 1, double LowFrequencyFactor = 1, double HighFrequencyFactor = 1, int OriginalPositions = 0)
{
    /// <summary>Columns of a head that turn, from its first on; null for all.</summary>
    public int? Width { get; init; }

    /// <summary>Neighbouring columns turn together (GPT-J), instead of the two halves (Llama, GPT-NeoX).</summary>
    public bool Interleaved { get; init; }

    /// <summary>Factor on cosines and sines (yarn, longrope).</summary>
    public double Magnitude { get; init; } = 1;

    /// <summary>yarn: pairs that make at least so many turns within the original context keep their frequency.</summary>
    public double FastTurns { get; init; } = 32;

    /// <summary>yarn: pairs that make at most so many turns are divided by Factor.</summary>
    public double SlowTurns { get; init; } = 1;

    /// <summary>yarn: the ends of the ramp are rounded to whole pairs.</summary>
    public bool WholePairs { get; init; } = true;

    /// <summary>longrope: divisors of the frequencies within the original context, one per pair.</summary>
    public ValueList<double>? ShortFactors { get; init; }

    /// <summary>longrope: divisors of the frequencies beyond the original context.</summary>
    public ValueList<double>? LongFactors { get; init; }

    /// <summary>Two lengths with equal numbers turn by the same frequencies; where the numbers differ, what a cache holds of the shorter one cannot serve the longer.</summary>
    /// <param name="length">Tokens of a sequence.</param>
    public int FrequencySet(int length) => length <= OriginalPositions ? 0 : Scaling switch
    {
        RotaryScaling.Dynamic => length,
        RotaryScaling.LongRope => 1,
        _ => 0,
    };

    /// <summary>Angle per position of each pair of a head.</summary>
    /// <param name="headWidth">Width of a head.</param>
    /// <param name="length">Tokens of the sequence, on which dynamic and longrope depend.</param>
    public float[] Frequencies(int headWidth, int length = 0)
    {
        int width = Width ?? headWidth;
        double theta = Scaling == RotaryScaling.Dynamic ? DynamicTheta(width, length) : Theta;
        float[] frequencies = new float[width / 2];
        for (int i = 0; i < frequencies.Length; i++) frequencies[i] = (float)Scale(Math.Pow(theta, -2.0 * i / width), i, width, length);
        return frequencies;
    }

    private double Scale(double frequency, int pair, int width, int length) => Scaling switch
    {
        RotaryScaling.Linear => frequency / Factor,
        RotaryScaling.Yarn => Yarn(frequency, pair, width),
        RotaryScaling.LongRope => frequency / (length > OriginalPositions ? LongFactors! : ShortFactors!)[pair],
        RotaryScaling.Llama3 => Llama3(frequency),
        _ => frequency,
    };

    private double DynamicTheta(int width, int length)
    {
        double stretch = Factor * Math.Max(length, OriginalPositions) / OriginalPositions - (Factor - 1);
        return Theta * Math.Pow(stretch, width / (width - 2.0));
    }

    private double Yarn(double frequency, int pair, int width)
    {
        // The pair that makes so many turns within the original context.
        double PairOf(double turns) => width * Math.Log(OriginalPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(Theta));
        double low = PairOf(FastTurns), high = PairOf(SlowTurns);
        if (WholePairs) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, width - 1));
        if (low == high) high += 0.001;
        double divided = Math.Clamp((pair - low) / (high - low), 0, 1);
        return divided * frequency / Factor + (1 - divided) * frequency;
    }

    private double Llama3(double frequency)
    {
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < OriginalPositions / HighFrequencyFactor) return frequency;
        if (wavelength > OriginalPositions / LowFrequencyFactor) return frequency / Factor;
        double smooth = (OriginalPositions / wavelength - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (1 - smooth) * frequency / Factor + smooth * frequency;
    }
}
