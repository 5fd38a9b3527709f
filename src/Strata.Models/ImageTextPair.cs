using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// A network of images and one of texts that were trained to meet in one space (CLIP, SigLIP). Each is a <see cref="Model"/> of its own, with its hook points and plans; what the pair adds is the
/// similarity of an image and a text.
/// </summary>
public sealed class ImageTextPair
{
    private readonly float _scale;
    private readonly float _bias;

    private ImageTextPair(Model image, Model text, float scale, float bias)
    {
        Image = image;
        Text = text;
        _scale = scale;
        _bias = bias;
    }

    /// <summary>The network of images.</summary>
    public Model Image { get; }

    /// <summary>The network of texts.</summary>
    public Model Text { get; }

    /// <summary>Loads both networks of a checkpoint; see <see cref="Model.Load"/>.</summary>
    /// <param name="folder">The folder, or a model of the hub.</param>
    /// <param name="options">Engine, storage format, progress; the tower is left out.</param>
    /// <param name="cancellation">Stops a download, and the loading between blocks.</param>
    /// <exception cref="InvalidFileException">The checkpoint is not a pair, or a file is missing or invalid.</exception>
    public static ImageTextPair Load(string folder, ModelOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new ModelOptions();
        Model image = Model.Load(folder, options with { Tower = Tower.Image }, cancellation), text = Model.Load(folder, options with { Tower = Tower.Text }, cancellation);
        float scale = image.Number("logit_scale") ?? throw new InvalidFileException(folder, "has no \"logit_scale\", which the similarity of images and texts is multiplied with.");
        return new ImageTextPair(image, text, MathF.Exp(scale), image.Number("logit_bias") ?? 0);
    }

    /// <summary>Ids of texts as the pair was trained to read them: filled up to the full length where it sees the filling (SigLIP), cut at the full length.</summary>
    /// <exception cref="StrataException">The checkpoint has no tokenizer, or there is no text.</exception>
    public TokenRows ReadTexts(string name, IReadOnlyList<string> texts) => new(name, [.. texts.Select(text => Filled(Text.Tokenize(text).Ids))]);

    /// <summary>Similarity of every image with every text: the cosine of their embeddings, scaled as it was learned. Of CLIP the softmax over texts, of SigLIP the sigmoid is a probability.</summary>
    /// <param name="images">Rows of images (<see cref="Model.ReadImages(string, IReadOnlyList{string})"/>).</param>
    /// <param name="texts">Rows of texts (<see cref="ReadTexts"/>).</param>
    /// <param name="imagePlan">Plan of the network of images; null for all blocks in order.</param>
    /// <param name="textPlan">Plan of the network of texts.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>[images, texts].</returns>
    /// <exception cref="StrataException">The rows or plans do not fit.</exception>
    public FloatMatrix Similarity(TokenRows images, TokenRows texts, LayerPlan? imagePlan = null, LayerPlan? textPlan = null, CancellationToken cancellation = default)
    {
        FloatMatrix left = Embeddings(Image, images, imagePlan, cancellation), right = Embeddings(Text, texts, textPlan, cancellation);
        float[] values = new float[left.Rows * right.Rows];
        for (int i = 0; i < values.Length; i++) values[i] = _scale * System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(left.Row(i / right.Rows), right.Row(i % right.Rows)) + _bias;
        return new FloatMatrix(values, left.Rows, right.Rows);
    }

    /// <summary>Families of both networks.</summary>
    public override string ToString() => $"{Image}; {Text}";

    /// <summary>One row per image or text in the space of both: the last point of a network.</summary>
    private static FloatMatrix Embeddings(Model model, TokenRows rows, LayerPlan? plan, CancellationToken cancellation)
    {
        string point = model.Spec.SequenceHead!.Projection is null ? "pooled" : "projected";
        return model.Capture(rows, new CaptureRequest { Points = [point], Plan = plan, Pooling = Pooling.First, Announce = _ => { } }, cancellation).Rows(point);
    }

    private int[] Filled(IReadOnlyList<int> ids)
    {
        int length = Text.Spec.MaxPositions;
        // A text that is cut keeps the token at its end, which the networks read.
        if (ids.Count > length) return [.. ids.Take(length - 1), ids[^1]];
        return Text.Spec.PaddingId is int padding ? [.. ids, .. Enumerable.Repeat(padding, length - ids.Count)] : [.. ids];
    }
}
