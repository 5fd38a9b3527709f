using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Strata.Research;

/// <summary>
/// A column of a row group while its rows are put together: its values, and for each the levels that say which of the fields above it are there and which of them goes on (Dremel; Melnik et al., VLDB 2010).
/// </summary>
internal sealed class ParquetColumn
{
    private readonly ParquetField _leaf;
    private readonly ParquetValues _values;

    // One per value; none where there can be no other than 0.
    private readonly List<byte> _definitions = [];
    private readonly List<byte> _repetitions = [];
    private long _entries;
    private long _entry;
    private int _value;

    /// <summary>Reads all pages of a column.</summary>
    /// <param name="leaf">The column.</param>
    /// <param name="bytes">Its pages.</param>
    /// <param name="codec">How they are compressed.</param>
    /// <param name="entries">Values that the metadata announces, those that are missing among them.</param>
    /// <param name="budget">Of the row group.</param>
    /// <exception cref="InvalidDataException">The bytes are no such column.</exception>
    /// <exception cref="NotSupportedException">It is written in a way that is not read.</exception>
    public ParquetColumn(ParquetField leaf, ReadOnlySpan<byte> bytes, int codec, long entries, ParquetBudget budget)
    {
        (_leaf, _values) = (leaf, new ParquetValues(leaf, budget));
        ParquetValues? dictionary = null;
        ByteCursor cursor = new(bytes);
        while (_entries < entries)
        {
            ParquetPage? page = ParquetPage.Read(ref cursor, codec, budget);
            if (page is { IsDictionary: true })
            {
                if (dictionary is not null) throw new InvalidDataException("a second dictionary");
                dictionary = new ParquetValues(leaf, budget);
                dictionary.AddPlain(page.Bytes, page.Values);
            }
            else if (page is { IsData: true })
            {
                Add(page, dictionary, budget);
            }
        }

        if (_entries != entries) throw new InvalidDataException($"{_entries} values where {entries} were announced");
        _values.DecideText();
    }

    /// <summary>Is there another value?</summary>
    public bool HasMore => _entry < _entries;

    /// <summary>The definition level of the next value.</summary>
    public int Definition => HasMore ? Level(_definitions) : throw new InvalidDataException($"the column \"{_leaf.Path}\" has fewer values than there are rows");

    /// <summary>The repetition level of the next value; 0 behind the last.</summary>
    public int Repetition => HasMore ? Level(_repetitions) : 0;

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

    private int Level(List<byte> levels) => levels.Count == 0 ? 0 : levels[(int)_entry];

    private void Add(ParquetPage page, ParquetValues? dictionary, ParquetBudget budget)
    {
        if ((_leaf.MaxDefinition > 0 && !page.DefinitionsAreRuns) || (_leaf.MaxRepetition > 0 && !page.RepetitionsAreRuns)) throw new NotSupportedException("its levels are bit-packed, an encoding that the format has given up");
        budget.Take(4L * page.Values);
        ByteCursor bytes = new(page.Bytes);
        ReadLevels(ref bytes, _leaf.MaxRepetition, page.IsV2 ? page.Repetitions : null, page.Values, _repetitions);
        ReadLevels(ref bytes, _leaf.MaxDefinition, page.IsV2 ? page.Definitions : null, page.Values, _definitions);
        int there = _leaf.MaxDefinition == 0 ? page.Values : CollectionsMarshal.AsSpan(_definitions)[^page.Values..].Count((byte)_leaf.MaxDefinition);
        _entries += page.Values;
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

    /// <summary>Levels, their length before them where the header does not give it.</summary>
    private static void ReadLevels(ref ByteCursor bytes, int most, int? length, int count, List<byte> levels)
    {
        if (most == 0)
        {
            bytes.Take(length ?? 0);
            return;
        }

        ByteCursor own = new(bytes.Take(length ?? bytes.Int32()));
        foreach (int level in Runs(ref own, 32 - BitOperations.LeadingZeroCount((uint)most), count))
            levels.Add(level <= most ? (byte)level : throw new InvalidDataException($"a level of {level}, where at most {most} can be"));
    }

    private static int[] Runs(ref ByteCursor bytes, int width, int count)
    {
        int[] numbers = new int[count];
        PackedNumbers.ReadRuns(ref bytes, width, numbers);
        return numbers;
    }
}
