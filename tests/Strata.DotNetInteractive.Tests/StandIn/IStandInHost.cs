namespace Strata.DotNetInteractive.Tests;

/// <summary>What the tests ask of the stand-in for .NET Interactive.</summary>
public interface IStandInHost
{
    /// <summary>The directives registered so far.</summary>
    IReadOnlyList<RegisteredDirective> Directives { get; }

    /// <summary>A variable of the C# kernel; null where there is none.</summary>
    object? Variable(string name);

    /// <summary>The renderings that the host would send of a value.</summary>
    IReadOnlyDictionary<string, string> Show(object value);

    /// <summary>Runs a cell.</summary>
    /// <param name="cell">C# and directives.</param>
    /// <param name="cancel">Is given what stops the cell.</param>
    Task<CellOutcome> RunAsync(string cell, Action<Action>? cancel = null);
}

/// <summary>A parameter as the host was told of it.</summary>
public sealed record RegisteredParameter(string Name, string Description, bool Implicit, bool Flag, int MaxOccurrences, bool Required, string[] Completions);

/// <summary>A directive as the host was told of it.</summary>
public sealed record RegisteredDirective(string Name, string Description, IReadOnlyList<RegisteredParameter> Parameters);

/// <summary>An output with all states that it had.</summary>
public sealed class ShownOutput
{
    /// <summary>MIME type to text, first state first.</summary>
    public List<IReadOnlyDictionary<string, string>> States { get; } = [];

    /// <summary>What remains in the notebook.</summary>
    public IReadOnlyDictionary<string, string> Last => States[^1];
}

/// <summary>What a cell came to.</summary>
public sealed class CellOutcome
{
    /// <summary>The outputs in order.</summary>
    public List<ShownOutput> Outputs { get; } = [];

    /// <summary>Messages of failed commands.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Outputs and updates that came after the cell's end, where the host loses them.</summary>
    public int Late { get; set; }
}
