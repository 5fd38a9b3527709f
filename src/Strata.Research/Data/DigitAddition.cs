using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Addition of whole numbers, digit by digit (studied by Nogueira et al. 2021 and Quirke and Barez 2024): a row is
/// <c>&lt;start&gt; a + b = c</c> with one token per digit; a and b have n digits each and c has n + 1, with leading zeros.
/// Tokens 0 .. 9 are the digits, then <c>+</c>, <c>=</c>, <c>&lt;pad&gt;</c>, <c>&lt;start&gt;</c>.
/// </summary>
public static class DigitAddition
{
    /// <summary>The largest number of digits.</summary>
    public const int MaxDigits = 1000;

    private const int Plus = 10;
    private const int Equal = 11;
    private const int Pad = 12;
    private const int Start = 13;
    private static readonly string[] Names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "+", "=", "<pad>", "<start>"];

    /// <summary>
    /// Sums with every digit of a and b drawn uniformly; rows may repeat. Labels are defined where the next token is a digit of c, and speak of that digit:
    /// <c>answer</c>, the digit; <c>place</c>, its power of ten; <c>carry_in</c>, 1 where a carry comes into its place; <c>carry_out</c>, 1 where one leaves it.
    /// </summary>
    /// <param name="digits">Digits of a and of b, 1 to <see cref="MaxDigits"/>.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">Seed of the digits.</param>
    /// <param name="reversed">Whether c is written with its lowest digit first, so that carries are known when they are needed.</param>
    /// <exception cref="StrataException">A number outside its limits.</exception>
    public static ToyTask Create(int digits, int count, long seed, bool reversed = false)
    {
        if (digits is < 1 or > MaxDigits) throw new StrataException($"{digits} digits: expected 1 to {MaxDigits}.");
        if (count < 1) throw new StrataException($"{count} rows: expected 1 or more.");
        SeededRandom random = new(seed);
        int[][] rows = new int[count][];
        for (int row = 0; row < count; row++) rows[row] = RandomSum(digits, reversed, random);
        string name = $"addition of {digits} digits ({(reversed ? "answer reversed, " : "")}seed {seed})";
        return ToyTask.FromRows(name, rows, Names, Pad, Start,
        [
            ("answer", row => AtAnswer(Sum(rows[row]), reversed)),
            ("place", _ => AtAnswer(Enumerable.Range(0, digits + 1).ToArray(), reversed)),
            ("carry_in", row => AtAnswer(Carries(rows[row])[..^1], reversed)),
            ("carry_out", row => AtAnswer(Carries(rows[row])[1..], reversed)),
        ]);
    }

    private static int[] RandomSum(int digits, bool reversed, SeededRandom random)
    {
        int[] row = new int[3 * digits + 4];
        row[0] = Start;
        for (int i = 1; i <= digits; i++) row[i] = random.NextInt(10);
        row[digits + 1] = Plus;
        for (int i = digits + 2; i < 2 * digits + 2; i++) row[i] = random.NextInt(10);
        row[2 * digits + 2] = Equal;
        int[] sum = Sum(row);
        if (!reversed) Array.Reverse(sum);
        sum.CopyTo(row, 2 * digits + 3);
        return row;
    }

    /// <summary>The digits of a + b, [place].</summary>
    private static int[] Sum(int[] row)
    {
        int digits = Digits(row);
        int[] carries = Carries(row);
        int[] sum = new int[digits + 1];
        for (int place = 0; place < digits; place++) sum[place] = (A(row, place) + B(row, place) + carries[place]) % 10;
        sum[digits] = carries[digits];
        return sum;
    }

    /// <summary>Carries into each place of the answer, [place], and the one out of the highest, which is 0.</summary>
    private static int[] Carries(int[] row)
    {
        int digits = Digits(row);
        int[] carries = new int[digits + 2];
        for (int place = 0; place < digits; place++) carries[place + 1] = A(row, place) + B(row, place) + carries[place] >= 10 ? 1 : 0;
        return carries;
    }

    private static int Digits(int[] row) => (row.Length - 4) / 3;

    private static int A(int[] row, int place) => row[Digits(row) - place];

    private static int B(int[] row, int place) => row[2 * Digits(row) + 1 - place];

    /// <summary>Labels of the places of the answer, each at the position before that place's digit; -1 elsewhere.</summary>
    private static int[] AtAnswer(int[] places, bool reversed)
    {
        int[] labels = new int[3 * places.Length + 1];
        labels.AsSpan().Fill(-1);
        int[] written = reversed ? places : [.. places.Reverse()];
        written.CopyTo(labels, 2 * places.Length);
        return labels;
    }
}
