namespace Strata.Models;

/// <summary>How the rotary frequencies of a longer context derive from those of training.</summary>
public enum RotaryScaling
{
    /// <summary>Not scaled.</summary>
    Default,

    /// <summary>All frequencies divided by a factor.</summary>
    Linear,

    /// <summary>Llama 3: long wavelengths divided by a factor, short ones kept, a smooth band between.</summary>
    Llama3,
}

/// <summary>Rotary positions of a network.</summary>
/// <param name="Theta">Base of the frequencies: pair i of a head of width d turns by Theta^(−2i/d) per position.</param>
/// <param name="Scaling">Which scaling.</param>
/// <param name="Factor">Scaling factor (linear, llama3).</param>
/// <param name="LowFrequencyFactor">llama3: wavelengths over OriginalPositions / this are divided by Factor.</param>
/// <param name="HighFrequencyFactor">llama3: wavelengths under OriginalPositions / this are kept.</param>
/// <param name="OriginalPositions">llama3: context length of training before scaling.</param>
public sealed record RotarySpec(double Theta, RotaryScaling Scaling = RotaryScaling.Default, double Factor = 1, double LowFrequencyFactor = 1, double HighFrequencyFactor = 1, int OriginalPositions = 0)
{
    /// <summary>Angle per position of each of the headWidth / 2 pairs of a head.</summary>
    /// <param name="headWidth">Even width of a head.</param>
    public float[] Frequencies(int headWidth)
    {
        float[] frequencies = new float[headWidth / 2];
        for (int i = 0; i < frequencies.Length; i++) frequencies[i] = (float)Scale(Math.Pow(Theta, -2.0 * i / headWidth));
        return frequencies;
    }

    private double Scale(double frequency)
    {
        if (Scaling == RotaryScaling.Default) return frequency;
        if (Scaling == RotaryScaling.Linear) return frequency / Factor;
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < OriginalPositions / HighFrequencyFactor) return frequency;
        if (wavelength > OriginalPositions / LowFrequencyFactor) return frequency / Factor;
        double smooth = (OriginalPositions / wavelength - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (1 - smooth) * frequency / Factor + smooth * frequency;
    }
}
