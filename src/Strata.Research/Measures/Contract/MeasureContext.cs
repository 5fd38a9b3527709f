namespace Strata.Research;

/// <summary>What an accumulator is made from: where, with which choices, and what it shares with the other measures of the point.</summary>
/// <param name="Point">Hook point.</param>
/// <param name="Columns">Width of a row.</param>
/// <param name="Options">Choices.</param>
/// <param name="Reference">The reference code whose definition is wanted; null for the textbook.</param>
/// <param name="Inputs">Labels, factors, tokens, weights.</param>
/// <param name="Shared">Statistics of the point.</param>
internal sealed record MeasureContext(string Point, int Columns, MeasureOptions Options, string? Reference, MeasureInputs Inputs, SharedStatistics Shared);

/// <summary>What several measures of a point need (moments, a sample of rows): kept once, fed once.</summary>
internal sealed class SharedStatistics
{
    private readonly Dictionary<(Type, string), SharedStatistic> _all = [];

    /// <summary>The statistic of a type and key; made by the first who asks.</summary>
    public T Get<T>(string key, Func<T> make)
        where T : SharedStatistic
    {
        if (!_all.TryGetValue((typeof(T), key), out SharedStatistic? found)) _all[(typeof(T), key)] = found = make();
        return (T)found;
    }

    /// <summary>Bytes of all of them.</summary>
    public long Bytes => _all.Values.Sum(s => s.Bytes);

    /// <summary>All of them; each is fed by the point that owns them.</summary>
    public IReadOnlyCollection<SharedStatistic> All => _all.Values;
}

/// <summary>Something that several measures read after the last prompt.</summary>
internal abstract class SharedStatistic
{
    /// <summary>Bytes that are kept between prompts.</summary>
    public abstract long Bytes { get; }

    /// <summary>Takes a prompt in; its states are finite.</summary>
    public abstract void Fold(PromptRows prompt);
}
