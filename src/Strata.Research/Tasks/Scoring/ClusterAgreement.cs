namespace Strata.Research;

/// <summary>How well clusters agree with classes, from the counts of rows per class and cluster.</summary>
internal static class ClusterAgreement
{
    /// <summary>Keeps the quotient of two differences that are both rounding from running away.</summary>
    private const double Smallest = 2.220446049250313e-16;

    /// <summary>
    /// V-measure (Rosenberg and Hirschberg 2007): the harmonic mean of homogeneity I/H(classes) and completeness I/H(clusters), each 1 where its entropy is 0; and the adjusted mutual
    /// information (Vinh, Epps and Bailey 2010) with the arithmetic mean of the entropies.
    /// </summary>
    /// <param name="classes">Class of each row, from 0.</param>
    /// <param name="clusters">Cluster of each row, from 0.</param>
    /// <param name="times">How often each row counts, whole numbers.</param>
    public static (double VMeasure, double Ami) Of(int[] classes, int[] clusters, double[] times)
    {
        int rows = classes.Max() + 1, columns = clusters.Max() + 1;
        double[,] counts = new double[rows, columns];
        double[] byClass = new double[rows], byCluster = new double[columns];
        double n = 0;
        for (int i = 0; i < classes.Length; i++)
        {
            counts[classes[i], clusters[i]] += times[i];
            byClass[classes[i]] += times[i];
            byCluster[clusters[i]] += times[i];
            n += times[i];
        }

        double information = 0;
        for (int a = 0; a < rows; a++)
        {
            for (int b = 0; b < columns; b++)
            {
                if (counts[a, b] > 0) information += counts[a, b] / n * Math.Log(counts[a, b] * n / (byClass[a] * byCluster[b]));
            }
        }

        information = Math.Max(0, information);
        double classEntropy = Entropy(byClass, n), clusterEntropy = Entropy(byCluster, n);
        double homogeneity = classEntropy > 0 ? information / classEntropy : 1, completeness = clusterEntropy > 0 ? information / clusterEntropy : 1;
        double v = homogeneity + completeness > 0 ? 2 * homogeneity * completeness / (homogeneity + completeness) : 0;
        return (v, Adjusted(information, byClass, byCluster, n, (classEntropy + clusterEntropy) / 2));
    }

    private static double Entropy(double[] counts, double n) => -counts.Where(c => c > 0).Sum(c => c / n * Math.Log(c / n));

    private static double Adjusted(double information, double[] classes, double[] clusters, double n, double mean)
    {
        if (classes.Count(c => c > 0) == 1 && clusters.Count(c => c > 0) == 1) return 1;
        double expected = Expected(classes.Where(c => c > 0).ToArray(), clusters.Where(c => c > 0).ToArray(), (int)n);
        double range = mean - expected;
        return (information - expected) / (range < 0 ? Math.Min(range, -Smallest) : Math.Max(range, Smallest));
    }

    /// <summary>The mutual information that clusters of these sizes have with classes of these sizes by chance: over the hypergeometric distribution of every count.</summary>
    private static double Expected(double[] classes, double[] clusters, int n)
    {
        double[] logFactorial = new double[n + 1];
        for (int i = 2; i <= n; i++) logFactorial[i] = logFactorial[i - 1] + Math.Log(i);
        double sum = 0;
        foreach (int a in classes.Select(c => (int)c))
        {
            foreach (int b in clusters.Select(c => (int)c))
            {
                double whole = logFactorial[a] + logFactorial[b] + logFactorial[n - a] + logFactorial[n - b] - logFactorial[n];
                for (int both = Math.Max(1, a + b - n); both <= Math.Min(a, b); both++)
                {
                    double chance = whole - logFactorial[both] - logFactorial[a - both] - logFactorial[b - both] - logFactorial[n - a - b + both];
                    sum += (double)both / n * Math.Log((double)n * both / ((double)a * b)) * Math.Exp(chance);
                }
            }
        }

        return sum;
    }
}
