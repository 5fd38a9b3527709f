using System.Globalization;
using System.Text.Json;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>
/// Activations on disk: one safetensors file, and beside it a JSON file (<c>name.safetensors.json</c>) with pooling and provenance. Not pooled: one tensor per row and point, named
/// <c>ROW:POINT</c>, [positions, width]. Pooled: one tensor per point, [rows, width]. The layout is read from the names, so a file made elsewhere needs no JSON.
/// </summary>
public static class ActivationsFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes activations; on failure nothing is changed.</summary>
    /// <exception cref="InvalidFileException">The files cannot be written.</exception>
    public static void Save(this Activations activations, string path)
    {
        IEnumerable<SafetensorsSource> sources = activations.Pooling == Pooling.None
            ? Enumerable.Range(0, activations.Sequences).SelectMany(row => activations.Points.Select(point => Source($"{row.ToString(CultureInfo.InvariantCulture)}:{point}", activations, point, row)))
            : activations.Points.Select(point => Source(point, activations, point, 0));
        Sidecar sidecar = new(activations.Pooling.ToString().ToLowerInvariant(), activations.Points, activations.Provenance);
        AtomicFile.Write([(JsonPath(path), stream => JsonSerializer.Serialize(stream, sidecar, Indented)), (path, SafetensorsWriter.Writer(sources))]);
    }

    /// <summary>Reads activations.</summary>
    /// <exception cref="InvalidFileException">The file is missing, is not safetensors, or its names follow neither layout.</exception>
    public static Activations Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Names.Count == 0) throw new InvalidFileException(path, "holds no tensors; expected one per row and point (ROW:POINT) or one per point.");
        Sidecar? sidecar = ReadSidecar(path);
        (int? Row, string Point)[] names = file.Names.Select(SplitName).ToArray();
        bool pooled = names.All(n => n.Row is null);
        if (!pooled && names.Any(n => n.Row is null))
            throw new InvalidFileException(path, $"mixes both layouts: \"{names.First(n => n.Row is null).Point}\" has no row number and others have one.");
        string[] points = InExecutionOrder(names.Select(n => n.Point).Distinct(), sidecar?.Points);
        Dictionary<string, IReadOnlyList<FloatMatrix>> samples = points.ToDictionary(point => point, point => pooled ? [Read(file, point)] : ReadRows(file, names, point));
        Pooling pooling = !pooled ? Pooling.None : Enum.TryParse(sidecar?.Pooling, ignoreCase: true, out Pooling known) && known != Pooling.None ? known : Pooling.Mean;
        return new Activations(pooling, points, samples, sidecar?.Provenance ?? new Provenance { Data = path });
    }

    private static IReadOnlyList<FloatMatrix> ReadRows(SafetensorsFile file, (int? Row, string Point)[] names, string point)
    {
        int rows = names.Max(n => n.Row!.Value) + 1;
        if ((long)rows * names.Select(n => n.Point).Distinct().Count() != names.Length)
            throw new InvalidFileException(file.Path, $"has {names.Length} tensors for {rows} rows; every row needs every point, from row 0 on.");
        return Enumerable.Range(0, rows).Select(row => Read(file, $"{row.ToString(CultureInfo.InvariantCulture)}:{point}")).ToArray();
    }

    private static FloatMatrix Read(SafetensorsFile file, string name)
    {
        Tensor tensor = file.Read(CpuEngine.Default, name);
        if (tensor.Shape.Rank < 2) throw new InvalidFileException(file.Path, $"tensor \"{name}\" has shape {tensor.Shape}; a matrix [rows, width] is expected.");
        return new FloatMatrix(tensor.ToArray(), tensor.Shape.Rows, tensor.Shape.Columns);
    }

    private static (int? Row, string Point) SplitName(string name)
    {
        int colon = name.IndexOf(':');
        return colon > 0 && int.TryParse(name.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int row) ? (row, name[(colon + 1)..]) : (null, name);
    }

    /// <summary>The order of the JSON file where it lists the same points, else the order of the names in the file.</summary>
    private static string[] InExecutionOrder(IEnumerable<string> points, IReadOnlyList<string>? listed)
    {
        string[] found = points.ToArray();
        return listed is not null && listed.ToHashSet().SetEquals(found) ? listed.Distinct().ToArray() : found;
    }

    private static SafetensorsSource Source(string name, Activations activations, string point, int sample)
    {
        (int rows, int columns) = activations.ShapeOf(point, sample);
        return new SafetensorsSource(name, [rows, columns], DType.Float32, () => activations.Samples(point)[sample].Values);
    }

    private static string JsonPath(string path) => path + ".json";

    private static Sidecar? ReadSidecar(string path)
    {
        string json = JsonPath(path);
        if (!File.Exists(json) || Path.GetFullPath(json) == Path.GetFullPath(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<Sidecar>(File.ReadAllText(json));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidFileException(json, $"is not the description of {Path.GetFileName(path)}: {e.Message} Remove it to read the activations alone.", e);
        }
    }

    private sealed record Sidecar(string Pooling, IReadOnlyList<string> Points, Provenance Provenance);
}
