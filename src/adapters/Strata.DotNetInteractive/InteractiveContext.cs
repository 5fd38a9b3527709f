using Strata.Notebooks;

namespace Strata.DotNetInteractive;

/// <summary>What Strata needs of one invocation in .NET Interactive, as delegates: this library refers to nothing of that host.</summary>
/// <param name="cancellation">The context's token.</param>
/// <param name="show">Shows an output in the renderings of the given MIME types; returns what puts another output in its place.</param>
/// <param name="fail">Fails the command, with what caused it and with a message for the user; without a message the host shows the exception in full.</param>
public sealed class InteractiveContext(CancellationToken cancellation, Func<object, string[], Action<object>> show, Action<Exception?, string?> fail)
{
    private Action<object>? _update;

    /// <summary>Cancelled when the cell is stopped, and when an earlier command of the same cell failed.</summary>
    public CancellationToken Cancellation => cancellation;

    internal void Display(MimeBundle output) => show(output, [.. output.Renderings.Keys]);

    /// <summary>Shows an output that takes the place of the one shown by the last call.</summary>
    internal void Draw(MimeBundle output)
    {
        if (_update is { } update) update(output);
        else _update = show(output, [.. output.Renderings.Keys]);
    }

    internal void Fail(Exception? exception, string? message) => fail(exception, message);
}
