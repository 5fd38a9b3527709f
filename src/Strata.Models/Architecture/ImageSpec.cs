namespace Strata.Models;

/// <summary>A patch of an image by its place: both from 0, from the upper left.</summary>
/// <param name="Row">Row of patches.</param>
/// <param name="Column">Column of patches.</param>
public readonly record struct PatchPlace(int Row, int Column);

/// <summary>
/// How an image becomes rows of the residual stream (Dosovitskiy et al. 2020): a grid of square patches, each through one linear map, row after row of the grid behind the tokens of
/// <see cref="Prefix"/>. Each token has an id that says what it is: 0 and up for the prefix, then one for each place of a patch, the same in images of any size.
/// </summary>
/// <param name="Height">Height of the images that the network was trained on.</param>
/// <param name="Width">Width of these.</param>
/// <param name="Patch">Side of a patch.</param>
public sealed record ImageSpec(int Height, int Width, int Patch)
{
    /// <summary>Ids from one row of patches to the next; more columns are not read.</summary>
    private const int RowStride = 1 << 12;

    /// <summary>Most tokens of an image.</summary>
    public const int MaxTokens = 1 << 16;

    /// <summary>Learned tokens before the patches: <c>cls</c>, <c>distillation</c>, <c>register 0</c>.</summary>
    public ValueList<string> Prefix { get; init; } = new([]);

    /// <summary>How many of the prefix have a position, from the first; the others have none (registers).</summary>
    public int PrefixPositions { get; init; }

    /// <summary>Has the map of the patches a bias?</summary>
    public bool PatchBias { get; init; } = true;

    /// <summary>Positions for images of another size are interpolated with averaging (DINOv2 with registers).</summary>
    public bool Antialias { get; init; }

    /// <summary>Rows and columns of the grid that positions were learned for.</summary>
    public (int Rows, int Columns) Grid => GridOf(Height, Width);

    /// <summary>Rows of the position table.</summary>
    public int Positions => PrefixPositions + Grid.Rows * Grid.Columns;

    /// <summary>Numbers of one patch.</summary>
    public int PatchValues => 3 * Patch * Patch;

    /// <summary>Rows and columns of the patches of an image; a rest at its right and lower edge is left out.</summary>
    public (int Rows, int Columns) GridOf(int height, int width) => (height / Patch, width / Patch);

    /// <summary>The ids of an image's tokens.</summary>
    /// <exception cref="StrataException">The image is smaller than a patch, or has too many.</exception>
    public int[] Tokens(int height, int width)
    {
        (int rows, int columns) = GridOf(height, width);
        if (rows == 0 || columns == 0) throw new StrataException($"An image of {width} x {height} pixels is smaller than a patch of {Patch} x {Patch}.");
        if (columns > RowStride || (long)rows * columns + Prefix.Count > MaxTokens) throw new StrataException($"An image of {width} x {height} pixels has {columns} x {rows} patches; at most {MaxTokens} in all, and {RowStride} side by side, are read. Make it smaller.");
        int[] ids = new int[Prefix.Count + rows * columns];
        for (int i = 0; i < ids.Length; i++) ids[i] = i < Prefix.Count ? i : Prefix.Count + (i - Prefix.Count) / columns * RowStride + (i - Prefix.Count) % columns;
        return ids;
    }

    /// <summary>Where a patch lies; null for tokens of the prefix.</summary>
    public PatchPlace? PlaceOf(int id) => id < Prefix.Count ? null : new PatchPlace((id - Prefix.Count) / RowStride, (id - Prefix.Count) % RowStride);

    /// <summary>A token for people: <c>cls</c>, or row and column of a patch as <c>3,0</c>.</summary>
    public string Label(int id) => PlaceOf(id) is { } place ? FormattableString.Invariant($"{place.Row},{place.Column}") : Prefix[id];
}
