using System.Buffers.Binary;
using System.Text;

namespace Strata.Models;

/// <summary>
/// Reads the pickle of a file that <c>torch.save</c> wrote, protocols 2 to 5, into plain values and tensors. A pickle is a program for a stack machine that may name
/// and call anything in Python; this machine has no access to code at all: it knows the few names of <see cref="TorchGlobals"/> and refuses every other with its name.
/// Time and memory are bounded by the length of the pickle: no instruction makes more than one value, and values are never copied.
/// </summary>
/// <remarks>Source: CPython's Lib/pickletools.py documents the instructions.</remarks>
internal ref struct TensorUnpickler
{
    private const int MaxSteps = 1_000_000;
    private const int MaxBytes = 64 << 20;
    private const int MaxName = 1000;

    private static readonly object Mark = new();

    private readonly ReadOnlySpan<byte> _pickle;
    private readonly string _path;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;
    private int _opcodeAt;

    private TensorUnpickler(ReadOnlySpan<byte> pickle, string path)
    {
        _pickle = pickle;
        _path = path;
    }

    /// <summary>Reads a pickle.</summary>
    /// <param name="pickle">Its bytes.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <returns>The root: null, bool, long, double, string, byte[], object?[] (tuple), <see cref="PickleList"/>, <see cref="PickleDictionary"/>, <see cref="PickleTensor"/>, ...</returns>
    /// <exception cref="InvalidFileException">The pickle asks for anything beside tensors and plain values, or is damaged.</exception>
    public static object? Read(ReadOnlySpan<byte> pickle, string path)
    {
        if (pickle.Length > MaxBytes) throw new InvalidFileException(path, $"has a pickle of {pickle.Length:N0} bytes; at most {MaxBytes:N0} are read.");
        return new TensorUnpickler(pickle, path).Run();
    }

    private object? Run()
    {
        for (int step = 0; step < MaxSteps; step++)
        {
            _opcodeAt = _at;
            byte opcode = Take(1)[0];
            if (opcode == (byte)'.') return Pop();
            if (!Plain(opcode) && !Container(opcode) && !Memo(opcode) && !Object(opcode)) throw Refuse($"the instruction 0x{opcode:x2}{Name(opcode)}, which no file of tensors needs");
        }

        throw Refuse($"more than {MaxSteps:N0} instructions");
    }

    /// <summary>Instructions that make a plain value.</summary>
    private bool Plain(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: if (Take(1)[0] is < 2 or > 5) throw Refuse("a protocol other than 2 to 5"); break;
            // A frame's length only helps to read ahead.
            case 0x95: Take(8); break;
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'K': Push((long)Take(1)[0]); break;
            case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 0x8a: Push(Long(Take(1)[0])); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X': Push(Text(TakeCounted(4))); break;
            case 0x8c: Push(Text(TakeCounted(1))); break;
            case 0x8d: Push(Text(TakeCounted(8))); break;
            case (byte)'U': Push(Text(TakeCounted(1))); break;
            case (byte)'T': Push(Text(TakeCounted(4))); break;
            case (byte)'C': Push(TakeCounted(1).ToArray()); break;
            case (byte)'B': Push(TakeCounted(4).ToArray()); break;
            case 0x8e: Push(TakeCounted(8).ToArray()); break;
            default: return false;
        }

        return true;
    }

    /// <summary>Instructions that make and fill tuples, lists and dictionaries.</summary>
    private bool Container(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(': Push(Mark); break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85: Push(PopMany(1)); break;
            case 0x86: Push(PopMany(2)); break;
            case 0x87: Push(PopMany(3)); break;
            case (byte)'t': Push(PopToMark()); break;
            case (byte)']': Push(new PickleList([])); break;
            case (byte)'l': Push(new PickleList([.. PopToMark()])); break;
            case (byte)'a': Append(PopMany(1)); break;
            case (byte)'e': Append(PopToMark()); break;
            case (byte)'}': Push(new PickleDictionary([])); break;
            case (byte)'d': SetItems(PopToMark(), new PickleDictionary([])); break;
            case (byte)'s': SetItems(PopMany(2), null); break;
            case (byte)'u': SetItems(PopToMark(), null); break;
            default: return false;
        }

        return true;
    }

    /// <summary>Instructions that move values on the stack and to the memo.</summary>
    private bool Memo(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'0': Pop(); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': Push(Peek()); break;
            case (byte)'h': Push(Remembered(Take(1)[0])); break;
            case (byte)'j': Push(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case (byte)'q': _memo[Take(1)[0]] = Peek(); break;
            case (byte)'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            case 0x94: _memo[_memo.Count] = Peek(); break;
            default: return false;
        }

        return true;
    }

    /// <summary>Instructions that name, call and change objects.</summary>
    private bool Object(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'c': Push(Global(Line(), Line())); break;
            case 0x93:
                object?[] names = PopMany(2);
                Push(names is [string module, string name] ? Global(module, name) : throw Refuse("a global whose name is not a string"));
                break;
            case (byte)'R': Reduce(); break;
            case (byte)'b': Build(); break;
            case (byte)'Q': Push(Storage(Pop())); break;
            default: return false;
        }

        return true;
    }

    private PickleGlobal Global(string module, string name)
    {
        if (module.Length > MaxName || name.Length > MaxName) throw Refuse($"a global whose name has more than {MaxName} characters");
        PickleGlobal global = new(module, name);
        if (TorchGlobals.Allows(global)) return global;
        throw new InvalidFileException(_path, $"asks at byte {_opcodeAt} of its pickle for {Excerpt.Quote(global.FullName)}. A file of tensors needs no such thing, and nothing but tensors is read: it may be code that runs when the file is opened elsewhere. "
            + "If you trust the file, save its tensors alone from Python: torch.save(model.state_dict(), ...), or as safetensors.");
    }

    private void Reduce()
    {
        object?[] pair = PopMany(2);
        if (pair is not [PickleGlobal function, object?[] arguments]) throw Refuse("the call of something that is not a function");
        Push(TorchGlobals.Call(function, arguments) ?? throw Refuse($"a call of {function.FullName} with arguments that it does not take"));
    }

    /// <summary>A state dictionary carries its modules' versions as an attribute; it is not needed. Nothing else has attributes to set.</summary>
    private void Build()
    {
        object?[] pair = PopMany(2);
        if (pair is not [PickleDictionary dictionary, PickleDictionary]) throw Refuse("attributes on something that is not a dictionary");
        Push(dictionary);
    }

    /// <summary>A storage: ("storage", class, key, device, elements).</summary>
    private PickleStorage Storage(object? id)
    {
        if (id is not object?[] parts || parts is not ["storage", PickleGlobal type, string { Length: <= MaxName } key, string, long count and >= 0])
            throw Refuse("a reference that is not to a storage");
        string? dtype = TorchGlobals.StorageType(type);
        if (dtype is null && !TorchGlobals.IsUntyped(type)) throw Refuse($"a storage of the class {type.FullName}");
        return new PickleStorage(key, dtype, count);
    }

    private void Append(object?[] items)
    {
        if (Peek() is not PickleList list) throw Refuse("elements for something that is not a list");
        list.Items.AddRange(items);
    }

    private void SetItems(object?[] items, PickleDictionary? target)
    {
        if (target is not null) Push(target);
        if (items.Length % 2 != 0 || Peek() is not PickleDictionary dictionary) throw Refuse("keys and values for something that is not a dictionary");
        for (int i = 0; i < items.Length; i += 2) dictionary.Pairs.Add((items[i], items[i + 1]));
    }

    private readonly void Push(object? value) => _stack.Add(value);

    private readonly object? Pop()
    {
        object? value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private readonly object? Peek() => _stack.Count > 0 && _stack[^1] != Mark ? _stack[^1] : throw Refuse("a value where none is");

    private object?[] PopMany(int count)
    {
        int first = _stack.Count - count;
        if (first < 0) throw Refuse("a value where none is");
        object?[] values = new object?[count];
        for (int i = 0; i < count; i++) values[i] = _stack[first + i] is var value && !ReferenceEquals(value, Mark) ? value : throw Refuse("a value where none is");
        _stack.RemoveRange(first, count);
        return values;
    }

    private readonly object?[] PopToMark()
    {
        int mark = _stack.LastIndexOf(Mark);
        if (mark < 0) throw Refuse("the end of a sequence that has no beginning");
        object?[] values = _stack.GetRange(mark + 1, _stack.Count - mark - 1).ToArray();
        _stack.RemoveRange(mark, _stack.Count - mark);
        return values;
    }

    private readonly object? Remembered(long index) => _memo.TryGetValue(index, out object? value) ? value : throw Refuse($"value {index}, which was not kept");

    private long Long(int length)
    {
        ReadOnlySpan<byte> bytes = Take(length);
        if (length > 8) throw Refuse($"an integer of {length} bytes");
        long value = 0;
        for (int i = length - 1; i >= 0; i--) value = (value << 8) | bytes[i];
        return length is 0 or 8 ? value : value << (64 - 8 * length) >> (64 - 8 * length);
    }

    private readonly string Text(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Refuse("a string that is not UTF-8");

    private string Line()
    {
        int length = _pickle[_at..].IndexOf((byte)'\n');
        if (length is < 0 or > MaxName) throw Refuse("a name without an end");
        string line = Text(Take(length));
        _at++;
        return line;
    }

    private ReadOnlySpan<byte> TakeCounted(int width)
    {
        ReadOnlySpan<byte> count = Take(width);
        ulong length = width switch { 1 => count[0], 4 => BinaryPrimitives.ReadUInt32LittleEndian(count), _ => BinaryPrimitives.ReadUInt64LittleEndian(count) };
        return Take(length > int.MaxValue ? int.MaxValue : (int)length);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _pickle.Length - _at) throw Refuse("more bytes than there are");
        ReadOnlySpan<byte> bytes = _pickle.Slice(_at, count);
        _at += count;
        return bytes;
    }

    private readonly InvalidFileException Refuse(string what) => new(_path, $"asks at byte {_opcodeAt} of its pickle for {what}. The file is damaged, or it is not a file of tensors.");

    private static string Name(byte opcode) => opcode switch
    {
        (byte)'i' => " (INST)",
        (byte)'o' => " (OBJ)",
        0x81 => " (NEWOBJ)",
        0x92 => " (NEWOBJ_EX)",
        0x82 or 0x83 or 0x84 => " (EXT)",
        (byte)'P' => " (PERSID)",
        _ => "",
    };
}
