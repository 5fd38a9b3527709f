using System.Globalization;
using System.Numerics.Tensors;
using Strata.Models;

namespace Strata.Research;

/// <summary>A number of the scores over the vocabulary after the last token.</summary>
/// <param name="logits">The scores under a patch.</param>
/// <param name="clean">Those of the clean prompt.</param>
public delegate double LogitMetric(ReadOnlySpan<float> logits, ReadOnlySpan<float> clean);

/// <summary>What a patching grid measures at the last position.</summary>
/// <param name="Name">Its name, on the axis.</param>
/// <param name="Of">Measures.</param>
/// <param name="Unit">Its unit, or null.</param>
public sealed record PatchingMetric(string Name, LogitMetric Of, string? Unit = null)
{
    /// <summary>Kullback-Leibler divergence KL(clean ‖ patched) of the next token's probabilities, in nats.</summary>
    public static PatchingMetric KlFromClean { get; } = new("KL from clean", (logits, clean) =>
    {
        double ofClean = LogSum(clean), ofPatched = LogSum(logits), sum = 0;
        for (int i = 0; i < logits.Length; i++) sum += Math.Exp(clean[i] - ofClean) * (clean[i] - ofClean - (logits[i] - ofPatched));
        return sum;
    }, "nats");

    /// <summary>Score of the answer less that of another token.</summary>
    /// <param name="answer">Id of the clean prompt's answer.</param>
    /// <param name="foil">Id of the other token, such as the corrupted prompt's answer.</param>
    public static PatchingMetric LogitDifference(int answer, int foil) => new("logit difference", (logits, _) => logits[answer] - logits[foil]);

    /// <summary>Loss of the answer, −log of its probability, in nats.</summary>
    /// <param name="answer">Id of the answer.</param>
    public static PatchingMetric Loss(int answer) => new("loss of the answer", (logits, _) => LogSum(logits) - logits[answer], "nats");

    /// <summary>What answer and foil ask for: their difference, the loss of the answer alone, or without both the divergence from the clean prompt.</summary>
    /// <param name="model">The network, whose tokens they are.</param>
    /// <param name="answer">One token as text, or its id as <c>#123</c>; null for none.</param>
    /// <param name="foil">Another one.</param>
    /// <exception cref="StrataException">A text is not one token, an id is none of the vocabulary, or there is a foil without an answer.</exception>
    public static PatchingMetric Read(Model model, string? answer, string? foil)
    {
        if (answer is null) return foil is null ? KlFromClean : throw new StrataException("A foil is compared with an answer; give the answer as well.");
        return foil is null ? Loss(Token(model, answer)) : LogitDifference(Token(model, answer), Token(model, foil));
    }

    private static int Token(Model model, string text)
    {
        if (text.StartsWith('#') && int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            return id < model.Spec.Vocabulary ? id : throw new StrataException($"Token {text} is outside the vocabulary of {model.Name}, #0 to #{model.Spec.Vocabulary - 1}.");
        int[] ids = model.Tokenize(text).Ids;
        if (ids.Length == 2 && ids[0] == model.Spec.BosId) ids = ids[1..];
        return ids.Length == 1 ? ids[0] : throw new StrataException($"\"{text}\" is {ids.Length} tokens of {model.Name}; an answer is one: mind a leading space, or give its id as #123.");
    }

    private static double LogSum(ReadOnlySpan<float> logits)
    {
        double top = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits) sum += Math.Exp(logit - top);
        return top + Math.Log(sum);
    }
}

/// <summary>Options of a patching grid.</summary>
public sealed record PatchingOptions
{
    /// <summary>The place of the blocks that is patched, one row per position: <c>resid_pre</c>, <c>resid_mid</c>, <c>attn_out</c>, <c>mlp_out</c>, <c>attn.z</c>.</summary>
    public string Place { get; init; } = "resid_pre";

    /// <summary>The plan that both prompts run along; null for all blocks in order.</summary>
    public LayerPlan? Plan { get; init; }

    /// <summary>Tokens that run together. Changes speed and memory, not results.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>Told one line with what will be run, before it is.</summary>
    public Action<string> Announce { get; init; } = _ => { };

    /// <summary>Told after each batch of patches.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
