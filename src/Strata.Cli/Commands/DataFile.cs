using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>Reads the data of a command for a model. Whatever is wrong with a row is the file's fault, not that of what was typed.</summary>
internal static class DataFile
{
    /// <summary>The ids of the first rows of a file.</summary>
    /// <param name="model">The model they are for.</param>
    /// <param name="terminal">Where a download is said and drawn.</param>
    /// <param name="request">The data.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="InvalidFileException">The file is missing or invalid, or a row does not fit the model.</exception>
    public static TokenRows Read(Model model, Terminal terminal, DataRequest request, CancellationToken cancellation)
    {
        return Tokens(ReadSet(terminal, request, cancellation), model, request);
    }

    /// <summary>The ids of rows that were read.</summary>
    /// <exception cref="InvalidFileException">A row does not fit the model.</exception>
    public static TokenRows Tokens(DataSet data, Model model, DataRequest request)
    {
        try
        {
            return data.Tokens(model);
        }
        catch (StrataException e) when (e is not InvalidFileException)
        {
            throw new InvalidFileException(request.Source, e.Message, e);
        }
    }

    /// <summary>The first rows of a file with their fields.</summary>
    public static DataSet ReadSet(Terminal terminal, DataRequest request, CancellationToken cancellation)
    {
        DataOptions options = new() { Split = request.Split, Announce = terminal.Note };
        if (request.TextColumn is { } column) options = options with { TextColumn = column };
        DataSet data = HubReference.IsOne(request.Source)
            ? terminal.WithProgress(progress => DataSet.Read(request.Source, options with { Progress = progress }, cancellation))
            : DataSet.Read(request.Source, options, cancellation);
        return request.Take is int count ? data.Take(count) : data;
    }

    /// <summary>The same, for commands that predict the next token.</summary>
    /// <exception cref="InvalidFileException">As <see cref="Read"/>, or no row has a second token.</exception>
    public static TokenRows ReadForPrediction(Model model, Terminal terminal, DataRequest request, CancellationToken cancellation)
    {
        TokenRows rows = Read(model, terminal, request, cancellation);
        return rows.Sequences.Any(s => s.Length > 1) ? rows : throw new InvalidFileException(request.Source, "no row has a second token, so there is nothing to predict; expected rows of 2 tokens or more.");
    }
}
