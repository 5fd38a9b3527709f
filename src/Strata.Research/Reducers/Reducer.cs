using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>What is kept of a hook point's rows while they stream by: of a size that the number of rows does not change, or changes little.</summary>
public abstract record Reducer
{
    private static readonly Dictionary<string, (string Form, Func<double[], Reducer> Make)> Words = new(StringComparer.Ordinal)
    {
        ["mean"] = ("mean", _ => new MeanReducer()),
        ["covariance"] = ("covariance", _ => new CovarianceReducer()),
        ["gram"] = ("gram", _ => new GramReducer()),
        ["histogram"] = ("histogram=BINS:LOW:HIGH", n => new HistogramReducer(Whole(n, 0), n[1], n[2])),
        ["top"] = ("top=K", n => new TopReducer(Whole(n, 0))),
        ["project"] = ("project=DIMENSIONS[:SEED]", n => new ProjectionReducer(Whole(n, 0), n.Length > 1 ? Whole(n, 1) : 0)),
        ["sample"] = ("sample=ROWS[:SEED]", n => new SampleReducer(Whole(n, 0), n.Length > 1 ? Whole(n, 1) : 0)),
    };

    private protected Reducer()
    {
    }

    /// <summary>How reducers are written.</summary>
    public static string Forms { get; } = string.Join(", ", Words.Values.Select(word => word.Form));

    /// <summary>Its name and parameters as they are written.</summary>
    public abstract string Name { get; }

    /// <summary>A reducer from its text, such as <c>covariance</c> or <c>histogram=40:-5:5</c>.</summary>
    /// <exception cref="StrataException">There is no such reducer, or its numbers do not fit.</exception>
    public static Reducer Parse(string text)
    {
        string word = text.Split('=')[0];
        if (!Words.TryGetValue(word, out var found)) throw new StrataException($"There is no reducer \"{word}\". {NearestNames.Suggest(word, Words.Keys)} They are written {Forms}.");
        double[]? numbers = Numbers(text.Length > word.Length ? text[(word.Length + 1)..] : null);
        int least = found.Form.Count(c => c is '=' or ':') - found.Form.Count(c => c == '['), most = found.Form.Count(c => c is '=' or ':');
        if (numbers is null || numbers.Length < least || numbers.Length > most) throw new StrataException($"\"{text}\" is no reducer; expected {found.Form}.");
        return found.Make(numbers);
    }

    /// <summary>Begins to reduce a point.</summary>
    /// <param name="columns">Length of its rows.</param>
    /// <param name="rows">Number of rows that will come.</param>
    internal abstract Reduction Start(int columns, long rows);

    private protected static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double[]? Numbers(string? text)
    {
        if (text is null) return [];
        double[] numbers = [.. text.Split(':').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN)];
        return numbers.Any(number => !double.IsFinite(number)) ? null : numbers;
    }

    private static int Whole(double[] numbers, int index) => numbers[index] is >= 0 and <= int.MaxValue && double.IsInteger(numbers[index])
        ? (int)numbers[index]
        : throw new StrataException($"{Text(numbers[index])} was given where a reducer needs a whole number.");

    private protected static void RequirePositive(int number, string what)
    {
        if (number < 1) throw new StrataException($"{what} was given as {number}; 1 or more is needed.");
    }
}

/// <summary>Where a row of a capture came from.</summary>
/// <param name="Row">Row of the data.</param>
/// <param name="Index">Which of its wanted positions, counted from 0.</param>
public readonly record struct RowPlace(int Row, int Index);

/// <summary>What a reducer made of a point: a matrix of float64.</summary>
/// <param name="Point">The hook point.</param>
/// <param name="Reducer">The reducer's text.</param>
/// <param name="Values">Row-major.</param>
/// <param name="Rows">Rows of the matrix.</param>
/// <param name="Columns">Columns of the matrix.</param>
/// <param name="Count">Rows of activations that went in.</param>
public sealed record ReducedPoint(string Point, string Reducer, double[] Values, int Rows, int Columns, long Count)
{
    /// <summary>Where each element (<c>top</c>) or each row (<c>sample</c>, <c>project</c>) came from; empty for others.</summary>
    public IReadOnlyList<RowPlace> Places { get; init; } = [];

    /// <summary>One number.</summary>
    public double this[int row, int column] => Values[row * Columns + column];
}

/// <summary>A reduction on its way.</summary>
internal abstract class Reduction
{
    /// <summary>Bytes that it holds at most.</summary>
    public abstract long Bytes { get; }

    /// <summary>Takes one row of activations in. Rows come in the order of the data, whatever the batches.</summary>
    public abstract void Add(ReadOnlySpan<float> row, RowPlace place);

    /// <summary>The matrix, after the last row.</summary>
    public abstract (double[] Values, int Rows, int Columns, IReadOnlyList<RowPlace> Places) Result();
}
