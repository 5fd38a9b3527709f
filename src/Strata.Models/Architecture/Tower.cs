namespace Strata.Models;

/// <summary>One network of a pair that reads images and texts into one space (CLIP, SigLIP).</summary>
public enum Tower
{
    /// <summary>The network of images.</summary>
    Image,

    /// <summary>The network of texts.</summary>
    Text,
}

/// <summary>The text form of a tower: <c>FOLDER#image</c>, <c>FOLDER#text</c>.</summary>
internal static class TowerName
{
    /// <summary>A folder or place on the hub, and the tower that is named behind it; null where none is, or where a folder has this very name.</summary>
    public static (string Folder, Tower? Tower) Split(string name)
    {
        foreach ((string suffix, Tower tower) in new[] { ("#image", Tower.Image), ("#text", Tower.Text) })
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && !Directory.Exists(name)) return (name[..^suffix.Length], tower);
        }

        return (name, null);
    }
}
