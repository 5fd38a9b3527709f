using System.Globalization;
using System.Text.RegularExpressions;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// When a sweep gives a plan up: after at least some rows, at the end of a batch, the lower end of the one-sided 95 % confidence interval of its mean loss per row
/// (normal approximation) lies above a factor times the mean of the network without change on the same rows. Written <c>1.5x after 64</c>.
/// </summary>
/// <remarks>The network without change is always evaluated, so a plan's fate depends on no other plan: parts of a sweep, in any order, give up the same plans.</remarks>
public sealed partial record StopRule
{
    /// <summary>A rule.</summary>
    /// <param name="factor">Times the loss of the network without change; above 1.</param>
    /// <param name="rows">Rows before the first decision; at least 2.</param>
    /// <exception cref="StrataException">A number is out of range.</exception>
    public StopRule(double factor, int rows)
    {
        if (!(factor > 1) || !double.IsFinite(factor)) throw new StrataException($"A plan is given up above {factor} times the loss without change; give a factor above 1, as in 1.5x after 64.");
        if (rows < 2) throw new StrataException($"A plan is given up after {rows} rows; its spread needs at least 2, as in 1.5x after 64.");
        (Factor, Rows) = (factor, rows);
    }

    /// <summary>Times the loss of the network without change.</summary>
    public double Factor { get; }

    /// <summary>Rows before the first decision.</summary>
    public int Rows { get; }

    /// <summary>Reads <c>FACTORx after ROWS</c>.</summary>
    /// <exception cref="StrataException">The text is something else.</exception>
    public static StopRule Parse(string text)
    {
        Match match = Form().Match(text);
        return match.Success && double.TryParse(match.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double factor)
            && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int rows)
            ? new StopRule(factor, rows)
            : throw new StrataException($"\"{text}\" is no rule for giving plans up; write FACTORx after ROWS, as in \"1.5x after 64\".");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Factor:R}x after {Rows}");

    /// <summary>Whether a plan is given up.</summary>
    /// <param name="plan">Its sums over the first rows.</param>
    /// <param name="unchanged">Those of the network without change over the same rows.</param>
    internal bool GivesUp(PlanSums plan, PlanSums unchanged) => plan.Rows >= Rows && plan.LowerBound > Factor * unchanged.RowLoss / unchanged.Rows;

    /// <summary>Adds the columns that tell what was given up.</summary>
    /// <returns>The sentence that goes with them.</returns>
    internal string AddTo(List<Column> columns, IReadOnlyList<Evaluation> results, string what)
    {
        columns.Add(Column.Real("stopped_after", results.Select(r => (double?)r.Stopped?.Rows ?? double.NaN), "rows"));
        columns.Add(Column.Real("loss_when_stopped", results.Select(r => r.Stopped?.Loss ?? double.NaN), "nats/token"));
        return FormattableString.Invariant($"{results.Count(r => r.Stopped is not null)} of {results.Count} {what} were given up by the rule {this}: once the lower 95 % bound of the mean loss per row was above {Factor:R} times that without change.");
    }

    [GeneratedRegex(@"^\s*([0-9]{1,6}(?:\.[0-9]{1,9})?)\s*x\s+after\s+([0-9]{1,9})\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

/// <summary>A plan that was given up: what was known of it then.</summary>
/// <param name="Rows">Rows on which it was evaluated.</param>
/// <param name="Loss">Mean loss per token over them, in nats.</param>
public sealed record StoppedEarly(int Rows, double Loss);
