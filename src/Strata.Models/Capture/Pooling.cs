namespace Strata.Models;

/// <summary>How the positions of one sequence become one row of a capture.</summary>
public enum Pooling
{
    /// <summary>Every position is kept.</summary>
    None,

    /// <summary>The mean over the positions.</summary>
    Mean,

    /// <summary>The last position.</summary>
    Last,

    /// <summary>The first position.</summary>
    First,
}
