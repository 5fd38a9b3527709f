namespace Strata.Jupyter.Protocol;

/// <summary>Remembers the fingerprints of the latest messages, so that none can be sent a second time by someone who recorded it.</summary>
/// <param name="capacity">How many are remembered.</param>
internal sealed class RecentMessages(int capacity)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Adds a message.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(string fingerprint)
    {
        lock (_known)
        {
            if (!_known.Add(fingerprint)) return false;
            _order.Enqueue(fingerprint);
            if (_order.Count > capacity) _known.Remove(_order.Dequeue());
            return true;
        }
    }
}
