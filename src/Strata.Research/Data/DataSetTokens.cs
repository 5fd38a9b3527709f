using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>Turns a data set into the ids, or the images, that a network runs on.</summary>
public static class DataSetTokens
{
    /// <summary>For a network of images, the image of every row with its class where all rows have one; else the ids of every row: its own <c>tokens</c> where it has them, else its text through the model's tokenizer, with the tokenizer's BOS policy.</summary>
    /// <exception cref="StrataException">A row has only text and the model has no tokenizer, or a row has no tokens; the message names the row.</exception>
    public static TokenRows Tokens(this DataSet data, Model model)
    {
        if (model.Spec.Image is not null) return Images(data, model);
        int[][] rows = new int[data.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            DataRow row = data[i];
            if (row.Tokens is null && row.Text is null) throw new StrataException($"Row {i} of \"{data.Name}\" is an image, and {model.Name} ({model.Spec.Family}) reads texts.");
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

    private static TokenRows Images(DataSet data, Model model)
    {
        int without = data.Rows.TakeWhile(row => row.HasImage).Count();
        if (without < data.Count) throw new StrataException($"Row {without} of \"{data.Name}\" has no image, and {model.Name} ({model.Spec.Family}) reads images. Give a folder of images, or JSON Lines with their paths in the field \"image\".");
        TokenRows rows = model.ReadImages(data.Name, [.. data.Rows.Select(row => row.Image!)]);
        return model.Spec.SequenceHead?.Labels is { } classes && data.Rows.All(row => row.Fields.ContainsKey("label")) ? rows.WithClasses([.. data.Rows.Select((row, i) => Class(row.Fields["label"], i, data, classes))]) : rows;
    }

    /// <summary>The class of a label: its number or its name; −1 where the network has no such class, as in data that it was not trained for.</summary>
    private static int Class(JsonElement label, int row, DataSet data, ValueList<string> classes) => label.ValueKind switch
    {
        JsonValueKind.Number when label.TryGetInt32(out int number) && number >= 0 => number < classes.Count ? number : -1,
        JsonValueKind.String => Named(classes, label.GetString()!),
        _ => throw new StrataException($"The label of row {row} of \"{data.Name}\" is {label.GetRawText()}; expected the number of a class or its name."),
    };

    private static int Named(ValueList<string> classes, string name)
    {
        for (int i = 0; i < classes.Count; i++) if (classes[i] == name) return i;
        return -1;
    }
}
