using System.Numerics;

namespace Strata.Models;

/// <summary>A prefix tree over UTF-16 characters: from a place in a text it finds all known strings that begin there. Its edges lie in one open-addressed table.</summary>
internal sealed class CharTrie
{
    /// <summary>Most characters of all strings together; readers refuse vocabularies with more. Trained ones have two or three million.</summary>
    public const int MaxCharacters = 1 << 23;

    /// <summary>The node of the empty string.</summary>
    public const int Root = 0;

    private readonly int[] _values;
    private readonly long[] _keys;
    private readonly int[] _targets;
    private readonly int _shift;
    private readonly int[] _first;

    /// <summary>A tree of strings that are not empty, each with a value from 0 on; of equal strings the first counts.</summary>
    public CharTrie(IReadOnlyCollection<(string Text, int Value)> entries)
    {
        Dictionary<long, int> edges = [];
        List<int> values = [-1];
        foreach ((string text, int value) in entries)
        {
            int node = Root;
            foreach (char c in text)
            {
                if (!edges.TryGetValue(Key(node, c), out int next))
                {
                    edges.Add(Key(node, c), next = values.Count);
                    values.Add(-1);
                }

                node = next;
            }

            if (text.Length > 0 && values[node] < 0) values[node] = value;
        }

        _values = [.. values];
        _first = new int[entries.Select(entry => entry.Text.Length == 0 ? 0 : entry.Text[0] + 1).DefaultIfEmpty(0).Max()];
        int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, edges.Count * 2));
        _shift = 64 - BitOperations.Log2((uint)capacity);
        _keys = new long[capacity];
        _targets = new int[capacity];
        foreach ((long key, int target) in edges) Insert(key, target);
    }

    /// <summary>The node that an edge leads to; -1 when there is none.</summary>
    public int Next(int node, char character)
    {
        if (node == Root) return character < _first.Length ? _first[character] - 1 : -1;
        long key = Key(node, character) + 1;
        for (int slot = Slot(key); _keys[slot] != 0; slot = (slot + 1) & (_keys.Length - 1))
        {
            if (_keys[slot] == key) return _targets[slot];
        }

        return -1;
    }

    /// <summary>The value of the string that ends at a node; -1 when none does.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The value of the longest string that the text begins with; -1 when there is none.</summary>
    public int Longest(ReadOnlySpan<char> text, out int length)
    {
        int longest = -1;
        length = 0;
        int node = Root;
        for (int i = 0; i < text.Length && (node = Next(node, text[i])) >= 0; i++)
        {
            if (_values[node] < 0) continue;
            longest = _values[node];
            length = i + 1;
        }

        return longest;
    }

    private static long Key(int node, char character) => ((long)node << 16) | character;

    private int Slot(long key) => (int)((ulong)key * 0x9E3779B97F4A7C15UL >> _shift);

    private void Insert(long edge, int target)
    {
        if (edge <= char.MaxValue) _first[edge] = target + 1;
        // 0 marks a free slot.
        int slot = Slot(edge + 1);
        while (_keys[slot] != 0) slot = (slot + 1) & (_keys.Length - 1);
        _keys[slot] = edge + 1;
        _targets[slot] = target;
    }
}
