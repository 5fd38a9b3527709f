namespace Strata.Models;

/// <summary>Where a result came from: enough to make it again. Fields that do not apply are null.</summary>
public sealed record Provenance
{
    /// <summary>The model as the user named it, and its family.</summary>
    public string? Model { get; init; }

    /// <summary>SHA-256 of the weights (or of config and seed for random ones), in hexadecimal.</summary>
    public string? ModelHash { get; init; }

    /// <summary>The data as the user named them, with the number of rows.</summary>
    public string? Data { get; init; }

    /// <summary>SHA-256 of the token ids that went in, in hexadecimal.</summary>
    public string? DataHash { get; init; }

    /// <summary>The layer plan's text.</summary>
    public string? Plan { get; init; }

    /// <summary>The interventions in force, one line each.</summary>
    public IReadOnlyList<string> Interventions { get; init; } = [];

    /// <summary>Every choice that has more than one reading: form of a measure, pooling, splits.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Seed of anything random.</summary>
    public long? Seed { get; init; }

    /// <summary>The engine's name.</summary>
    public string? Engine { get; init; }

    /// <summary>Version of Strata.</summary>
    public string Version { get; init; } = typeof(Provenance).Assembly.GetName().Version!.ToString(3);

    /// <summary>A copy with one more setting.</summary>
    public Provenance With(string setting, string value)
    {
        SortedDictionary<string, string> settings = new(StringComparer.Ordinal);
        foreach ((string key, string old) in Settings) settings[key] = old;
        settings[setting] = value;
        return this with { Settings = settings };
    }
}
