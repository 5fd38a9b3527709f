using Strata.Tensors;

namespace Strata.Models;

/// <summary>From pixels to rows of the residual stream.</summary>
internal static class ImageEmbedding
{
    /// <summary>Tokens of the prefix as they were learned, patches through their map (a convolution whose step is its width): [tokens, width].</summary>
    public static Tensor Tokens(TensorScope scope, Model model, TokenBatch batch)
    {
        ImageSpec spec = model.Spec.Image!;
        ImageWeights weights = model.Weights.Image!;
        Tensor result = scope.Zeros(batch.Tokens, model.Spec.Width);
        int patches = batch.Tokens - batch.Sequences * spec.Prefix.Count;
        int[] rows = [.. Enumerable.Range(0, batch.Tokens).Where(token => batch.Ids[token] >= spec.Prefix.Count)];
        float[] values = new float[(long)patches * spec.PatchValues];
        for (int s = 0, at = 0; s < batch.Sequences; s++) at += Cut(batch.Images![s], spec, values.AsSpan(at));
        scope.AddRows(scope.Linear(scope.FromHost(values, patches, spec.PatchValues), weights.Patch), rows, Ones(patches), result);
        if (weights.Prefix is not Tensor prefix) return result;
        int[] prefixRows = [.. Enumerable.Range(0, batch.Tokens).Where(token => batch.Ids[token] < spec.Prefix.Count)];
        scope.AddRows(scope.Embed(prefix, [.. prefixRows.Select(token => batch.Ids[token])]), prefixRows, Ones(prefixRows.Length), result);
        return result;
    }

    /// <summary>Positions of all tokens, [tokens, width]: 0 for tokens that have none, interpolated for images of another size than the network was trained on.</summary>
    public static Tensor Positions(TensorScope scope, Model model, TokenBatch batch)
    {
        ImageSpec spec = model.Spec.Image!;
        int width = model.Spec.Width;
        float[] table = model.Weights.PositionEmbedding!.ToArray(), result = new float[(long)batch.Tokens * width];
        Dictionary<(int Rows, int Columns), float[]> grids = new() { [spec.Grid] = table[(spec.PrefixPositions * width)..] };
        for (int s = 0; s < batch.Sequences; s++)
        {
            (int Rows, int Columns) grid = spec.GridOf(batch.Images![s].Height, batch.Images[s].Width);
            if (!grids.TryGetValue(grid, out float[]? patches)) grids[grid] = patches = PositionGrid.Resize(grids[spec.Grid], spec.Grid, grid, width, spec.Antialias);
            Span<float> rows = result.AsSpan(batch.Starts[s] * width, batch.Length(s) * width);
            table.AsSpan(0, spec.PrefixPositions * width).CopyTo(rows);
            patches.CopyTo(rows[(spec.Prefix.Count * width)..]);
        }

        return scope.FromHost(result, batch.Tokens, width);
    }

    /// <summary>The patches of an image, each as a convolution reads it: colour after colour, row after row.</summary>
    private static int Cut(ImagePixels image, ImageSpec spec, Span<float> patches)
    {
        (int rows, int columns) = spec.GridOf(image.Height, image.Width);
        int at = 0, side = spec.Patch;
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                for (int colour = 0; colour < 3; colour++)
                    for (int y = 0; y < side; y++, at += side)
                        image.Values.AsSpan((colour * image.Height + row * side + y) * image.Width + column * side, side).CopyTo(patches[at..]);
        return at;
    }

    private static float[] Ones(int count)
    {
        float[] ones = new float[count];
        Array.Fill(ones, 1f);
        return ones;
    }
}
