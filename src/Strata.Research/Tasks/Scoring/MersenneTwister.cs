namespace Strata.Research;

/// <summary>
/// MT19937 (Matsumoto and Nishimura 1998) with the draws that MTEB makes from NumPy's <c>RandomState</c> and Python's <c>random.Random</c>, so that a task trains on and clusters the rows that
/// MTEB takes.
/// </summary>
internal sealed class MersenneTwister
{
    private const int Size = 624, Shift = 397;

    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    private MersenneTwister()
    {
    }

    /// <summary>The generator of <c>numpy.random.RandomState(seed)</c>.</summary>
    public static MersenneTwister OfNumpy(uint seed)
    {
        MersenneTwister generator = new();
        generator.Fill(seed);
        return generator;
    }

    /// <summary>The generator of <c>random.Random(seed)</c>, whose seed is an array of one number.</summary>
    public static MersenneTwister OfPython(uint seed)
    {
        MersenneTwister generator = new();
        uint[] state = generator._state;
        generator.Fill(19650218);
        int i = 1;
        for (int k = 0; k < Size; k++)
        {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1664525)) + seed;
            i = Following(i, state);
        }

        for (int k = 0; k < Size - 1; k++)
        {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) * 1566083941)) - (uint)i;
            i = Following(i, state);
        }

        state[0] = 0x80000000;
        return generator;
    }

    /// <summary>32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_next == Size) Twist();
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >> 18);
    }

    /// <summary><c>RandomState.shuffle</c> of a list.</summary>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            uint mask = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount((uint)i), j;
            do j = NextUInt32() & mask;
            while (j > i);
            (items[i], items[(int)j]) = (items[(int)j], items[i]);
        }
    }

    /// <summary><c>Random.choices(range(population), k=count)</c>: with replacement.</summary>
    public int[] Choices(int population, int count)
    {
        int[] chosen = new int[count];
        for (int i = 0; i < count; i++)
        {
            uint high = NextUInt32() >> 5, low = NextUInt32() >> 6;
            chosen[i] = (int)((high * 67108864.0 + low) * (1.0 / 9007199254740992.0) * population);
        }

        return chosen;
    }

    /// <summary><c>Random.sample(range(population), k=count)</c>: without replacement.</summary>
    public int[] Sample(int population, int count)
    {
        int[] chosen = new int[count];
        int setSize = 21 + (count > 5 ? (int)Math.Pow(4, Math.Ceiling(Math.Log(count * 3, 4))) : 0);
        if (population <= setSize)
        {
            int[] pool = Enumerable.Range(0, population).ToArray();
            for (int i = 0; i < count; i++)
            {
                int j = Below(population - i);
                chosen[i] = pool[j];
                pool[j] = pool[population - i - 1];
            }

            return chosen;
        }

        HashSet<int> seen = [];
        for (int i = 0; i < count; i++)
        {
            int j = Below(population);
            while (!seen.Add(j)) j = Below(population);
            chosen[i] = j;
        }

        return chosen;
    }

    private int Below(int bound)
    {
        int bits = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)bound);
        uint value = NextUInt32() >> (32 - bits);
        while (value >= bound) value = NextUInt32() >> (32 - bits);
        return (int)value;
    }

    private void Fill(uint seed)
    {
        for (int i = 0; i < Size; i++)
        {
            _state[i] = seed;
            seed = 1812433253 * (seed ^ (seed >> 30)) + (uint)i + 1;
        }
    }

    private static int Following(int i, uint[] state)
    {
        if (++i < Size) return i;
        state[0] = state[Size - 1];
        return 1;
    }

    private void Twist()
    {
        for (int i = 0; i < Size; i++)
        {
            uint y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7fffffff);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) * 0x9908b0df);
        }

        _next = 0;
    }
}
