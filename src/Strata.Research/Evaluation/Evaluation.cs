using Strata.Models;

namespace Strata.Research;

/// <summary>How well a network predicts data under one plan.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Loss">Mean loss in nats: of the next token per predicted token, or of the class per image.</param>
/// <param name="Top1">Share of predicted tokens, or classes, that were the most likely one.</param>
/// <param name="Tokens">Number of predicted tokens: every token but the first of each row; of images, those with a class that the network knows.</param>
/// <param name="Cost">What the plan costs.</param>
/// <param name="Score">The scorer's mean; null without a scorer.</param>
public sealed record Evaluation(LayerPlan Plan, double Loss, double Top1, long Tokens, PlanCost Cost, double? Score)
{
    /// <summary>Where the result came from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Set where the plan was given up early (<see cref="SweepOptions.StopWhen"/>): loss, accuracy and score of the data are not known then, and NaN.</summary>
    public StoppedEarly? Stopped { get; init; }

    /// <summary>exp(Loss).</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Evaluates a network under one plan.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data; rows of one token predict nothing and count nothing.</param>
    /// <param name="plan">The plan; null for all blocks in order.</param>
    /// <param name="options">Scorer, batch size, progress.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">The plan or an id does not fit, or no row has a token to predict.</exception>
    public static Evaluation Run(Model model, TokenRows rows, LayerPlan? plan = null, SweepOptions? options = null, CancellationToken cancellation = default) =>
        Sweep.Run(model, rows, [model.CheckPlan(plan)], options, cancellation).Results[0];
}
