using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// A small task whose rules are known: rows of tokens, the names of the tokens, and labels that a probe or a score may use.
/// A label at position t says something that tokens 0 .. t determine; -1 where it is not defined.
/// </summary>
public sealed class ToyTask
{
    /// <summary>A task.</summary>
    /// <param name="data">Rows that all have tokens.</param>
    /// <param name="vocabulary">Names of the tokens, [id], each once, none empty or with white space in it.</param>
    /// <param name="labels">Labels by name, [row][position], each row as long as its tokens.</param>
    /// <param name="padId">The token that fills rows up and stands for unknown words.</param>
    /// <param name="bosId">The token that every row begins with; null when rows begin otherwise.</param>
    /// <exception cref="StrataException">A row without tokens or with a token outside the vocabulary, names that repeat or hold white space, or ids outside the vocabulary.</exception>
    public ToyTask(DataSet data, IReadOnlyList<string> vocabulary, IReadOnlyDictionary<string, int[][]> labels, int padId, int? bosId)
    {
        CheckVocabulary(vocabulary, padId, bosId);
        CheckRows(data, vocabulary.Count);
        Data = data;
        Vocabulary = vocabulary;
        Labels = labels;
        PadId = padId;
        BosId = bosId;
    }

    /// <summary>The rows: token ids, and the same as text for a tokenizer (names with spaces between, without the token at the beginning and without padding).</summary>
    public DataSet Data { get; }

    /// <summary>Names of the tokens, [id].</summary>
    public IReadOnlyList<string> Vocabulary { get; }

    /// <summary>Labels by name, [row][position]; -1 where undefined. The tasks of this library compute each when it is first asked for.</summary>
    public IReadOnlyDictionary<string, int[][]> Labels { get; }

    /// <summary>The token that fills rows up.</summary>
    public int PadId { get; }

    /// <summary>The token that every row begins with, or null.</summary>
    public int? BosId { get; }

    /// <summary>Number of positions of the longest row.</summary>
    public int MaxLength => Data.Rows.Max(row => row.Tokens!.Length);

    /// <summary>Splits rows and labels together, as <see cref="DataSet.Split"/> splits the rows.</summary>
    /// <exception cref="StrataException">One of the parts would be empty.</exception>
    public (ToyTask Train, ToyTask Test) Split(double fraction, long seed)
    {
        (DataSet trainData, DataSet testData) = Data.Split(fraction, seed);
        (int[] train, int[] test) = Data.SplitRows(fraction, seed);
        return (Part(trainData, train), Part(testData, test));
    }

    /// <summary>The rows with some of the labels as fields, for writing to a file; <see cref="DataSet.Labels"/> reads them from it.</summary>
    /// <param name="labels">Names out of <see cref="Labels"/>; all when none are given.</param>
    /// <exception cref="StrataException">There is no label of this name.</exception>
    public DataSet LabelledData(params string[] labels)
    {
        IEnumerable<DataRow> rows = Data.Rows;
        foreach (string name in labels.Length > 0 ? labels : Labels.Keys)
        {
            int[][] values = Labels[name];
            rows = rows.Select((row, i) => row.With(name, JsonSerializer.SerializeToElement(values[i])));
        }

        return new DataSet(Data.Name, rows);
    }

    /// <summary>
    /// Writes <c>tokenizer.json</c> (one token per word, words between white space, lower case where the vocabulary is) and <c>tokenizer_config.json</c>
    /// in the form that Hugging Face tokenizers read.
    /// </summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="InvalidFileException">The folder is missing or may not be written.</exception>
    public void WriteTokenizer(string folder) => WordLevelTokenizer.Write(folder, Vocabulary, PadId, BosId, MaxLength);

    /// <summary>A task from rows of token ids; adds the text. Each label is a function of the index of a row.</summary>
    internal static ToyTask FromRows(string name, int[][] rows, IReadOnlyList<string> vocabulary, int padId, int? bosId, IEnumerable<(string Name, Func<int, int[]> Row)> labels)
    {
        int skipped = bosId is null ? 0 : 1;
        DataSet data = new(name, rows.Select(tokens => new DataRow(tokens, string.Join(' ', tokens.Skip(skipped).Where(id => id != padId).Select(id => vocabulary[id])))));
        return new ToyTask(data, vocabulary, new LazyLabels(rows.Length, labels), padId, bosId);
    }

    private ToyTask Part(DataSet data, int[] rows)
    {
        LazyLabels labels = new(Labels.Keys.Select(name => (name, new Func<int[][]>(() => Array.ConvertAll(rows, row => Labels[name][row])))));
        return new ToyTask(data, Vocabulary, labels, PadId, BosId);
    }

    private static void CheckVocabulary(IReadOnlyList<string> vocabulary, int padId, int? bosId)
    {
        HashSet<string> seen = [];
        foreach (string name in vocabulary)
        {
            if (name.Length == 0 || name.Any(char.IsWhiteSpace)) throw new StrataException($"Token name \"{name}\" is empty or has white space in it; names are single words.");
            if (!seen.Add(name)) throw new StrataException($"Token name \"{name}\" is given twice; names are unique.");
        }

        if (padId < 0 || padId >= vocabulary.Count || bosId < 0 || bosId >= vocabulary.Count)
            throw new StrataException($"Padding id {padId} or first id {bosId} is outside the vocabulary of {vocabulary.Count} tokens.");
    }

    private static void CheckRows(DataSet data, int vocabulary)
    {
        for (int row = 0; row < data.Count; row++)
        {
            int[] tokens = data[row].Tokens ?? throw new StrataException($"Row {row} of \"{data.Name}\" has no tokens; every row of a toy task has.");
            foreach (int token in tokens)
                if (token >= vocabulary) throw new StrataException($"Row {row} of \"{data.Name}\" has token {token}; the vocabulary has {vocabulary} tokens.");
        }
    }
}
