namespace Strata.Jupyter.Tests.Zmtp;

/// <summary>Damages octets at random: flips, cuts, insertions, repetitions.</summary>
internal static class Mutation
{
    /// <summary>A damaged copy; never equal to the original.</summary>
    public static byte[] Of(byte[] original, Random random)
    {
        byte[] octets = original;
        do
        {
            for (int times = random.Next(1, 4); times > 0; times--) octets = Once(octets, random);
        }
        while (octets.AsSpan().SequenceEqual(original));
        return octets;
    }

    private static byte[] Once(byte[] octets, Random random)
    {
        int at = random.Next(octets.Length + 1);
        switch (random.Next(4))
        {
            case 0 when at < octets.Length:
                byte[] flipped = [.. octets];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1: return octets[..at];
            case 2: return [.. octets[..at], (byte)random.Next(256), .. octets[at..]];
            default: return [.. octets, .. octets[at..]];
        }
    }
}
