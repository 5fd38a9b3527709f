using System.Diagnostics;
using Strata.Models;

namespace Strata.Research;

/// <summary>How far a sweep has come, by the operations that it has done, and how long it will take.</summary>
internal sealed class SweepMeter
{
    /// <summary>An estimate is made when so much has been measured,</summary>
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1);

    /// <summary>and told when there is so much to wait for.</summary>
    private static readonly TimeSpan WorthTelling = TimeSpan.FromSeconds(5);

    private readonly SweepWork _work;
    private readonly SweepOptions _options;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _flopsPerToken;
    private readonly long _tokens;
    private double _batch;
    private double _run;
    private double _passed;
    private bool _estimated;

    /// <summary>Announces the work.</summary>
    public SweepMeter(SweepWork work, TokenRows rows, SweepOptions options)
    {
        (_work, _options, _tokens) = (work, options, rows.Tokens);
        _flopsPerToken = work.Flops / rows.Tokens;
        options.Announce(work);
    }

    /// <summary>Operations have been done.</summary>
    public void Done(double flops)
    {
        _batch += flops;
        _run += flops;
        Report(_passed + _batch);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        if (_estimated || elapsed < Warmup) return;
        _estimated = true;
        TimeSpan total = elapsed * ((_work.Flops - _passed - _batch + _run) / _run);
        if (total > WorthTelling) _options.Announce(_work with { Estimated = total });
    }

    /// <summary>A batch has been done: whatever of it was known, or given up, counts as well.</summary>
    public void DoneBatch(int tokens)
    {
        _passed += _flopsPerToken * tokens;
        _batch = 0;
        Report(_passed);
    }

    private void Report(double flops)
    {
        // In tokens of plans, which people can picture; the share is that of the operations, which tell the time that is left.
        double total = (double)_work.Plans * _tokens;
        _options.Progress?.Report(new WorkProgress($"Evaluating {_work.Plans} plans", (long)Math.Round(total * Math.Min(1, flops / _work.Flops)), (long)total, "tokens"));
    }
}
