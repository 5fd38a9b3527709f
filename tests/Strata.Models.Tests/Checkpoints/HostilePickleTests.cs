using System.Text;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Pickles and archives made by hand: those that try to run, to flood or to lie are refused, fast and in little memory.</summary>
public sealed class HostilePickleTests : IDisposable
{
    private const string Begin = "\u0080\u0002";
    private const string Rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_tensor_written_by_hand_is_read()
    {
        using TorchFile file = Open($"{Begin}}}{Text("x")}{Tensor()}s.");
        Assert.Equal([1f, 2f, 3f, 4f], file.Read(CpuEngine.Default, "x").ToArray());
        Assert.Equal(new Shape(2, 2), file.Read(CpuEngine.Default, "x").Shape);
    }

    [Theory]
    [InlineData("cos\nsystem\n(X\u0002\0\0\0lstR.", "os.system")]
    [InlineData("cbuiltins\neval\nX\u0001\0\0\0a\u0085R.", "builtins.eval")]
    [InlineData("ccopyreg\n_reconstructor\n.", "copyreg._reconstructor")]
    [InlineData("c__builtin__\ngetattr\n.", "__builtin__.getattr")]
    [InlineData("ctorch\nload\n.", "torch.load")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "__globals__")]
    [InlineData("ctorch.serialization\nload\n.", "torch.serialization.load")]
    [InlineData("cnumpy.core.multiarray\n_reconstruct\n.", "numpy.core.multiarray._reconstruct")]
    [InlineData("X\u0002\0\0\0osX\u0006\0\0\0system\u0093.", "os.system")]
    [InlineData("K\u0001K\u0002\u0093.", "not a string")]
    [InlineData("(S'ls'\nios\nsystem\n.", "0x53")]
    [InlineData("(ios\nsystem\n.", "INST")]
    [InlineData("(ccollections\nOrderedDict\no.", "OBJ")]
    [InlineData("ccollections\nOrderedDict\n)\u0081.", "NEWOBJ")]
    [InlineData("\u0082\u0001.", "EXT")]
    [InlineData("Pabc\n.", "PERSID")]
    public void Names_and_instructions_beside_tensors_are_refused_by_name(string pickle, string named) => Assert.Contains(named, Refusal(Begin + pickle));

    [Theory]
    [InlineData("ccollections\nOrderedDict\nK\u0001\u0085R.", "collections.OrderedDict")]
    [InlineData(Rebuild + ")R.", "_rebuild_tensor_v2")]
    [InlineData(Rebuild + "(K\u0001K\u0002K\u0003K\u0004K\u0005K\u0006tR.", "_rebuild_tensor_v2")]
    [InlineData("ctorch._utils\n_rebuild_parameter\n(K\u0001K\u0002K\u0003tR.", "_rebuild_parameter")]
    [InlineData("ctorch\nFloatStorage\n)R.", "torch.FloatStorage")]
    [InlineData("ctorch\nfloat32\n)R.", "torch.float32")]
    [InlineData("K\u0001)R.", "not a function")]
    [InlineData(Rebuild + "}b.", "attributes")]
    [InlineData("K\u0001Q.", "storage")]
    [InlineData("(X\u0007\0\0\0storagecos\nsystem\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0004tQ.", "os.system")]
    [InlineData("(X\u0007\0\0\0storagectorch\nfloat32\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0004tQ.", "torch.float32")]
    public void Known_names_do_nothing_but_make_tensors(string pickle, string named) => Assert.Contains(named, Refusal(Begin + pickle));

    [Theory]
    [InlineData(".")]
    [InlineData("(.")]
    [InlineData("t.")]
    [InlineData("0.")]
    [InlineData("h\u0005.")]
    [InlineData("j\u00ff\u00ff\u00ff\u00ff.")]
    [InlineData("(K\u0001s.")]
    [InlineData("]K\u0001K\u0002s.")]
    [InlineData("}K\u0001a.")]
    [InlineData("X\u00ff\u00ff\u00ff\u007fx.")]
    [InlineData("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffx.")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u007f.")]
    [InlineData("X\u0001\0\0\0\u00ff.")]
    [InlineData("cabc")]
    [InlineData("")]
    [InlineData("N.")]
    [InlineData("]q\0h\0a.")]
    public void Damaged_pickles_are_refused(string pickle) => Refusal(Begin + pickle);

    [Theory]
    [InlineData(5, 2, 1)]
    [InlineData(3, 2, 1)]
    [InlineData(0, 3, 1)]
    [InlineData(0, 2, 2)]
    [InlineData(0, 0x7fffffff, 0)]
    [InlineData(-1, 2, 1)]
    [InlineData(0, 2, -1)]
    public void A_tensor_outside_its_storage_is_refused(int offset, int stride, int secondStride) => Refusal($"{Begin}}}{Text("x")}{Tensor(offset, stride, secondStride)}s.");

    [Fact]
    public void A_storage_larger_than_its_file_or_missing_is_refused()
    {
        Assert.Contains("1000 elements", Refusal($"{Begin}}}{Text("x")}{Tensor(elements: 1000)}s."));
        Assert.Contains("data/9", Refusal($"{Begin}}}{Text("x")}{Tensor(key: "9")}s."));
        Refusal($"{Begin}}}{Text("x")}{Tensor(key: "../../etc/passwd")}s.");
    }

    [Fact]
    public void Floods_are_refused_fast_in_bounded_memory()
    {
        string doubling = "]" + string.Concat(Enumerable.Range(0, 200).Select(_ => "q\0]h\0ah\0a"));
        string deep = new string(']', 100_000) + new string('a', 99_999);
        string wide = string.Concat(Enumerable.Repeat("}", 990_000));
        string names = "}(" + string.Concat(Enumerable.Repeat($"{Text(new string('k', 100))}q\0{Tensor()}q\u0001", 1)) + string.Concat(Enumerable.Repeat("h\0h\u0001", 400_000)) + "u";
        string globals = $"{Text(new string('m', 1_000_000))}q\0" + string.Concat(Enumerable.Repeat("h\0h\0\u0093", 100_000));
        string tuples = new string(')', 1) + string.Concat(Enumerable.Repeat("\u0085", 990_000));
        string marks = new('(', 990_000);
        string forever = string.Concat(Enumerable.Repeat("N0", 490_000));
        foreach (string pickle in new[] { doubling, deep, wide, names, globals, tuples, marks, forever }) Refusal($"{Begin}{pickle}.");
    }

    [Fact]
    public void Archives_that_lie_are_refused()
    {
        byte[] pickle = Latin("\u0080\u0002}.");
        void Refused(byte[] archive, string reason) => Assert.Contains(reason, Refusal(archive));
        Refused(new ZipBuilder().Add("a/data.pkl", pickle, method: 8).Build(), "compressed");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle, length: 0x7fffffff).Build(), "bytes");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle, header: 0x7fffffff).Build(), "outside");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle).Add("a/data/0", [1], header: 0).Build(), "differently");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle).Add("a/data.pkl", pickle).Build(), "twice");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle, length: 20).Add("a/data/0", new byte[50]).Build(), "overlap");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle).Build(count: 60_000), "60000 files");
        foreach (string name in new[] { "/a/data.pkl", "../a/data.pkl", "a/../data.pkl", "a\\data.pkl", "C:/data.pkl", "a/data.pkl\0", "a//data.pkl" })
            Refused(new ZipBuilder().Add(name, pickle).Build(), "plain relative path");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle).Add("b/data.pkl", pickle).Build(), "2 pickles");
        Refused(new ZipBuilder().Add("a/other", pickle).Build(), "0 pickles");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle).Add("a/byteorder", "big"u8.ToArray()).Build(), "another order");
        Refused(new ZipBuilder().Add("a/data.pkl", pickle).Build()[..^5], "directory at its end");
    }

    /// <summary>Damage of every kind: a refusal or a file whose tensors can all be read, and nothing else.</summary>
    [Fact]
    public void Damaged_archives_are_refused_and_nothing_else_happens()
    {
        string path = _folder.File("fuzz.pt");
        byte[] valid = Archive($"{Begin}}}({Text("x")}{Tensor()}{Text("y")}{Tensor(offset: 1, stride: 1, secondStride: 1)}u.");
        int refused = FuzzRun.Run([valid], 4_000, seed: 21, (bytes, _) =>
        {
            File.WriteAllBytes(path, bytes);
            using TorchFile file = TorchFile.Open(path);
            foreach (string name in file.Names) Assert.Equal(file.Entry(name).Shape.Aggregate(1L, (a, b) => a * b), file.Read(CpuEngine.Default, name).ToArray().Length);
        }, bytesPerByte: 256, fixedBytes: 256 << 10);
        Assert.InRange(refused, 2_000, 3_999);
    }

    private string Refusal(string pickle) => Refusal(Archive(pickle));

    private string Refusal(byte[] archive)
    {
        string path = _folder.File("hostile.pt");
        File.WriteAllBytes(path, archive);
        string message = RefusalCost.Of<InvalidFileException>("pickle", 200_000_000, () => TorchFile.Open(path)).Message;
        Assert.InRange(message.Length, 10, 1500);
        return message;
    }

    private TorchFile Open(string pickle)
    {
        string path = _folder.File("good.pt");
        File.WriteAllBytes(path, Archive(pickle));
        return TorchFile.Open(path);
    }

    private static byte[] Archive(string pickle) =>
        new ZipBuilder().Add("archive/data.pkl", Latin(pickle)).Add("archive/data/0", [.. new[] { 1f, 2f, 3f, 4f }.SelectMany(BitConverter.GetBytes)]).Build();

    /// <summary>A 2 by 2 tensor over four float32 numbers.</summary>
    private static string Tensor(int offset = 0, int stride = 2, int secondStride = 1, int elements = 4, string key = "0") =>
        $"{Rebuild}((X\u0007\0\0\0storagectorch\nFloatStorage\n{Text(key)}{Text("cpu")}{Int(elements)}tQ{Int(offset)}K\u0002K\u0002\u0086{Int(stride)}{Int(secondStride)}\u0086\u0089}}tR";

    private static string Text(string text) => $"X{Encoding.Latin1.GetString(BitConverter.GetBytes(text.Length))}{text}";

    private static string Int(int value) => $"J{Encoding.Latin1.GetString(BitConverter.GetBytes(value))}";

    private static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);
}
