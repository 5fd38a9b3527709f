using System.Buffers.Binary;
using System.Text;

namespace Strata.Models.Tests;

/// <summary>A folder for one test, deleted at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("strata-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string WriteText(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }

    /// <summary>Writes a safetensors file from a header's text and its data bytes, valid or not.</summary>
    public string WriteSafetensors(string name, string header, int dataBytes)
    {
        System.IO.File.WriteAllBytes(File(name), SafetensorsBytes(header, dataBytes));
        return File(name);
    }

    public static byte[] SafetensorsBytes(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        for (int i = 0; i < dataBytes; i++) file[8 + json.Length + i] = (byte)(i * 37);
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
