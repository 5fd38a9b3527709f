namespace Strata.Research;

/// <summary>The assignment problem: one partner each, so that the sum is largest.</summary>
internal static class Assignment
{
    /// <summary>
    /// The Hungarian algorithm by shortest augmenting paths (Jonker and Volgenant 1987), O(rows² · columns) for the smaller side as rows.
    /// </summary>
    /// <param name="gains">[rows, columns].</param>
    /// <returns>The column of every row; -1 for a row without one, where there are more rows than columns.</returns>
    public static int[] Largest(RealMatrix gains)
    {
        if (gains.Rows > gains.Columns)
        {
            int[] rows = Largest(gains.Transpose());
            int[] result = new int[gains.Rows];
            Array.Fill(result, -1);
            for (int column = 0; column < rows.Length; column++) result[rows[column]] = column;
            return result;
        }

        int[] rowOf = new int[gains.Columns];
        Array.Fill(rowOf, -1);
        double[] rowPrice = new double[gains.Rows], columnPrice = new double[gains.Columns];
        for (int row = 0; row < gains.Rows; row++) Augment(gains, row, rowOf, rowPrice, columnPrice);
        int[] columns = new int[gains.Rows];
        for (int column = 0; column < rowOf.Length; column++)
        {
            if (rowOf[column] >= 0) columns[rowOf[column]] = column;
        }

        return columns;
    }

    /// <summary>Finds the cheapest path from a free row to a free column along reduced costs, and exchanges the pairs on it.</summary>
    private static void Augment(RealMatrix gains, int start, int[] rowOf, double[] rowPrice, double[] columnPrice)
    {
        int columns = gains.Columns;
        double[] distance = new double[columns];
        int[] from = new int[columns];
        bool[] done = new bool[columns];
        Array.Fill(distance, double.PositiveInfinity);
        List<int> reached = [];
        int row = start, last = -1;
        double shortest = 0;
        while (true)
        {
            int next = -1;
            ReadOnlySpan<double> gain = gains.Row(row);
            for (int j = 0; j < columns; j++)
            {
                if (done[j]) continue;
                double length = shortest - gain[j] - rowPrice[row] - columnPrice[j];
                if (length < distance[j])
                {
                    distance[j] = length;
                    from[j] = last;
                }

                if (next < 0 || distance[j] < distance[next]) next = j;
            }

            shortest = distance[next];
            last = next;
            done[next] = true;
            if (rowOf[next] < 0) break;
            reached.Add(next);
            row = rowOf[next];
        }

        rowPrice[start] += shortest;
        foreach (int column in reached)
        {
            rowPrice[rowOf[column]] += shortest - distance[column];
            columnPrice[column] -= shortest - distance[column];
        }

        for (int column = last; column >= 0; column = from[column]) rowOf[column] = from[column] >= 0 ? rowOf[from[column]] : start;
    }
}
