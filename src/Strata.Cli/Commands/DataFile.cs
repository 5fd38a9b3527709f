using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>Reads the data of a command for a model. Whatever is wrong with a row is the file's fault, not that of what was typed.</summary>
internal static class DataFile
{
    /// <summary>The ids of the first rows of a file.</summary>
    /// <param name="model">The model they are for.</param>
    /// <param name="path">The file.</param>
    /// <param name="take">How many rows; null for all.</param>
    /// <exception cref="InvalidFileException">The file is missing or invalid, or a row does not fit the model.</exception>
    public static TokenRows Read(Model model, string path, int? take)
    {
        DataSet data = DataSet.Read(path);
        if (take is int count) data = data.Take(count);
        try
        {
            return data.Tokens(model);
        }
        catch (StrataException e) when (e is not InvalidFileException)
        {
            throw new InvalidFileException(path, e.Message, e);
        }
    }

    /// <summary>The same, for commands that predict the next token.</summary>
    /// <exception cref="InvalidFileException">As <see cref="Read"/>, or no row has a second token.</exception>
    public static TokenRows ReadForPrediction(Model model, string path, int? take)
    {
        TokenRows rows = Read(model, path, take);
        return rows.Sequences.Any(s => s.Length > 1) ? rows : throw new InvalidFileException(path, "no row has a second token, so there is nothing to predict; expected rows of 2 tokens or more.");
    }
}
