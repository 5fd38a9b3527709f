using Strata.Tensors;

namespace Strata.Models;

/// <summary>From normalised rows of the stream to scores over the vocabulary, and to losses.</summary>
internal static class Unembedding
{
    /// <summary>Logits that are held at a time where a loss needs them: 32 MB.</summary>
    private const int LogitsHeld = 8 << 20;

    /// <summary>What the unembedding reads, [rows, its width]: the normalised rows themselves, or what the head of a masked language model makes of them.</summary>
    /// <param name="scope">Owns the result.</param>
    /// <param name="normalized">[rows, width].</param>
    /// <param name="model">The network.</param>
    /// <param name="visit">Called at the hook points on the way; may change a value.</param>
    public static Tensor Transform(TensorScope scope, Tensor normalized, Model model, Func<HookKind, Tensor, Tensor> visit)
    {
        if (model.Weights.HeadTransform is not LinearWeight map)
            return model.Weights.UnembeddingProjection is LinearWeight projection ? scope.Linear(normalized, projection) : normalized;
        Tensor hidden = scope.Activate(visit(HookKind.HeadPre, scope.Linear(normalized, map)), model.Spec.HeadTransform!.Activation);
        return visit(HookKind.HeadNorm, scope.Norm(visit(HookKind.HeadPost, hidden), model.Weights.HeadNorm, model.Spec));
    }

    /// <summary>Scores over the vocabulary, [rows, vocabulary]: the product with the unembedding, scaled and capped where the network does so.</summary>
    /// <param name="scope">Owns the result.</param>
    /// <param name="read">What <see cref="Transform"/> gives.</param>
    /// <param name="model">The network.</param>
    /// <exception cref="StrataException">The network has none.</exception>
    public static Tensor Logits(TensorScope scope, Tensor read, Model model)
    {
        LinearWeight unembedding = model.Weights.Unembedding ?? throw new StrataException($"{model.Name} has no scores over the vocabulary: its checkpoint holds no head of a language model. Load one that does (for BERT: BertForMaskedLM), or capture resid_post.");
        Tensor logits = scope.ScaledBy(scope.Linear(read, unembedding), model.Spec.LogitScale);
        return model.Spec.LogitSoftCap is float cap ? scope.SoftCap(logits, cap) : logits;
    }

    /// <summary>Losses and most likely ids of rows, without holding all logits.</summary>
    /// <param name="outer">For working memory.</param>
    /// <param name="normalized">[rows, width].</param>
    /// <param name="model">The network.</param>
    /// <param name="targets">One id per row; negative for none.</param>
    /// <param name="losses">Receives one loss per row, in nats.</param>
    /// <param name="largest">Receives one id per row.</param>
    public static void Losses(TensorScope outer, Tensor normalized, Model model, int[] targets, Span<float> losses, Span<int> largest)
    {
        if (model.Spec.LogitSoftCap is null && model.Spec.LogitScale == 1)
        {
            outer.CrossEntropy(Plain(outer, normalized, model), model.Weights.Unembedding!, targets, losses, largest);
            return;
        }

        // Logits that are more than a product are computed some rows at a time.
        int rows = Math.Max(1, LogitsHeld / model.Spec.Vocabulary);
        for (int first = 0; first < targets.Length; first += rows)
        {
            using TensorScope scope = outer.Engine.OpenScope();
            int count = Math.Min(rows, targets.Length - first);
            LossesOf(Logits(scope, Plain(scope, scope.Rows(normalized, first, count), model), model), targets.AsSpan(first, count), losses.Slice(first, count), largest.Slice(first, count));
        }
    }

    /// <summary>Losses from logits that are held.</summary>
    public static void LossesOf(Tensor logits, ReadOnlySpan<int> targets, Span<float> losses, Span<int> largest)
    {
        for (int token = 0; token < targets.Length; token++)
        {
            ReadOnlySpan<float> row = logits.Span.Slice(token * logits.Shape.Columns, logits.Shape.Columns);
            largest[token] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);
            double top = row[largest[token]], sum = 0;
            foreach (float logit in row) sum += Math.Exp(logit - top);
            losses[token] = targets[token] < 0 ? 0 : (float)(Math.Log(sum) + top - row[targets[token]]);
        }
    }

    /// <summary><see cref="Transform"/> where nobody listens.</summary>
    public static Tensor Plain(TensorScope scope, Tensor normalized, Model model) => Transform(scope, normalized, model, (_, value) => value);
}
