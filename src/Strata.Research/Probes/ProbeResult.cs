namespace Strata.Research;

/// <summary>How well a probe reads one label set at one point.</summary>
public sealed record ProbeResult
{
    /// <summary>Name of the label set.</summary>
    public required string Labels { get; init; }

    /// <summary>Share of training rows read right.</summary>
    public required double TrainAccuracy { get; init; }

    /// <summary>Share of test rows read right; no test row had any part in training, standardising or choosing the regularisation.</summary>
    public required double TestAccuracy { get; init; }

    /// <summary>Share of test rows that have the most frequent training label: what reading nothing achieves.</summary>
    public required double MajorityAccuracy { get; init; }

    /// <summary>Test accuracy of the same probe, chosen and trained the same way, on labels permuted over the rows; NaN when not asked for.</summary>
    public double ControlAccuracy { get; init; } = double.NaN;

    /// <summary>Test accuracy less control accuracy (Hewitt and Liang 2019).</summary>
    public double Selectivity => TestAccuracy - ControlAccuracy;

    /// <summary>The regularisation that did best on the validation groups; the stronger one when several did.</summary>
    public required double Regularisation { get; init; }

    /// <summary>Accuracy on the validation groups with that regularisation.</summary>
    public required double ValidationAccuracy { get; init; }

    /// <summary>Test rows by true class (first index) and read class (second).</summary>
    public required int[,] Confusion { get; init; }

    /// <summary>Rows trained on.</summary>
    public required int TrainRows { get; init; }

    /// <summary>Rows tested on.</summary>
    public required int TestRows { get; init; }

    /// <summary>Rows without a label.</summary>
    public required int LeftOut { get; init; }

    /// <summary>The trained reader.</summary>
    public required Readout Readout { get; init; }

    /// <summary>The trained reader's directions; null where the probe is not linear.</summary>
    public LinearReadout? Linear => Readout as LinearReadout;
}

/// <summary>How well a ridge probe reads one number at one point.</summary>
public sealed record RegressionResult
{
    /// <summary>Name of the targets.</summary>
    public required string Target { get; init; }

    /// <summary>Share of the variance of the training targets that is read.</summary>
    public required double TrainR2 { get; init; }

    /// <summary>1 − squared error / squared deviation from the training mean, on test rows; 0 is what reading nothing achieves.</summary>
    public required double TestR2 { get; init; }

    /// <summary>The same for targets permuted over the rows; NaN when not asked for.</summary>
    public double ControlR2 { get; init; } = double.NaN;

    /// <summary>The λ that did best on the validation groups.</summary>
    public required double Regularisation { get; init; }

    /// <summary>Rows trained on.</summary>
    public required int TrainRows { get; init; }

    /// <summary>Rows tested on.</summary>
    public required int TestRows { get; init; }

    /// <summary>The trained reader; its one score is the target.</summary>
    public required LinearReadout Readout { get; init; }
}
