namespace Strata.Notebooks;

/// <summary>Reduces the number of marks that a chart draws, and says how.</summary>
internal static class Thinning
{
    private const int LinePoints = 6000;
    private const int ScatterPoints = 6000;
    private const int HeatmapCells = 128 * 128;
    private const int Bars = 2000;
    private const int MaxSeries = 100;
    private const int SubsetSeed = 0;

    /// <summary>The chart with at most its budget of marks, halved a number of times, and notes on what was done.</summary>
    public static (Chart Chart, IReadOnlyList<string> Notes) Thin(Chart chart, int halvings) => chart switch
    {
        LineChart lines => Lines(lines, LinePoints >> halvings),
        ScatterChart scatter => Scatter(scatter, ScatterPoints >> halvings),
        BarChart bars => BarGroups(bars, Bars >> halvings),
        HistogramChart histogram => Histogram(histogram, halvings),
        HeatmapChart heatmap => Heatmap(heatmap, HeatmapCells >> halvings, keepTexts: halvings == 0),
        GridChart grid => Grid(grid, HeatmapCells >> halvings, keepTexts: halvings == 0),
        _ => (chart, []),
    };

    private static (Chart, IReadOnlyList<string>) Lines(LineChart chart, int budget)
    {
        (IReadOnlyList<LineSeries> series, List<string> notes) = FewerSeries(chart.Series, 0);

        // A point of a band costs about three times as much as a point of a line.
        int weight = series.Sum(s => s.Lower is null ? 1 : 3);
        int perSeries = Math.Max(8, budget / weight);
        int longest = series.Max(s => s.X.Count);
        if (longest <= perSeries) return (chart with { Series = series }, notes);
        notes.Add($"Lines drawn with {perSeries:N0} of up to {longest:N0} points each, chosen by largest triangle in equal buckets (LTTB).");
        return (chart with { Series = series.Select(s => Pick(s, Lttb.Choose(s.X, s.Y, perSeries))).ToArray() }, notes);
    }

    private static LineSeries Pick(LineSeries s, int[] kept) => s with
    {
        X = Pick(s.X, kept),
        Y = Pick(s.Y, kept),
        Ringed = s.Ringed is { } ring && Array.IndexOf(kept, ring) is >= 0 and var place ? place : null,
        Lower = s.Lower is null ? null : Pick(s.Lower, kept),
        Upper = s.Upper is null ? null : Pick(s.Upper, kept),
    };

    private static T[] Pick<T>(IReadOnlyList<T> values, int[] kept) => kept.Select(i => values[i]).ToArray();

    private static (Chart, IReadOnlyList<string>) Scatter(ScatterChart chart, int budget)
    {
        (IReadOnlyList<PointSeries> series, List<string> notes) = FewerSeries(chart.Series, 0);
        long total = series.Sum(s => (long)s.X.Count);
        if (total <= budget) return (chart with { Series = series }, notes);
        notes.Add($"{budget:N0} of {total:N0} points drawn: a random subset of each series in proportion to its size (seed {SubsetSeed}).");
        Random random = new(SubsetSeed);
        return (chart with { Series = series.Select(s => Subset(s, (int)Math.Ceiling(budget * (double)s.X.Count / total), random)).ToArray() }, notes);
    }

    private static PointSeries Subset(PointSeries s, int count, Random random)
    {
        int[] order = Enumerable.Range(0, s.X.Count).ToArray();
        count = Math.Min(count, order.Length);
        for (int i = 0; i < count; i++)
        {
            int other = random.Next(i, order.Length);
            (order[i], order[other]) = (order[other], order[i]);
        }

        int[] kept = order[..count];
        Array.Sort(kept);
        return s with { X = Pick(s.X, kept), Y = Pick(s.Y, kept), PointNames = s.PointNames is null ? null : Pick(s.PointNames, kept) };
    }

    private static (Chart, IReadOnlyList<string>) BarGroups(BarChart chart, int budget)
    {
        (IReadOnlyList<BarSeries> series, List<string> notes) = FewerSeries(chart.Series, 0);
        int categories = Math.Max(1, budget / series.Count);
        if (chart.Categories.Count <= categories) return (chart with { Series = series }, notes);
        notes.Add($"The first {categories:N0} of {chart.Categories.Count:N0} categories drawn.");
        BarSeries[] cut = series.Select(s => s with { Values = s.Values.Take(categories).ToArray(), Errors = s.Errors?.Take(categories).ToArray() }).ToArray();
        return (chart with { Categories = chart.Categories.Take(categories).ToArray(), Series = cut }, notes);
    }

