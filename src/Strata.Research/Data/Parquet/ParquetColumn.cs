using System.Text.Json;

namespace Strata.Research;

/// <summary>
/// A column of a row group while its rows are put together: its values, and for each the levels that say which of the fields above it are there and which of them goes on (Dremel; Melnik et al., VLDB 2010).
/// </summary>
internal sealed class ParquetColumn
{
    private const int MaxEntries = 1 << 27;

    private readonly ParquetField _leaf;
    private readonly ParquetValues _values;
    private readonly List<int> _definitions = [];
    private readonly List<int> _repetitions = [];
    private int _entry;
    private int _value;

    /// <summary>Reads all pages of a column.</summary>
    /// <param name="leaf">The column.</param>
    /// <param name="bytes">Its pages.</param>
    /// <param name="codec">How they are compressed.</param>
    /// <param name="entries">Values that the metadata announces, those that are missing among them.</param>
    /// <exception cref="InvalidDataException">The bytes are no such column.</exception>
    /// <exception cref="NotSupportedException">It is written in a way that is not read.</exception>
    public ParquetColumn(ParquetField leaf, ReadOnlySpan<byte> bytes, int codec, long entries)
    {
        (_leaf, _values) = (leaf, new ParquetValues(leaf));
        if (entries is < 0 or > MaxEntries) throw new InvalidDataException($"{entries} values, where at most {MaxEntries} can be");
        ParquetValues? dictionary = null;
        ByteCursor cursor = new(bytes);
        while (_definitions.Count < entries)
        {
            ParquetPage? page = ParquetPage.Read(ref cursor, codec);
            if (page is { IsDictionary: true })
            {
                dictionary = new ParquetValues(leaf);
                dictionary.AddPlain(page.Bytes, page.Values);
            }
            else if (page is { IsData: true })
            {
                Add(page, dictionary);
            }
        }

        if (_definitions.Count != entries) throw new InvalidDataException($"{_definitions.Count} values where {entries} were announced");
    }

    /// <summary>Is there another value?</summary>
    public bool HasMore => _entry < _definitions.Count;

    /// <summary>The definition level of the next value.</summary>
    public int Definition => HasMore ? _definitions[_entry] : throw new InvalidDataException($"the column \"{_leaf.Path}\" has fewer values than there are rows");

    /// <summary>The repetition level of the next value; 0 behind the last.</summary>
    public int Repetition => HasMore ? _repetitions[_entry] : 0;

    /// <summary>Writes the next value, which is there.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        if (Definition != _leaf.MaxDefinition) throw new InvalidDataException($"the column \"{_leaf.Path}\" lacks a value that its neighbours have");
        _values.Write(writer, _value++);
        _entry++;
    }

    /// <summary>Passes over the next value, which is missing.</summary>
    public void Skip()
    {
        if (Definition == _leaf.MaxDefinition) _value++;
        _entry++;
    }

    private void Add(ParquetPage page, ParquetValues? dictionary)
    {
        if ((_leaf.MaxDefinition > 0 && !page.DefinitionsAreRuns) || (_leaf.MaxRepetition > 0 && !page.RepetitionsAreRuns)) throw new NotSupportedException("its levels are bit-packed, an encoding that the format has given up");
        int[] repetitions = new int[page.Values], definitions = new int[page.Values];
        ByteCursor bytes = new(page.Bytes);
        ReadLevels(ref bytes, _leaf.MaxRepetition, page.IsV2 ? page.Repetitions : null, repetitions);
        ReadLevels(ref bytes, _leaf.MaxDefinition, page.IsV2 ? page.Definitions : null, definitions);
        _repetitions.AddRange(repetitions);
        _definitions.AddRange(definitions);
        int there = definitions.Count(level => level == _leaf.MaxDefinition);
        AddValues(page.Encoding, page.Bytes.AsMemory(bytes.Position), there, dictionary);
    }

    private void AddValues(ParquetEncoding encoding, ReadOnlyMemory<byte> data, int count, ParquetValues? dictionary)
    {
        if (count == 0) return;
        switch (encoding)
        {
            case ParquetEncoding.Plain:
                _values.AddPlain(data, count);
                break;
            case ParquetEncoding.Dictionary or ParquetEncoding.PlainDictionary:
                if (dictionary is null) throw new InvalidDataException("a page needs a dictionary, and none came before it");
                ByteCursor indices = new(data.Span);
                _values.AddIndexed(dictionary, Runs(ref indices, indices.Next(), count));
                break;
            case ParquetEncoding.Runs when _leaf.Type == ParquetType.Boolean:
                ByteCursor flags = new(data.Span);
                flags.Take(4);
                _values.AddFlags(Runs(ref flags, 1, count));
                break;
            case ParquetEncoding.Deltas:
                _values.AddDeltas(data.Span, count);
                break;
            case ParquetEncoding.DeltaLengths or ParquetEncoding.DeltaStrings:
                _values.AddDeltaStrings(data, count, encoding == ParquetEncoding.DeltaStrings);
                break;
            default:
                throw new NotSupportedException($"its values are in encoding {(int)encoding}");
        }
    }

    /// <summary>Levels, their length before them where the header does not give it; all 0 where there can be no other.</summary>
    private static void ReadLevels(ref ByteCursor bytes, int most, int? length, int[] levels)
    {
        if (most == 0)
        {
            bytes.Take(length ?? 0);
            return;
        }

        ByteCursor own = new(bytes.Take(length ?? bytes.Int32()));
        PackedNumbers.ReadRuns(ref own, 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)most), levels);
        if (levels.Any(level => level > most)) throw new InvalidDataException($"a level of {levels.Max()}, where at most {most} can be");
    }

    private static int[] Runs(ref ByteCursor bytes, int width, int count)
    {
        int[] numbers = new int[count];
        PackedNumbers.ReadRuns(ref bytes, width, numbers);
        return numbers;
    }
}
