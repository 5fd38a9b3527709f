namespace Strata.Models;

/// <summary>The entropy-coded part of one scan: fills coefficients of its components, sequential or one progressive refinement.</summary>
/// <param name="bytes">The file.</param>
/// <param name="at">Where the coded data begins.</param>
/// <param name="components">The components of the scan.</param>
/// <param name="restartInterval">Units between restart markers; 0 for none.</param>
/// <param name="progressive">Is the frame progressive?</param>
/// <param name="band">First and last coefficient, the bit that was reached before and the one that is reached.</param>
internal sealed class JpegScan(byte[] bytes, int at, JpegComponent[] components, int restartInterval, bool progressive, (int First, int Last, int High, int Low) band)
{
    private ulong _bits;
    private int _held;
    private int _missing;
    private int _endOfBand;
    private bool _damaged;

    /// <summary>Reads the scan and returns where it ends; null where it is cut off or damaged.</summary>
    public int? Read((int Width, int Height) size)
    {
        (int columns, int rows) = components.Length == 1 ? components[0].OwnBlocks : components[0].Units(size.Width, size.Height);
        foreach (JpegComponent component in components) component.Previous = 0;
        int left = restartInterval;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                if (restartInterval > 0 && left-- == 0)
                {
                    if (!Restart()) return null;
                    left = restartInterval - 1;
                }

                Unit(column, row);
                if (_damaged || _missing > 64) return null;
            }
        }

        // Bits that were taken from behind the data were only the filling of its last byte.
        return _missing > 0 && _held < 8 * _missing ? null : at;
    }

    private void Unit(int column, int row)
    {
        if (components.Length == 1)
        {
            Block(components[0], components[0].Block(column, row));
            return;
        }

        foreach (JpegComponent component in components)
        {
            for (int y = 0; y < component.Down; y++)
                for (int x = 0; x < component.Across; x++) Block(component, component.Block(column * component.Across + x, row * component.Down + y));
        }
    }

    private void Block(JpegComponent component, Span<short> block)
    {
        if (!progressive) Sequential(component, block);
        else if (band.First == 0) Direct(component, block);
        else if (band.High == 0) FirstBand(component, block);
        else RefineBand(component, block);
    }

    private void Sequential(JpegComponent component, Span<short> block)
    {
        block[0] = (short)(component.Previous += Signed(Symbol(component.Direct!)));
        for (int k = 1; k < 64; k++)
        {
            int symbol = Symbol(component.Alternating!), run = symbol >> 4, size = symbol & 15;
            if (size == 0)
            {
                if (run != 15) return;
                k += 15;
                continue;
            }

            k += run;
            if (k > 63) _damaged = true;
            if (_damaged) return;
            block[JpegTransform.Natural[k]] = (short)Signed(size);
        }
    }

    private void Direct(JpegComponent component, Span<short> block)
    {
        if (band.High > 0) block[0] |= (short)(Bits(1) << band.Low);
        else block[0] = (short)((component.Previous += Signed(Symbol(component.Direct!))) << band.Low);
    }

    private void FirstBand(JpegComponent component, Span<short> block)
    {
        if (_endOfBand > 0)
        {
            _endOfBand--;
            return;
        }

        for (int k = band.First; k <= band.Last; k++)
        {
            int symbol = Symbol(component.Alternating!), run = symbol >> 4, size = symbol & 15;
            if (size == 0 && run < 15)
            {
                _endOfBand = (1 << run) + Bits(run) - 1;
                return;
            }

            k += run;
            if (size == 0) continue;
            if (k > band.Last) _damaged = true;
            if (_damaged) return;
            block[JpegTransform.Natural[k]] = (short)(Signed(size) << band.Low);
        }
    }

    /// <summary>One more bit of coefficients that are not 0, and coefficients that become ±1 at this bit.</summary>
    private void RefineBand(JpegComponent component, Span<short> block)
    {
        int k = band.First;
        short one = (short)(1 << band.Low);
        while (_endOfBand == 0 && k <= band.Last)
        {
            int symbol = Symbol(component.Alternating!), run = symbol >> 4, size = symbol & 15;
            if (size > 1) _damaged = true;
            if (_damaged) return;
            if (size == 0 && run < 15)
            {
                _endOfBand = (1 << run) + Bits(run);
                break;
            }

            short made = size == 0 ? (short)0 : Bits(1) == 1 ? one : (short)-one;
            for (; k <= band.Last; k++)
            {
                ref short value = ref block[JpegTransform.Natural[k]];
                if (value != 0) Refine(ref value, one);
                else if (run-- == 0)
                {
                    value = made;
                    break;
                }
            }

            k++;
        }

        if (_endOfBand == 0) return;
        for (; k <= band.Last; k++)
        {
            ref short value = ref block[JpegTransform.Natural[k]];
            if (value != 0) Refine(ref value, one);
        }

        _endOfBand--;
    }

    private void Refine(ref short value, short one)
    {
        if (Bits(1) == 1 && (value & one) == 0) value += value > 0 ? one : (short)-one;
    }

    private bool Restart()
    {
        _held = _missing = _endOfBand = 0;
        foreach (JpegComponent component in components) component.Previous = 0;
        while (at + 1 < bytes.Length && !(bytes[at] == 0xFF && bytes[at + 1] is >= 0xD0 and <= 0xD7))
        {
            if (bytes[at] == 0xFF && bytes[at + 1] is not (0 or 0xFF)) return false;
            at++;
        }

        at += 2;
        return at <= bytes.Length;
    }

    private int Symbol(JpegHuffman table)
    {
        Fill();
        (int length, int symbol) = table.Find((int)(_bits >> (_held - 16)) & 0xFFFF);
        _held -= length;
        _damaged |= length == 0;
        return symbol;
    }

    private int Bits(int count)
    {
        Fill();
        _held -= count;
        return (int)(_bits >> _held) & (1 << count) - 1;
    }

    /// <summary>A number of so many bits, whose first bit is its sign: the lower half of the codes is negative.</summary>
    private int Signed(int size)
    {
        if (size > 15) _damaged = true;
        if (size == 0 || _damaged) return 0;
        int value = Bits(size);
        return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    /// <summary>Holds at least 16 bits; behind the data they are 0 and counted.</summary>
    private void Fill()
    {
        while (_held < 32)
        {
            int next = 0;
            if (at < bytes.Length && bytes[at] != 0xFF) next = bytes[at++];
            else if (at + 1 < bytes.Length && bytes[at + 1] == 0) (next, at) = (0xFF, at + 2);
            else _missing++;
            _bits = _bits << 8 | (uint)next;
            _held += 8;
        }
    }
}
