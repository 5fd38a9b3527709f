using System.Globalization;
using System.Text;

namespace Strata.Models;

/// <summary>The script that a character is written in: Latin, Han, Cyrillic and so on.</summary>
internal static class UnicodeScripts
{
    /// <summary>The script of a space and of characters that Unicode does not assign.</summary>
    public const int Any = -1;

    private static readonly Lazy<(int[] Starts, int[] Ends, short[] Scripts, string[] Names)> Table = new(Read);

    /// <summary>Number of a script by its name in Unicode, such as <c>Han</c>; <see cref="Any"/> where there is no such script.</summary>
    public static int Named(string name) => Array.IndexOf(Table.Value.Names, name);

    /// <summary>The number of a character's script.</summary>
    public static int Of(int codePoint)
    {
        (int[] starts, int[] ends, short[] scripts, _) = Table.Value;
        int at = Array.BinarySearch(starts, codePoint);
        if (at < 0) at = ~at - 1;
        return at >= 0 && codePoint <= ends[at] ? scripts[at] : Any;
    }

    /// <summary>The ranges of a script, ends included.</summary>
    public static IEnumerable<(int First, int Last)> RangesOf(int script) =>
        Enumerable.Range(0, Table.Value.Starts.Length).Where(i => Table.Value.Scripts[i] == script).Select(i => (Table.Value.Starts[i], Table.Value.Ends[i]));

    private static (int[] Starts, int[] Ends, short[] Scripts, string[] Names) Read()
    {
        List<(int Start, int End, short Script)> ranges = [];
        List<string> names = [];
        foreach (string script in string.Concat(UnicodeScriptData.Ranges.Split('\n')).Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = script.Split(':');
            foreach (string range in parts[1].Split(','))
            {
                int[] ends = Array.ConvertAll(range.Split('-'), text => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                ranges.Add((ends[0], ends[^1], (short)names.Count));
            }

            names.Add(parts[0]);
        }

        ranges.Sort();
        return ([.. ranges.Select(range => range.Start)], [.. ranges.Select(range => range.End)], [.. ranges.Select(range => range.Script)], [.. names]);
    }
}

/// <summary>Cuts where the script changes, as SentencePiece does in training: kana count as Han, spaces belong to what stands before them. Spaces before everything else are dropped.</summary>
internal sealed class ScriptPreTokenizer : PreTokenizer
{
    private const int ProlongedSound = 0x30FC;

    private static readonly int Han = UnicodeScripts.Named("Han");
    private static readonly int Hiragana = UnicodeScripts.Named("Hiragana");
    private static readonly int Katakana = UnicodeScripts.Named("Katakana");

    public override List<Piece> Apply(List<Piece> pieces)
    {
        List<Piece> result = new(pieces.Count);
        foreach (Piece piece in pieces)
        {
            int done = 0;
            int at = 0;
            int last = UnicodeScripts.Any;
            foreach (Rune rune in piece.Characters.EnumerateRunes())
            {
                int script = ScriptOf(rune);
                if (script != UnicodeScripts.Any && last != script)
                {
                    if (last != UnicodeScripts.Any) result.Add(piece.Part(done, at - done));
                    done = at;
                }

                if (script != UnicodeScripts.Any) last = script;
                at += rune.Utf16SequenceLength;
            }

            if (last != UnicodeScripts.Any) result.Add(piece.Part(done, piece.Length - done));
        }

        return result;
    }

    private static int ScriptOf(Rune rune)
    {
        if (rune.Value == ' ') return UnicodeScripts.Any;
        int script = rune.Value == ProlongedSound ? Han : UnicodeScripts.Of(rune.Value);
        return script == Hiragana || script == Katakana ? Han : script;
    }
}
