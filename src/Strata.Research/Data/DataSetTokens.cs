using Strata.Models;

namespace Strata.Research;

/// <summary>Turns a data set into the ids that a network runs on.</summary>
public static class DataSetTokens
{
    /// <summary>The ids of every row: its own <c>tokens</c> where it has them, else its text through the model's tokenizer, with the tokenizer's BOS policy.</summary>
    /// <exception cref="StrataException">A row has only text and the model has no tokenizer, or a row has no tokens; the message names the row.</exception>
    public static TokenRows Tokens(this DataSet data, Model model)
    {
        int[][] rows = new int[data.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            DataRow row = data[i];
            if (row.Tokens is null && model.Tokenizer is null) throw new StrataException($"Row {i} of \"{data.Name}\" has only text, and {model.Name} has no tokenizer.json. Give token ids.");
            rows[i] = row.Tokens ?? model.Tokenize(row.Text!).Ids.ToArray();
            try
            {
                model.CheckIds(rows[i], rows[i].Length);
            }
            catch (StrataException e)
            {
                throw new StrataException($"Row {i} of \"{data.Name}\": {e.Message}", e);
            }
        }

        return new TokenRows(data.Name, rows);
    }
}
