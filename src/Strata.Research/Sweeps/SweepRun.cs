using Strata.Models;

namespace Strata.Research;

/// <summary>
/// A sweep under way, of plans or of variants of one: batch by batch, what is known is taken from the journal and the rest is evaluated; what is given up takes no part in later
/// batches.
/// </summary>
internal abstract class SweepRun
{
    private readonly string[] _keys;
    private readonly int _unchanged;
    private readonly PlanSums[] _sums;
    private readonly StoppedEarly?[] _stopped;
    private readonly SweepJournal? _journal;

    /// <summary>Prepares a sweep whose inputs have been checked.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data.</param>
    /// <param name="keys">What tells the results of each entry from those of others.</param>
    /// <param name="unchanged">The entry that is the network without change, by which others are given up; −1 where nothing is.</param>
    /// <param name="options">Options.</param>
    /// <param name="provenance">Of all entries.</param>
    /// <param name="journal">Where results are kept, or null.</param>
    protected SweepRun(Model model, TokenRows rows, string[] keys, int unchanged, SweepOptions options, Provenance provenance, SweepJournal? journal)
    {
        (Model, Rows, Options, Provenance, _keys, _unchanged, _journal) = (model, rows, options, provenance, keys, unchanged, journal);
        _sums = new PlanSums[keys.Length];
        _stopped = new StoppedEarly?[keys.Length];
    }

    protected Model Model { get; }

    protected TokenRows Rows { get; }

    protected SweepOptions Options { get; }

    protected Provenance Provenance { get; }

    /// <summary>Evaluates what is not known.</summary>
    public void Run(CancellationToken cancellation)
    {
        SweepMeter meter = new(Work(CountKnown()), Rows, Options);
        foreach ((int firstRow, TokenBatch batch) in Rows.Batches(Options.TokensPerBatch))
        {
            int endRow = firstRow + batch.Sequences;
            int[] missing = AddKnown(firstRow, endRow);
            if (missing.Length > 0)
            {
                BatchWork work = new(missing, batch, new BatchScoring(batch, firstRow, Rows.Classes, Options.Scorer), (alike, sums) => Add(alike, firstRow, endRow, sums), flops => meter.Done(flops * batch.Tokens));
                Evaluate(work, cancellation);
            }

            GiveUp(endRow);
            meter.DoneBatch(batch.Tokens);
        }
    }

    /// <summary>Puts together what is known.</summary>
    /// <exception cref="InvalidFileException">Something is not.</exception>
    public void Merge()
    {
        SortedSet<int> incomplete = [];
        foreach ((int firstRow, TokenBatch batch) in Rows.Batches(Options.TokensPerBatch))
        {
            incomplete.UnionWith(AddKnown(firstRow, firstRow + batch.Sequences));
            if (incomplete.Count == 0) GiveUp(firstRow + batch.Sequences);
        }

        if (incomplete.Count == 0) return;
        throw new InvalidFileException(Options.Results!,
            $"{incomplete.Count} of {_keys.Length} plans are not complete there, the first of them {_keys[incomplete.Min]}. "
            + "Run the sweep with the same model, data and batch size again (or those of its array tasks that were lost): it goes on where it was.");
    }

    /// <summary>The evaluation of an entry, as far as it has come.</summary>
    public Evaluation Result(int entry) => Result(entry, _sums[entry], _stopped[entry]);

    /// <summary>What there is to do.</summary>
    /// <param name="known">Entries that are known already.</param>
    protected abstract SweepWork Work(int known);

    /// <summary>Evaluates entries on one batch.</summary>
    protected abstract void Evaluate(BatchWork work, CancellationToken cancellation);

    /// <summary>The evaluation that sums amount to.</summary>
    protected abstract Evaluation Result(int entry, PlanSums sums, StoppedEarly? stopped);

    /// <summary>Was the entry asked for, or is it there for comparison alone?</summary>
    protected virtual bool IsAsked(int entry) => true;

    private int CountKnown() => _journal is null ? 0 : _keys.Count(key => Rows.Batches(Options.TokensPerBatch).All(part => _journal.Knows(key, part.FirstRow, part.FirstRow + part.Batch.Sequences)));

    /// <summary>Adds what is known of the entries that have not been given up.</summary>
    /// <returns>Those that are not known.</returns>
    private int[] AddKnown(int firstRow, int endRow)
    {
        List<int> missing = [];
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_stopped[i] is not null) continue;
            if (_journal is not null && _journal.TryGet(_keys[i], firstRow, endRow, out PlanSums known)) Add(i, endRow, known);
            else missing.Add(i);
        }

        return [.. missing];
    }

    private void Add(IReadOnlyList<int> alike, int firstRow, int endRow, PlanSums sums)
    {
        // Ways of writing one computation are found under each of their texts.
        foreach (string key in alike.Select(i => _keys[i]).Distinct()) _journal?.Append(key, firstRow, endRow, sums);
        foreach (int i in alike) Add(i, endRow, sums);
    }

    private void Add(int entry, int endRow, PlanSums sums)
    {
        _sums[entry] += sums;
        if (endRow == Rows.Count && IsAsked(entry)) Options.Evaluated(Result(entry));
    }

    private void GiveUp(int rows)
    {
        if (Options.StopWhen is not StopRule rule || rows == Rows.Count) return;
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_stopped[i] is not null || _keys[i] == _keys[_unchanged] || !rule.GivesUp(_sums[i], _sums[_unchanged])) continue;
            _stopped[i] = new StoppedEarly(rows, _sums[i].Loss / _sums[i].Tokens);
            if (IsAsked(i)) Options.Evaluated(Result(i));
        }
    }
}

/// <summary>What is to be done with one batch.</summary>
/// <param name="Entries">Entries of the sweep that are not known there.</param>
/// <param name="Batch">The batch.</param>
/// <param name="Scoring">What is made of final streams.</param>
/// <param name="Evaluated">Told entries that are alike, and their sums.</param>
/// <param name="Done">Told floating-point operations per token that have been done.</param>
internal sealed record BatchWork(int[] Entries, TokenBatch Batch, BatchScoring Scoring, Action<IReadOnlyList<int>, PlanSums> Evaluated, Action<double> Done);
