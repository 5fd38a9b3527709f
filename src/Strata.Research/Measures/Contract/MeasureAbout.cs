namespace Strata.Research;

/// <summary>A published code whose numbers differ from the paper's definition.</summary>
/// <param name="Name">Short name of the code: <c>skdim</c>.</param>
/// <param name="Difference">What it computes instead.</param>
public sealed record ReferenceForm(string Name, string Difference);

/// <summary>What a reader of a number must know about a measure. The pages under docs/measures are made from it.</summary>
public sealed record MeasureAbout
{
    /// <summary>One sentence: what the number says.</summary>
    public required string What { get; init; }

    /// <summary>The textbook formula, with what is centred, normalised and averaged over what.</summary>
    public required string Formula { get; init; }

    /// <summary>What the samples behind mean, spread and n are, and which are left out.</summary>
    public required string Samples { get; init; }

    /// <summary>Time and memory at one hook point: N rows of width D, prompts of T tokens.</summary>
    public required string Cost { get; init; }

    /// <summary>How the number misleads.</summary>
    public required string Traps { get; init; }

    /// <summary>Paper.</summary>
    public required string Source { get; init; }

    /// <summary>Published codes that compute something else under the same name.</summary>
    public IReadOnlyList<ReferenceForm> References { get; init; } = [];

    /// <summary>Names of the properties of <see cref="MeasureOptions"/> that change the value.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>What, formula, forms and source in one line.</summary>
    public override string ToString() =>
        $"{What} {Formula} {string.Concat(References.Select(r => $"reference:{r.Name}: {r.Difference} "))}{Samples} {Source}";
}
