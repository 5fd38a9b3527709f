namespace Strata.Models;

/// <summary>What to keep of a forward pass.</summary>
public sealed record CaptureRequest
{
    /// <summary>Globs of hook points: <c>blocks.*.resid_post</c>.</summary>
    public required IReadOnlyList<string> Points { get; init; }

    /// <summary>How positions become rows.</summary>
    public Pooling Pooling { get; init; } = Pooling.None;

    /// <summary>Which positions are kept or pooled.</summary>
    public PositionSelection Positions { get; init; } = PositionSelection.All;

    /// <summary>The plan to run; null for all blocks in order.</summary>
    public LayerPlan? Plan { get; init; }

    /// <summary>Changes during the forward pass.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Tokens that run together. Changes speed and memory, not results.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>Bytes that the result may take in memory; null for half of what the machine (or its container) has. A larger result is kept in a file and read matrix by matrix.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Folder of that file, which has no name there and goes with the result; null for the system's folder of temporary files.</summary>
    public string? SpillFolder { get; init; }

    /// <summary>Told one line with the bytes that the capture will hold, before it runs. Standard error by default.</summary>
    public Action<string> Announce { get; init; } = Console.Error.WriteLine;

    /// <summary>Told after each batch.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
