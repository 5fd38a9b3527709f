namespace Strata.Notebooks;

/// <summary>A text that could stand at the cursor.</summary>
/// <param name="Text">The text.</param>
/// <param name="Kind">What it is, for an icon: <c>magic</c>, <c>option</c>, <c>value</c>, <c>instance</c> (a variable), <c>path</c>.</param>
/// <param name="Summary">What it means, in a line; empty where the text says it all.</param>
public sealed record CompletionCandidate(string Text, string Kind, string Summary = "");

/// <summary>What could stand at the cursor.</summary>
/// <param name="Start">Where the text to be replaced begins; it ends at the cursor. Counted in UTF-16 units from the beginning of the text that was completed.</param>
/// <param name="Candidates">The candidates, best first; all of them continue the text to be replaced, in whatever case.</param>
public sealed record CompletionList(int Start, IReadOnlyList<CompletionCandidate> Candidates)
{
    private const int MaxCandidates = 200;

    /// <summary>Nothing.</summary>
    internal static CompletionList Empty { get; } = new(0, []);

    /// <summary>The candidates that continue a text from a position on.</summary>
    internal static CompletionList Continuing(string typed, int start, IEnumerable<CompletionCandidate> candidates) =>
        new(start, candidates.Where(c => c.Text.AsSpan().StartsWith(typed.AsSpan(start), StringComparison.OrdinalIgnoreCase)).Take(MaxCandidates).ToArray());

    /// <summary>The same in a text that begins some characters earlier.</summary>
    internal CompletionList Shift(int characters) => this with { Start = Start + characters };
}
