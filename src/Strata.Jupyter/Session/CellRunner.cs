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
            CellError? error = await (part.IsMagic ? RunMagicAsync(part.Text, host, name, source) : RunCodeAsync(part, isLast: part == parts[^1], host, name, source));
            if (error is not null) return error;
        }

        return null;
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
