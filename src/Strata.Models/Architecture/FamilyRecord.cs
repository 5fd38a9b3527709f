using System.Text.Json;

namespace Strata.Models;

/// <summary>What the tests recorded of a family: what was loaded, what it was compared with, and how far it was off. The record is written by the tests that measure it.</summary>
/// <param name="Family">The <c>model_type</c>.</param>
/// <param name="HookPoints">The hook points that its checkpoints have, blocks written as <c>blocks.*</c>, in execution order.</param>
/// <param name="Formats">Formats of weight files that were loaded.</param>
/// <param name="Reference">What it was compared with.</param>
/// <param name="Variants">The checkpoints that were compared, one per switch of the configuration.</param>
/// <param name="LargestError">The largest absolute difference from the reference at any recorded output, rounded up to one digit.</param>
public sealed record FamilyRecord(string Family, IReadOnlyList<string> HookPoints, IReadOnlyList<string> Formats, string Reference, IReadOnlyList<string> Variants, double LargestError)
{
    private const string Resource = "Strata.Models.families.json";

    private static readonly Lazy<IReadOnlyList<FamilyRecord>> Recorded = new(Read);

    /// <summary>The records of all families, in the order of <see cref="ModelFamily.All"/>.</summary>
    public static IReadOnlyList<FamilyRecord> All => Recorded.Value;

    /// <summary>How the record is written: one family per line.</summary>
    internal static JsonSerializerOptions Json { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static IReadOnlyList<FamilyRecord> Read()
    {
        using Stream stream = typeof(FamilyRecord).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not in the assembly.");
        return JsonSerializer.Deserialize<FamilyRecord[]>(stream, Json) ?? throw new InvalidOperationException($"{Resource} is empty.");
    }
}
