namespace Strata.Notebooks;

/// <summary>What an axis measures.</summary>
/// <param name="Title">The quantity, for example <c>surprisal</c>.</param>
/// <param name="Unit">Its unit, for example <c>nats</c>; null when there is none.</param>
public sealed record Axis(string Title, string? Unit = null)
{
    /// <summary>Whether the axis is logarithmic; values of 0 or less are then not drawn.</summary>
    public bool Log { get; init; }

    /// <summary>Title with the unit in brackets, as it is drawn.</summary>
    public string Label => string.IsNullOrEmpty(Unit) ? Title : $"{Title} ({Unit})";

    /// <summary>An axis without a unit.</summary>
    public static implicit operator Axis(string title) => new(title);
}
