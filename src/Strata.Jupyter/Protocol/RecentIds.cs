namespace Strata.Jupyter.Protocol;

/// <summary>Remembers the latest ids, so that a message cannot be sent a second time by someone who recorded it.</summary>
/// <param name="capacity">How many are remembered.</param>
internal sealed class RecentIds(int capacity)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Adds an id.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(string id)
    {
        lock (_known)
        {
            if (!_known.Add(id)) return false;
            _order.Enqueue(id);
            if (_order.Count > capacity) _known.Remove(_order.Dequeue());
            return true;
        }
    }
}
