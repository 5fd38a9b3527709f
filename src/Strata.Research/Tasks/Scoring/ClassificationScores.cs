namespace Strata.Research;

/// <summary>The scores of predicted classes as scikit-learn defines them and MTEB reports them.</summary>
internal static class ClassificationScores
{
    /// <summary>
    /// <c>accuracy</c>; <c>f1</c>, <c>precision</c> and <c>recall</c> as plain means over the classes that occur in truth or prediction, and weighted by the truth; where the truth has two classes also <c>ap</c>, the
    /// average precision of the predicted class (of 0 and 1) as a score.
    /// </summary>
    public static Dictionary<string, double> Of(int[] truth, int[] predicted, int classes)
    {
        int[] hits = new int[classes], known = new int[classes], said = new int[classes];
        for (int i = 0; i < truth.Length; i++)
        {
            known[truth[i]]++;
            said[predicted[i]]++;
            if (truth[i] == predicted[i]) hits[truth[i]]++;
        }

        int[] seen = Enumerable.Range(0, classes).Where(c => known[c] + said[c] > 0).ToArray();
        double Precision(int c) => said[c] == 0 ? 0 : (double)hits[c] / said[c];
        double Recall(int c) => known[c] == 0 ? 0 : (double)hits[c] / known[c];
        double F1(int c) => 2.0 * hits[c] / (known[c] + said[c]);
        Dictionary<string, double> scores = new() { ["accuracy"] = (double)hits.Sum() / truth.Length };
        foreach ((string name, Func<int, double> score) in new (string, Func<int, double>)[] { ("f1", F1), ("precision", Precision), ("recall", Recall) })
        {
            scores[name] = seen.Average(score);
            scores[$"{name}_weighted"] = seen.Sum(c => known[c] * score(c)) / truth.Length;
        }

        int[] two = seen.Where(c => known[c] > 0).ToArray();
        if (two.Length == 2) scores["ap"] = scores["ap_weighted"] = AveragePrecision.Of(Array.ConvertAll(predicted, p => (double)p), Array.ConvertAll(truth, t => t == two[1]));
        return scores;
    }
}

/// <summary>Average precision, the step-wise area under precision over recall.</summary>
internal static class AveragePrecision
{
    /// <summary>Σ (Rₙ − Rₙ₋₁)·Pₙ over the thresholds at the distinct scores, the highest first (scikit-learn's definition; equal scores stand together). 0 where nothing is positive.</summary>
    public static double Of(double[] scores, bool[] positive)
    {
        int[] order = Enumerable.Range(0, scores.Length).ToArray();
        Array.Sort(Array.ConvertAll(scores, s => -s), order);
        int all = positive.Count(p => p), hits = 0;
        double sum = 0;
        for (int i = 0; i < order.Length;)
        {
            int end = i, before = hits;
            for (; end < order.Length && scores[order[end]] == scores[order[i]]; end++) hits += positive[order[end]] ? 1 : 0;
            sum += (double)(hits - before) * hits / end;
            i = end;
        }

        return all == 0 ? 0 : sum / all;
    }
}
