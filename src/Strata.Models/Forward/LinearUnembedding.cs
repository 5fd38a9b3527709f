using Strata.Tensors;

namespace Strata.Models;

/// <summary>The unembedding as a linear map of the stream's parts: the final norm divides by the scale of the whole stream, and every part goes through gain and unembedding alone.</summary>
internal static class LinearUnembedding
{
    /// <summary>Scores of every part, and the constant that biases of norm and unembedding add. Before the cap on the logits, where there is one.</summary>
    public static (FloatMatrix Scores, float[] Constant) Of(Model model, FloatMatrix parts, ReadOnlySpan<float> stream)
    {
        ModelSpec spec = model.Spec;
        if (model.Weights.HeadTransform is not null) throw new StrataException($"The head of {model.Name} ({spec.Family}) is not linear, so its scores are no sum of parts.");
        LinearWeight unembedding = model.Weights.Unembedding ?? throw new StrataException($"{model.Name} has no scores over the vocabulary.");
        if (parts.Columns != spec.Width || stream.Length != spec.Width) throw new StrataException($"Parts of width {parts.Columns} of a stream of {stream.Length} numbers were given; the residual stream of {model.Name} is {spec.Width} wide.");

        // After the parts a row of the norm's bias, and one of zeros, whose score is the bias of the maps alone.
        FloatMatrix rows = new(new float[(parts.Rows + 2) * spec.Width], parts.Rows + 2, spec.Width);
        for (int i = 0; i < parts.Rows; i++)
        {
            if (spec.FinalNorm) FrozenNorm.Apply(spec, model.Weights.FinalNorm, parts.Row(i), stream, rows.Row(i));
            else parts.Row(i).CopyTo(rows.Row(i));
        }

        if (spec.FinalNorm && model.Weights.FinalNorm?.Bias is Tensor bias) bias.ToArray().CopyTo(rows.Row(parts.Rows));
        using TensorScope scope = model.Engine.OpenScope();
        Tensor read = scope.FromHost(rows.Values, rows.Rows, rows.Columns);
        if (model.Weights.UnembeddingProjection is LinearWeight projection) read = scope.Linear(read, projection);
        FloatMatrix scores = new(scope.ScaledBy(scope.Linear(read, unembedding), spec.LogitScale).ToArray(), rows.Rows, spec.Vocabulary);
        ReadOnlySpan<float> zero = scores.Row(parts.Rows + 1);
        for (int i = 0; i < parts.Rows; i++) System.Numerics.Tensors.TensorPrimitives.Subtract(scores.Row(i), zero, scores.Row(i));
        return (scores.Slice(0, parts.Rows), scores.Row(parts.Rows).ToArray());
    }
}
