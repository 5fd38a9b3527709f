using System.Text.Json;
using Strata.Tensors;

namespace Strata.Models.Tests.Images;

/// <summary>Image files with what Pillow makes of them, made once per test run by <c>tests/reference/images/pillow_suite.py</c>. Without Pillow the tests that need it are skipped.</summary>
public sealed class PillowSuite : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<SafetensorsFile> _expected;

    public PillowSuite() => _expected = new Lazy<SafetensorsFile>(Make);

    public SafetensorsFile Expected => _expected.Value;

    public string File(string name) => Path.Combine(Root, name);

    /// <summary>Names of expected tensors that begin so, without that beginning.</summary>
    public string[] Names(string beginning) => [.. Expected.Names.Where(name => name.StartsWith(beginning, StringComparison.Ordinal)).Select(name => name[beginning.Length..])];

    public float[] Values(string name) => Expected.Read(CpuEngine.Default, name).ToArray();

    public JsonDocument Processors => JsonDocument.Parse(System.IO.File.ReadAllText(File("processors.json")));

    public void Dispose()
    {
        if (Directory.Exists(Root)) _expected.Value.Dispose();
        _folder.Dispose();
    }

    private string Root => Path.Combine(_folder.Path, "images");

    private SafetensorsFile Make()
    {
        Python.Require("PIL", "python3-pil");
        Python.Require("torch", "python3-torch libopenblas0-openmp");
        Python.RunReference("images/pillow_suite.py", Root);
        return SafetensorsFile.Open(File("expected.safetensors"));
    }
}
