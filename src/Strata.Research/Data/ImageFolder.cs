using System.Text.Json;
using Strata.Models;

namespace Strata.Research;

/// <summary>A folder of images as rows: those that lie in it, and those of the folders in it, whose names are their labels.</summary>
internal static class ImageFolder
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg"];

    /// <summary>One row per image in the order of their paths, with the fields <c>image</c> and, in a folder of a class, <c>label</c>.</summary>
    /// <exception cref="InvalidFileException">There is no image, or the folder cannot be read.</exception>
    public static List<DataRow> Read(string folder)
    {
        try
        {
            string[] classes = [.. Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
            List<DataRow> rows = [.. Images(folder, ""), .. classes.SelectMany(name => Images(folder, name))];
            return rows.Count > 0 ? rows : throw new InvalidFileException(folder, $"holds no image ({string.Join(", ", Extensions)}), and no folder in it does.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(folder, $"cannot be read: {e.Message}", e);
        }
    }

    private static IEnumerable<DataRow> Images(string folder, string name) => Directory.GetFiles(Path.Combine(folder, name))
        .Where(path => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant()))
        .Select(path => Path.GetFileName(path))
        .Order(StringComparer.Ordinal)
        .Select(file => new DataRow(null, null, Fields(name, file)) { Folder = folder });

    private static Dictionary<string, JsonElement> Fields(string name, string file)
    {
        Dictionary<string, JsonElement> fields = new() { [DataRow.ImageField] = JsonSerializer.SerializeToElement(name.Length == 0 ? file : $"{name}/{file}") };
        if (name.Length > 0) fields["label"] = JsonSerializer.SerializeToElement(name);
        return fields;
    }
}