    private static (Chart, IReadOnlyList<string>) Histogram(HistogramChart chart, int halvings)
    {
        (IReadOnlyList<BarSeries> series, List<string> notes) = FewerSeries(chart.Series, halvings);
        return (chart with { Series = series }, notes);
    }

    private static (IReadOnlyList<T> Series, List<string> Notes) FewerSeries<T>(IReadOnlyList<T> series, int halvings)
    {
        int most = Math.Max(1, MaxSeries >> halvings);
        return series.Count <= most ? (series, []) : (series.Take(most).ToArray(), [$"The first {most:N0} of {series.Count:N0} series drawn."]);
    }

    private static (Chart, IReadOnlyList<string>) Heatmap(HeatmapChart chart, int budget, bool keepTexts)
    {
        (HeatmapChart thinned, string? note) = BlockMeans(chart, budget, keepTexts);
        return (thinned, note is null ? [] : [note]);
    }

    private static (Chart, IReadOnlyList<string>) Grid(GridChart grid, int budget, bool keepTexts)
    {
        // Each panel has a title and labels of its own, which cost about as much as a few cells.
        const int panelCost = 24, fewestCells = 16;
        int most = Math.Max(1, budget / (panelCost + fewestCells));
        (string Title, HeatmapChart Chart)[] panels = grid.Panels.Take(most).ToArray();
        (string Title, (HeatmapChart Chart, string? Note) Thinned)[] thinned = panels
            .Select(p => (p.Title, BlockMeans(p.Chart, Math.Max(fewestCells, budget / panels.Length - panelCost), keepTexts)))
            .ToArray();
        List<string> notes = thinned.Select(t => t.Thinned.Note).OfType<string>().Distinct().ToList();
        if (panels.Length < grid.Panels.Count) notes.Insert(0, $"The first {panels.Length:N0} of {grid.Panels.Count:N0} panels drawn.");
        return (grid with { Panels = thinned.Select(t => (t.Title, t.Thinned.Chart)).ToArray() }, notes);
    }

    /// <summary>Means over equal blocks of cells (the last ones may be smaller); the longer axis is thinned first. Cell texts are lost, since they have no mean.</summary>
    private static (HeatmapChart Chart, string? Note) BlockMeans(HeatmapChart chart, int budget, bool keepTexts)
    {
        int high = 1, wide = 1;
        while ((long)Blocks(chart.Rows, high) * Blocks(chart.Columns, wide) > budget)
        {
            if (Blocks(chart.Rows, high) > Blocks(chart.Columns, wide)) high++;
            else wide++;
        }

        bool hadTexts = chart.Style.CellTexts is not null;
        if (high == 1 && wide == 1 && (keepTexts || !hadTexts)) return (chart, null);
        string lost = hadTexts ? " Cell texts are left out." : "";
        HeatmapStyle style = chart.Style with { CellTexts = null };
        if (high == 1 && wide == 1) return (chart with { Style = style }, lost.TrimStart());
        double[,] means = new double[Blocks(chart.Rows, high), Blocks(chart.Columns, wide)];
        for (int row = 0; row < means.GetLength(0); row++)
        {
            for (int column = 0; column < means.GetLength(1); column++) means[row, column] = Mean(chart, row * high, column * wide, high, wide);
        }

        HeatmapChart thinned = chart with { Values = means, RowLabels = Firsts(chart.RowLabels, high), ColumnLabels = Firsts(chart.ColumnLabels, wide), Style = style };
        return (thinned, $"{chart.Rows:N0} x {chart.Columns:N0} cells drawn as means of blocks of {high} x {wide}; labels name the first row and column of a block.{lost}");
    }

    private static int Blocks(int length, int size) => (length + size - 1) / size;

    private static string[] Firsts(string[] labels, int every) => labels.Where((_, i) => i % every == 0).ToArray();

    private static double Mean(HeatmapChart chart, int top, int left, int high, int wide)
    {
        double sum = 0;
        int count = 0;
        for (int row = top; row < Math.Min(chart.Rows, top + high); row++)
        {
            for (int column = left; column < Math.Min(chart.Columns, left + wide); column++)
            {
                double value = chart.Values[row, column];
                if (!AxisScale.Drawable(value)) continue;
                sum += value;
                count++;
            }
        }

        return count == 0 ? double.NaN : sum / count;
    }
}
