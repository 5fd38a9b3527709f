namespace Strata.Models;

/// <summary>What an image network reads: an image after its preprocessing.</summary>
/// <param name="Values">[3, height, width], row-major: red, green, blue.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record ImagePixels(float[] Values, int Height, int Width)
{
    /// <summary>Size.</summary>
    public override string ToString() => $"[3, {Height}, {Width}]";
}
