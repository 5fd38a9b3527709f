using System.Text;

namespace Strata.Notebooks;

/// <summary>A magic line that is being typed, cut into words as the grammar cuts it: blanks separate, double quotes hold together.</summary>
internal sealed class TypedLine
{
    /// <summary>Cuts a line at the cursor.</summary>
    /// <param name="line">The line.</param>
    /// <param name="cursor">The cursor's position in it.</param>
    public TypedLine(string line, int cursor)
    {
        List<string> before = [];
        StringBuilder word = new();
        int start = 0;
        bool quoted = false, within = false;
        for (int at = 0; at < cursor; at++)
        {
            char c = line[at];
            if (!quoted && char.IsWhiteSpace(c))
            {
                if (within) before.Add(word.ToString());
                (within, start) = (false, at + 1);
                word.Clear();
                continue;
            }

            within = true;
            if (c == '"') (quoted, start) = (!quoted, word.Length == 0 ? at + 1 : start);
            else word.Append(c);
        }

        (Before, Word, Start, InQuotes) = (before, word.ToString(), start, quoted);
        After = line[cursor..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The words before the one at the cursor, without quotes.</summary>
    public IReadOnlyList<string> Before { get; }

    /// <summary>The beginning of the word at the cursor, without quotes.</summary>
    public string Word { get; }

    /// <summary>Where that word begins in the line, after its quote if it has one.</summary>
    public int Start { get; }

    /// <summary>Whether the cursor stands within quotes.</summary>
    public bool InQuotes { get; }

    /// <summary>What stands behind the cursor.</summary>
    public IReadOnlyList<string> After { get; }
}
