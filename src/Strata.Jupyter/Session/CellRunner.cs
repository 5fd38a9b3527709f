using Strata.Notebooks;

namespace Strata.Jupyter.Session;

/// <summary>Runs a cell as a notebook holds it: stretches of C# and magic commands, in order.</summary>
/// <param name="session">Runs the C#.</param>
/// <param name="magics">Runs the magic commands.</param>
public sealed class CellRunner(CSharpSession session, IMagicRunner magics)
{
    /// <summary>Runs the cell to its end or to its first failure. Never throws for what the cell does.</summary>
    /// <param name="source">The cell's text.</param>
    /// <param name="name">The cell's name in error messages.</param>
    /// <param name="host">Takes output and interrupts.</param>
    /// <returns>Why the cell failed; null when it did not.</returns>
    public async Task<CellError?> RunAsync(string source, string name, ICellHost host)
    {
        IReadOnlyList<CellPart> parts = CellPart.Split(source);
        foreach (CellPart part in parts)
        {
            CellError? error = part.Kind switch
            {
                CellPartKind.CSharp => await RunCodeAsync(part, isLast: part == parts[^1], host, name, source),
                CellPartKind.Magic => await RunMagicAsync(part.Text, host, name, source),
                CellPartKind.Markdown => Shown(new Markdown(part.Text), host),
                CellPartKind.Html => Shown(new Html(part.Text), host),
                _ => Foreign(part.Text[2..]),
            };
            if (error is not null) return error;
        }

        return null;
    }

    private static CellError? Shown(object markup, ICellHost host)
    {
        host.Show(markup);
        return null;
    }

    private static CellError Foreign(string language)
    {
        string message = $"The cell is in {language}; expected C#. Strata runs C# (#!csharp) and magic commands, and shows #!markdown and #!html.";
        return new CellError("UnsupportedLanguage", message, [message]);
    }

    private Task<CellError?> RunMagicAsync(string line, ICellHost host, string name, string source) =>
        session.RunAsync(() => magics.ExecuteAsync(line, host, session), host, name, source);

    private async Task<CellError?> RunCodeAsync(CellPart part, bool isLast, ICellHost host, string name, string source)
    {
        CellResult result = await session.ExecuteAsync(part.Text, host, name);
        if (result.Error is not null || !result.HasValue) return result.Error;

        // Formatting runs code of the value (an enumeration, a ToString), so it may fail or hang as the cell itself may.
        return await session.RunAsync(
            () =>
            {
                if (isLast) host.ShowResult(result.Value);
                else host.Show(result.Value);
                return Task.CompletedTask;
            },
            host,
            name,
            source);
    }
}
