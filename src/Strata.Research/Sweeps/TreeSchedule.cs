using Strata.Models;

namespace Strata.Research;

/// <summary>One turn of a walk through a tree of plans.</summary>
/// <param name="Nodes">Nodes whose equal steps run together, or whose plans are evaluated together.</param>
/// <param name="Ends">The plans that end at the nodes are evaluated; otherwise the steps that lead to the nodes run.</param>
internal readonly record struct Turn(PlanTree[] Nodes, bool Ends);

/// <summary>
/// The order in which a tree of plans is walked with one batch. Alone each node runs depth first, so that memory is bounded by the branchings along one path. Siblings, nodes that
/// run the same step from different states, run together where that is faster: the weights of a block are read once for all of them. The lowest block goes first, so that all
/// that will need a block have come to it; while more streams wait than may be held, the walk is depth first.
/// </summary>
internal sealed class TreeSchedule
{
    /// <summary>
    /// Rows of a product beyond which more rows make it no faster (measured by the row "siblings together" of the bench). Siblings run together up to this number of rows; a batch
    /// of more than half of it runs alone.
    /// </summary>
    private const int RowsTogether = 512;

    private readonly Dictionary<Reading, List<(int Serial, PlanTree Node)>> _open = [];
    private readonly Dictionary<PlanTree, int> _readers = [];
    private readonly List<Turn> _turns = [];
    private readonly int _together;
    private readonly long _waiting;
    private int _serial;

    private TreeSchedule(PlanTree root, int together, long waiting)
    {
        (_together, _waiting) = (together, waiting);
        PeakStreams = 1;
        Open(root);
        while (_open.Count > 0) Take();
    }

    /// <summary>The turns in order.</summary>
    public IReadOnlyList<Turn> Turns => _turns;

    /// <summary>Most streams that are held at once: those that wait, those that are read and those that are written.</summary>
    public int PeakStreams { get; private set; }

    /// <summary>The schedule for a batch.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="tokens">Tokens of the batch.</param>
    /// <param name="spec">The network.</param>
    /// <param name="options">Whether siblings may wait for one another.</param>
    public static TreeSchedule Of(PlanTree root, int tokens, ModelSpec spec, SweepOptions options)
    {
        long waiting = options.SiblingBytes / (4L * tokens * spec.Width);
        return new TreeSchedule(root, waiting < 2 || options.Interventions.Count > 0 ? 1 : Together(tokens), waiting);
    }

    /// <summary>How many states of a batch run together.</summary>
    public static int Together(int tokens) => Math.Max(1, RowsTogether / tokens);

    /// <summary>The stream of a node is there: what reads it may run, its own plans first and its largest subtree last.</summary>
    private void Open(PlanTree node)
    {
        int readers = node.Children.Count + (node.Plans.Count > 0 ? 1 : 0);
        if (readers > 0) _readers[node] = readers;
        foreach (PlanTree child in Enumerable.Reverse(node.Children)) Add(new Reading(child.Step), child);
        if (node.Plans.Count > 0) Add(new Reading(null), node);
    }

    private void Add(Reading reading, PlanTree node)
    {
        if (!_open.TryGetValue(reading, out var nodes)) _open[reading] = nodes = [];
        nodes.Add((_serial++, node));
    }

    private void Take()
    {
        (Reading reading, int count) = Next();
        List<(int Serial, PlanTree Node)> nodes = _open[reading];
        PlanTree[] taken = [.. nodes.TakeLast(count).Select(item => item.Node)];
        nodes.RemoveRange(nodes.Count - count, count);
        if (nodes.Count == 0) _open.Remove(reading);
        _turns.Add(new Turn(taken, reading.Ends));
        // Together, streams are copied one behind another; what comes out is one tensor and then one for each node.
        PeakStreams = Math.Max(PeakStreams, _readers.Count + (reading.Ends ? count > 1 ? count : 0 : count > 1 ? 2 * count : 1));
        foreach (PlanTree node in taken)
        {
            PlanTree read = reading.Ends ? node : node.Parent!;
            if (--_readers[read] == 0) _readers.Remove(read);
            if (!reading.Ends) Open(node);
        }
    }

    /// <summary>What runs next, and how many nodes of it: all that fit together, those of the lowest block first; or else the newest node alone.</summary>
    private (Reading Reading, int Count) Next()
    {
        if (_together > 1)
        {
            var full = _open.Where(open => open.Value.Count >= _together).OrderBy(open => open.Key.Rank).ThenBy(open => open.Value[0].Serial).FirstOrDefault();
            if (full.Value is not null) return (full.Key, _together);
            if (_readers.Count < _waiting)
            {
                var lowest = _open.OrderBy(open => open.Key.Rank).ThenBy(open => open.Value[0].Serial).First();
                return (lowest.Key, lowest.Value.Count);
            }
        }

        return (_open.MaxBy(open => open.Value[^1].Serial).Key, 1);
    }

    /// <summary>What reads a stream: a step, or null for the evaluation.</summary>
    private readonly record struct Reading(PlanStep? Step)
    {
        public bool Ends => Step is null;

        public int Rank => Step is null ? int.MaxValue : LayerPlan.BlockOf(Step.Executions.First());
    }
}
