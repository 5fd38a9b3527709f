using System.Diagnostics;
using System.Globalization;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Draws the progress of a cell's work as one output that is updated in place, and that stays with its final state. Work that is done at once is not drawn.</summary>
/// <param name="draw">Shows the output below the cell at the first call, and puts it in the place of the earlier one after that. Calls come one at a time.</param>
public sealed class ProgressDisplay(Action<MimeBundle> draw) : IProgress<WorkProgress>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300), Pace = TimeSpan.FromMilliseconds(150);

    private readonly Lock _order = new();
    private readonly Stopwatch _cell = new();
    private readonly Stopwatch _work = new();
    private WorkProgress _first, _last;
    private TimeSpan _drawn;
    private bool _shown, _finished;

    /// <inheritdoc/>
    public void Report(WorkProgress value)
    {
        lock (_order)
        {
            if (_finished) return;
            _cell.Start();
            if (value.Title != _last.Title)
            {
                _first = value;
                _work.Restart();
            }

            _last = value;
            if (_cell.Elapsed < Patience || (_shown && _cell.Elapsed - _drawn < Pace)) return;
            _drawn = _cell.Elapsed;
            Draw(Running());
        }
    }

    /// <summary>Draws the final state; later reports are ignored.</summary>
    /// <param name="completed">Whether the cell ran to its end.</param>
    public void Finish(bool completed)
    {
        lock (_order)
        {
            _finished = true;
            if (!_shown) return;
            if (_last.Total == 0)
            {
                Draw($"{_last.Title}: {(completed ? "done" : "stopped")} after {Span(_work.Elapsed)}");
                return;
            }

            string amount = completed && _last.Done >= _last.Total ? _last.Amount(_last.Total) : $"stopped at {Done()} of {_last.Amount(_last.Total)}";
            Draw(string.Create(CultureInfo.InvariantCulture, $"{_last.Title}: {amount} in {Span(_work.Elapsed)}{Rate()}"));
        }
    }

    private string Running()
    {
        if (_last.Total == 0) return $"{_last.Title}: {Span(_work.Elapsed)}; interrupt to cancel";
        double seconds = _work.Elapsed.TotalSeconds;
        long done = _last.Done - _first.Done;
        string left = done > 0 && _last.Total > _last.Done ? $", {Span(TimeSpan.FromSeconds(seconds / done * (_last.Total - _last.Done)))} left" : "";
        double share = _last.Total > 0 ? 100.0 * _last.Done / _last.Total : 0;
        return string.Create(CultureInfo.InvariantCulture, $"{_last.Title}: {share:0} % ({Done()} of {_last.Amount(_last.Total)}){Rate()}{left}; interrupt to cancel");
    }

    private string Rate()
    {
        long done = _last.Done - _first.Done;
        double rate = done / Math.Max(_work.Elapsed.TotalSeconds, 1e-3);
        if (done > 0 && _last.Unit == "bytes") return $", {_last.Amount(rate)}/s";
        return done > 0 ? string.Create(CultureInfo.InvariantCulture, $", {rate:N1} {_last.Unit}/s") : "";
    }

    /// <summary>Units done; their name stands behind the total.</summary>
    private string Done() => _last.Unit == "bytes" ? _last.Amount(_last.Done) : string.Create(CultureInfo.InvariantCulture, $"{_last.Done:N0}");

    private static string Span(TimeSpan time) => time.TotalSeconds < 100
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s");

    private void Draw(string text)
    {
        string bar = string.Create(CultureInfo.InvariantCulture, $"<progress max=\"{Math.Max(1, _last.Total)}\" value=\"{_last.Done}\" style=\"width:18em\"></progress>");
        draw(new MimeBundle(new Dictionary<string, string> { [MimeBundle.Html] = $"<div>{bar} {Escape.Html(text)}</div>", [MimeBundle.PlainText] = text }));
        _shown = true;
    }
}
