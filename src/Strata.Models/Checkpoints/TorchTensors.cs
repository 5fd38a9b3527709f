namespace Strata.Models;

/// <summary>Finds the tensors in what a pickle holds, names them by their path and checks that each lies inside its storage.</summary>
/// <param name="path">The file's name, for messages.</param>
/// <param name="files">The archive's files by name.</param>
/// <param name="folder">The archive's folder, with a slash behind it.</param>
internal sealed class TorchTensors(string path, IReadOnlyDictionary<string, ZipEntry> files, string folder)
{
    private const int MaxDepth = 32;
    private const int MaxNameLength = 300;
    private const int MaxTensors = 200_000;

    private readonly Dictionary<string, TorchEntry> _found = new(StringComparer.Ordinal);
    private readonly List<TorchEntry> _order = [];
    private readonly HashSet<object> _visited = new(ReferenceEqualityComparer.Instance);

    /// <summary>The tensors in the order of the pickle.</summary>
    /// <exception cref="InvalidFileException">A tensor does not lie in its storage, two have one name, or there is none.</exception>
    public IReadOnlyList<TorchEntry> Of(object? root)
    {
        Visit(root, "", 0);
        return _order.Count > 0 ? _order : throw new InvalidFileException(path, "holds no tensor with a name; expected a dictionary of tensors, as torch.save(model.state_dict(), path) writes it.");
    }

    /// <summary>Each container is entered once, however often the pickle refers to it, so that the work is bounded by the pickle's length.</summary>
    private void Visit(object? value, string name, int depth)
    {
        if (value is PickleTensor tensor) Add(name, tensor);
        else if (value is PickleDictionary or PickleList or object?[] { Length: > 0 } && _visited.Add(value))
        {
            if (depth == MaxDepth) throw new InvalidFileException(path, $"nests dictionaries and lists more than {MaxDepth} deep.");
            foreach ((object? key, object? item) in Items(value))
            {
                if (key is not (string or long) || item is not (PickleTensor or PickleDictionary or PickleList or object?[])) continue;
                Visit(item, Join(name, key), depth + 1);
            }
        }
    }

    private string Join(string name, object key)
    {
        int length = name.Length + (key is string text ? text.Length : 20);
        if (length > MaxNameLength) throw new InvalidFileException(path, $"has a tensor or a dictionary with a name of more than {MaxNameLength} characters.");
        return name.Length == 0 ? $"{key}" : $"{name}.{key}";
    }

    private static IEnumerable<(object? Key, object? Value)> Items(object value) => value switch
    {
        PickleDictionary dictionary => dictionary.Pairs,
        PickleList list => list.Items.Select((item, i) => ((object?)(long)i, item)),
        _ => ((object?[])value).Select((item, i) => ((object?)(long)i, item)),
    };

    private void Add(string name, PickleTensor tensor)
    {
        TorchEntry entry = Place(name, tensor);
        if (!_found.TryAdd(name, entry)) throw new InvalidFileException(path, $"has the tensor {Excerpt.Quote(name)} twice.");
        if (_order.Count == MaxTensors) throw new InvalidFileException(path, $"holds more than {MaxTensors:N0} tensors.");
        _order.Add(entry);
    }

    private TorchEntry Place(string name, PickleTensor tensor)
    {
        PickleStorage storage = tensor.Storage;
        if (!files.TryGetValue($"{folder}data/{storage.Key}", out ZipEntry? file))
            throw new InvalidFileException(path, $"lacks the numbers of {Excerpt.Quote(name)}: the archive has no file {Excerpt.Quote($"{folder}data/{storage.Key}")}.");
        int width = NumberFormat.Bits(tensor.DType) / 8;
        long held = file.Length / width;
        if (storage.Count > file.Length / (storage.DType is null ? 1 : width))
            throw new InvalidFileException(path, $"gives the storage of {Excerpt.Quote(name)} {storage.Count} elements, and {file.Name} has {file.Length} bytes.");
        (Int128 count, Int128 last) = Extent(tensor);
        string given = $"{tensor.DType} [{string.Join(", ", tensor.Shape)}] with strides [{string.Join(", ", tensor.Strides)}] from element {tensor.Offset}";
        if (count > 0 && last >= held || tensor.Offset > held) throw new InvalidFileException(path, $"tensor {Excerpt.Quote(name)}, {given}, reaches beyond its storage of {held} elements.");
        if (count > held) throw new InvalidFileException(path, $"tensor {Excerpt.Quote(name)}, {given}, repeats elements of its storage (torch's expand), which is not read. Save tensor.contiguous() instead.");
        return new TorchEntry(name, tensor.DType, tensor.Shape, file.Start + tensor.Offset * width, (long)count, tensor.Strides);
    }

    /// <summary>Number of elements, and the element of the storage that is furthest from its beginning. Both stop growing where they are too large for any file.</summary>
    private static (Int128 Count, Int128 Last) Extent(PickleTensor tensor)
    {
        Int128 count = 1, last = tensor.Offset;
        if (tensor.Shape.Contains(0)) return (0, last);
        for (int axis = 0; axis < tensor.Shape.Length; axis++)
        {
            count = Int128.Min(count * tensor.Shape[axis], long.MaxValue);
            last = Int128.Min(last + (Int128)(tensor.Shape[axis] - 1) * tensor.Strides[axis], long.MaxValue);
        }

        return (count, last);
    }
}
